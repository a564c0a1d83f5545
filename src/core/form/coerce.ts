import { cut } from "./long-text.js";
import { completed, readInstant } from "./moments.js";
import { type FieldPath, parseName } from "./names.js";
import { emptyRecord, isRecord } from "./record.js";
import type { FieldKind, FieldShape } from "./shape.js";

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const WHOLE = /^[+-]?\d+$/;
/** Nobody means a longer one; reading it would cost more than its length. */
const LONGEST_NUMBER = 1_000;

const TRUE: ReadonlySet<string> = new Set(["on", "true", "1"]);
const FALSE: ReadonlySet<string> = new Set(["off", "false", "0", ""]);

/** What no coercing schema can make a text of, so that it refuses it. */
const UNREADABLE: unknown = Object.freeze(emptyRecord());

/**
 * For what cannot be read. Most schemas refuse it as it is; one that coerces would make something of it, such as 16 of
 * `"0x10"`, 0 of `null` or the third of March of `"2026-02-31"`, so it gets what its type has for "none".
 */
function refused({ reading, optional, nullable }: FieldShape, raw: unknown, none: unknown): unknown {
  if (reading.coerces !== true) return raw;
  if (raw === undefined && optional) return undefined;
  return raw === null && nullable ? null : none;
}

function readText(shape: FieldShape, raw: unknown): unknown {
  if (raw === "") return shape.empty;
  if (typeof raw === "string") return cut(raw, shape.reading.text);
  return raw === undefined || typeof raw === "object" ? refused(shape, raw, UNREADABLE) : raw;
}

function readNumber(shape: FieldShape, raw: unknown): unknown {
  if (shape.reading.as === "bigint") return readBigInt(shape, raw);
  if (typeof raw === "number") return raw;
  if (typeof raw !== "string") return refused(shape, raw, Number.NaN);
  const text = raw.trim();
  if (text === "") return shape.empty;
  const number = text.length <= LONGEST_NUMBER && DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : refused(shape, raw, Number.NaN);
}

function readBigInt(shape: FieldShape, raw: unknown): unknown {
  if (typeof raw === "bigint") return raw;
  if (Number.isSafeInteger(raw)) return BigInt(raw as number);
  const text = typeof raw === "string" ? raw.trim() : undefined;
  if (text === "") return shape.empty;
  const isWhole = text !== undefined && text.length <= LONGEST_NUMBER && WHOLE.test(text);
  return isWhole ? BigInt(text) : refused(shape, raw, Number.NaN);
}

function readMoment(shape: FieldShape, raw: unknown): unknown {
  const { as, form } = shape.reading;
  if (raw === "") return shape.empty;
  if (as !== "date") return typeof raw === "string" && form !== undefined ? completed(raw, form) : readText(shape, raw);
  if (raw instanceof Date) return raw;
  const date = typeof raw === "string" ? readInstant(raw.trim()) : undefined;
  return date ?? refused(shape, raw, new Date(Number.NaN));
}

function readBoolean({ nullable }: FieldShape, raw: unknown): unknown {
  if (raw === undefined) return false;
  if (typeof raw !== "string") return raw;
  if (raw === "" && nullable) return null;
  if (TRUE.has(raw)) return true;
  return FALSE.has(raw) ? false : raw;
}

function readChoice({ choices = [], empty }: FieldShape, raw: unknown): unknown {
  if (typeof raw !== "string") return raw;
  const choice = choices.find(({ value }) => String(value) === raw);
  if (choice !== undefined) return choice.value;
  return raw === "" ? empty : raw;
}

/** The rows of a list; one value that came alone is a row. `undefined` for what is no list. */
function rowsOf(raw: unknown): readonly unknown[] | undefined {
  if (Array.isArray(raw)) return raw;
  return raw === undefined || raw === null || isRecord(raw) ? undefined : [raw];
}

function readList({ item, nullable, optional, minItems = 0 }: FieldShape, raw: unknown): unknown {
  if (raw === undefined) {
    if (minItems === 0 || !(nullable || optional)) return [];
    return nullable ? null : undefined;
  }
  return rowsOf(raw)?.map((row) => coerce(item, row)) ?? raw;
}

function readGroup({ fields, nullable, optional }: FieldShape, raw: unknown): unknown {
  if (raw === undefined && optional) return undefined;
  if (raw === undefined && nullable) return null;
  const given = raw === undefined ? emptyRecord() : raw;
  if (!isRecord(given)) return raw;
  const group = emptyRecord();
  for (const name of Object.keys(given)) {
    if (fields?.has(name) !== true) group[name] = given[name];
  }
  for (const [name, field] of fields ?? []) {
    const value = coerce(field, Object.hasOwn(given, name) ? given[name] : undefined);
    if (value !== undefined) group[name] = value;
  }
  return group;
}

const READERS: Readonly<Record<FieldKind, (shape: FieldShape, raw: unknown) => unknown>> = {
  text: readText,
  email: readText,
  url: readText,
  number: readNumber,
  date: readMoment,
  datetime: readMoment,
  time: readMoment,
  boolean: readBoolean,
  choice: readChoice,
  list: readList,
  group: readGroup,
  file: ({ empty }, raw) => (raw === "" ? empty : raw),
  unknown: (_shape, raw) => raw,
};

/**
 * What the schema gets of what was sent, which is nested already.
 *
 * - Numbers from decimal text, `1e3` included, which HTML's number controls send. `""` is nothing, not 0.
 * - Booleans from `on`, `true`, `1` and `off`, `false`, `0`, `""`; missing is false, as browsers send no unticked box.
 * - Dates from ISO 8601 text only, in UTC. Date and time texts get the seconds and the zone that the schema asks for.
 * - Choices by the text of their value. Lists: missing is none, one value is one row, `""` is a row.
 * - Groups: a missing one that may be missing or null is that, otherwise a group of nothing.
 * - Empty text is null or missing where the schema allows that, otherwise `""`.
 *
 * What cannot be read stays as it is, so that the schema refuses it, as does what has the right type, and fields the
 * shape does not know. Behind a preprocess step everything stays as it is. Text that is far too long is cut
 * for the schema, with the same verdict. Never throws.
 */
export function coerce(shape: FieldShape | undefined, raw: unknown): unknown {
  return shape === undefined || shape.reading.raw === true ? raw : READERS[shape.kind](shape, raw);
}

/** Levels that are kept where no shape says how deep the data is. */
const DEPTH = 16;

interface Keeping {
  /** Paths without row numbers, each joined with dots. */
  readonly leaveOut: ReadonlySet<string>;
  readonly whole: boolean;
}

function withoutRows(path: FieldPath): string {
  return path.filter((part) => typeof part === "string").join(".");
}

function keepAny(keeping: Keeping, raw: unknown, path: string, depth: number): unknown {
  if (depth > DEPTH) return undefined;
  if (Array.isArray(raw)) {
    // A row that is not remembered keeps its place, so that messages stay beside the others.
    return raw.map((row) => keepAny(keeping, row, path, depth + 1) ?? null);
  }
  if (!isRecord(raw)) return keepScalar(raw);
  const kept = emptyRecord();
  for (const name of Object.keys(raw)) keepMember(kept, keeping, name, undefined, raw[name], path, depth);
  return kept;
}

function keepScalar(raw: unknown): unknown {
  const isPlain = typeof raw !== "object" || raw === null || raw instanceof Date;
  return isPlain && typeof raw !== "function" && typeof raw !== "symbol" ? raw : undefined;
}

function keepMember(
  kept: Record<string, unknown>,
  keeping: Keeping,
  name: string,
  shape: FieldShape | undefined,
  raw: unknown,
  parent: string,
  depth: number,
): void {
  const path = parent === "" ? name : `${parent}.${name}`;
  if (keeping.leaveOut.has(path)) return;
  const value =
    shape === undefined ? keepAny(keeping, raw, path, depth + 1) : keepField(keeping, shape, raw, path, depth + 1);
  if (value !== undefined) kept[name] = value;
}

function keepField(keeping: Keeping, shape: FieldShape, raw: unknown, path: string, depth: number): unknown {
  const { kind, item, fields = new Map<string, FieldShape>() } = shape;
  if (kind === "unknown") return keepAny(keeping, raw, path, depth);
  if (kind === "file" || item?.kind === "file") return undefined;
  if (kind === "list" && item !== undefined) {
    const rows = raw === undefined && keeping.whole ? [] : rowsOf(raw);
    return rows?.map((row) => keepField(keeping, item, row, path, depth) ?? null);
  }
  if (kind === "boolean" && raw === undefined && keeping.whole) return false;
  if (kind !== "group") return keepScalar(raw);
  const isEmptied = raw === undefined && keeping.whole && !shape.optional && !shape.nullable;
  const given: unknown = isEmptied ? emptyRecord() : raw;
  if (!isRecord(given)) return undefined;
  const kept = emptyRecord();
  for (const [name, field] of fields) {
    keepMember(kept, keeping, name, field, Object.hasOwn(given, name) ? given[name] : undefined, path, depth);
  }
  return kept;
}

/**
 * What a form remembers of what was entered, which is nested already: the fields its schema has, texts as they were
 * typed. Files are not remembered, and neither is what no control of a field could have sent, such as a list where the
 * schema wants a text. Without a shape all plain data is.
 *
 * @param leaveOut Full names of fields that are never remembered, such as `password` or `users[0].password`; row numbers
 * do not matter, and with a group goes all it holds.
 * @param whole `raw` is all of a form, so what it lacks was emptied: boxes are not ticked, lists have no rows.
 */
export function keep(
  shape: FieldShape | undefined,
  raw: object,
  leaveOut: ReadonlySet<string>,
  whole = false,
): Record<string, unknown> {
  const keeping = { leaveOut: new Set([...leaveOut].map((name) => withoutRows(parseName(name)))), whole };
  const kept = shape === undefined ? keepAny(keeping, raw, "", 0) : keepField(keeping, shape, raw, "", 0);
  return isRecord(kept) ? kept : emptyRecord();
}
