import { HydrantError } from "./errors.js";
import { isForbiddenKey } from "./names.js";

/**
 * State as text. Plain JSON stays plain JSON; Date, Map, Set, BigInt, URL, `undefined` in lists and the numbers JSON
 * cannot hold travel as `{"$": tag, "v": value}`. The list of tags is fixed: nothing read from a text names a class.
 */
const TAG = "$";

interface Tagged {
  readonly $: string;
  readonly v: unknown;
}

function refuse(path: string, found: string): never {
  throw new HydrantError(
    "internal",
    `state cannot be kept: ${path || "it"} is ${found}. Keep plain values, lists, Date, Map, Set, BigInt or URL; ` +
      "turn anything else into those in dehydrated().",
  );
}

function encodeNumber(value: number): unknown {
  return Number.isFinite(value) && !Object.is(value, -0)
    ? value
    : { [TAG]: "number", v: Object.is(value, -0) ? "-0" : String(value) };
}

function encodeList(list: readonly unknown[], path: string, depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const encoded = item === undefined ? { [TAG]: "undefined" } : encodeValue(item, `${path}[${index}]`, depth);
    if (encoded !== item) {
      copy ??= [...list];
      copy[index] = encoded;
    }
  }
  return copy ?? list;
}

function encodeRecord(record: Record<string, unknown>, path: string, depth: number): unknown {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(record)) {
    if (key === "__proto__") refuse(path, "an object with the key __proto__");
    const item = record[key];
    const encoded = item === undefined ? undefined : encodeValue(item, path === "" ? key : `${path}.${key}`, depth);
    if (encoded !== item) {
      copy ??= { ...record };
      copy[key] = encoded;
    }
  }
  return Object.hasOwn(record, TAG) ? { [TAG]: "object", v: copy ?? record } : (copy ?? record);
}

function encodeObject(value: object, path: string, depth: number): unknown {
  if (depth === 0) refuse(path, "nested too deep, or in a circle");
  if (Array.isArray(value)) return encodeList(value, path, depth - 1);
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return encodeRecord(value as Record<string, unknown>, path, depth - 1);
  }
  if (value instanceof Date) return { [TAG]: "Date", v: Number.isNaN(value.getTime()) ? null : value.getTime() };
  if (value instanceof Map) return { [TAG]: "Map", v: encodeList([...value].flat(), path, depth - 1) };
  if (value instanceof Set) return { [TAG]: "Set", v: encodeList([...value], path, depth - 1) };
  if (value instanceof URL) return { [TAG]: "URL", v: value.href };
  return refuse(path, `a ${value.constructor?.name ?? "object of an unknown class"}`);
}

function encodeValue(value: unknown, path: string, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return encodeNumber(value);
    case "bigint":
      return { [TAG]: "bigint", v: value.toString() };
    case "object":
      return value === null ? null : encodeObject(value, path, depth);
    default:
      return refuse(path, `a ${typeof value}`);
  }
}

/**
 * @param depth How many levels of nesting are kept.
 * @returns JSON text; the value itself is not changed.
 * @throws {HydrantError} `internal` for a value of another class, a function, a symbol, or too deep or circular nesting;
 * the message names the path.
 */
export function encode(value: unknown, depth: number): string {
  return JSON.stringify(encodeValue(value, "", depth));
}

function pairs(flat: readonly unknown[]): [unknown, unknown][] {
  const entries: [unknown, unknown][] = [];
  for (let index = 0; index < flat.length; index += 2) entries.push([flat[index], flat[index + 1]]);
  return entries;
}

function decodeTagged({ $: tag, v }: Tagged): unknown {
  switch (tag) {
    case "number":
      return Number(v);
    case "bigint":
      return BigInt(v as string);
    case "undefined":
      return undefined;
    case "Date":
      return new Date(v === null ? Number.NaN : (v as number));
    case "Map":
      return new Map(pairs((v as unknown[]).map(decodeValue)));
    case "Set":
      return new Set((v as unknown[]).map(decodeValue));
    case "URL":
      return new URL(v as string);
    case "object":
      return decodeRecord(v as Record<string, unknown>);
    default:
      throw new TypeError("unknown tag in state");
  }
}

function decodeRecord(record: Record<string, unknown>): Record<string, unknown> {
  for (const key of Object.keys(record)) record[key] = decodeValue(record[key]);
  return record;
}

function decodeValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(decodeValue);
  return Object.hasOwn(value, TAG) ? decodeTagged(value as Tagged) : decodeRecord(value as Record<string, unknown>);
}

/** The inverse of {@link encode}. Only for text that came out of a seal or a store. */
export function decode(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes(`"${TAG}"`) ? decodeValue(value) : value;
}

/**
 * Whether a parsed value from outside stays within the caps and holds no key that could reach a prototype.
 * Runs before any schema sees the value.
 */
export function isWithinCaps(value: unknown, depth: number, budget: { nodes: number }): boolean {
  if (--budget.nodes < 0) return false;
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isWithinCaps(item, depth - 1, budget));
  for (const key of Object.keys(value)) {
    if (isForbiddenKey(key) || !isWithinCaps((value as Record<string, unknown>)[key], depth - 1, budget)) return false;
  }
  return true;
}
