import { formatName, parseName } from "./names.js";

type Fields = Readonly<Record<string, unknown>>;

/** The field that an event is about, in the one spelling of its name; `""` when it is about none. */
export function fieldSent({ _field: field }: Fields): string {
  return typeof field === "string" ? formatName(parseName(field)) : "";
}

/** A number as buttons send it: `0`, `1`, `2` …; `undefined` for anything else, so that a broken request means nothing. */
export function numberSent(value: unknown): number | undefined {
  if (typeof value === "string") return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
