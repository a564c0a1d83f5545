import { HydrantError, type Limits } from "../../core/index.js";

/** Fields by name, without a prototype, so that whatever they are called they are only fields. */
export type Fields = Record<string, unknown>;

export function noFields(): Fields {
  return Object.create(null) as Fields;
}

/** A field that comes several times becomes a list, in the order it came. */
export function addField(fields: Fields, name: string, value: unknown): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else fields[name] = [before, value];
}

/** @throws {HydrantError} `malformed`, always. */
export function tooMany(limits: Limits): never {
  throw new HydrantError("malformed", `The request has more than ${limits.payloadNodes} fields.`);
}
