/** Data from outside, or a JSON schema: nothing is promised about its members. */
export type PlainRecord = Readonly<Record<string, unknown>>;

/** Whether a value is an object as JSON or {@link emptyRecord} makes them; lists, dates and files are not. */
export function isRecord(value: unknown): value is PlainRecord {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A record without a prototype, so that no name in it can mean anything else. */
export function emptyRecord(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}
