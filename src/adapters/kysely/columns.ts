import { type Expression, sql } from "kysely";
import { storableText } from "./text.js";

/** What the application gives and gets for each kind of column. Every kind may also be `null`. */
export interface ColumnValues {
  /** Any text column. U+0000 and halves of surrogate pairs, which UTF-8 cannot hold, are kept as U+FFFD. */
  readonly text: string;
  /** Finite; whole numbers up to 2^53. Keep a `bigint`, or a `numeric` with more digits, as `text`. */
  readonly number: number;
  /** `boolean` in PostgreSQL, the integers 1 and 0 in SQLite. */
  readonly boolean: boolean;
  /** A day of the calendar as `YYYY-MM-DD`, which is what `<input type="date">` sends. `date`, or any text column. */
  readonly date: string;
  /** A moment, to the millisecond. `timestamptz` in PostgreSQL, ISO 8601 text in UTC in SQLite. */
  readonly timestamp: Date;
}

export type ColumnKind = keyof ColumnValues;
/** Columns by name, each with the kind of its values. */
export type ColumnKinds = Readonly<Record<string, ColumnKind>>;

/** What every driver can bind. libsql ends the whole process over a boolean. */
export type Bound = string | number | null | Expression<boolean>;

interface Codec<Value> {
  /** Completes "holds …". */
  readonly holds: string;
  /** `undefined` for what is no value of this kind. */
  encode(value: unknown): Bound | undefined;
  decode(stored: unknown): Value | undefined;
}

const LAST_YEAR = 9999;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** How SQLite's own `CURRENT_TIMESTAMP` writes a moment in UTC. */
const WITHOUT_ZONE = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)$/;

function isDay(value: unknown): value is string {
  if (typeof value !== "string" || !DAY.test(value) || value < "0001") return false;
  const moment = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(value);
}

/** pg reads a `date` as midnight in the zone of this process. */
function dayOf(midnight: Date): string {
  const [year, month, day] = [midnight.getFullYear(), midnight.getMonth() + 1, midnight.getDate()];
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

function isMoment(value: unknown): value is Date {
  return value instanceof Date && value.getUTCFullYear() >= 1 && value.getUTCFullYear() <= LAST_YEAR;
}

/** Drivers give `bigint` and `numeric` as text, or as a bigint. */
function exactNumber(stored: unknown): number | undefined {
  if (typeof stored === "number") return stored;
  if (typeof stored !== "bigint" && (typeof stored !== "string" || stored.trim() === "")) return undefined;
  const number = Number(stored);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

/** A version as a whole number; `undefined` for what is none. */
export function versionOf(stored: unknown): number | undefined {
  const version = exactNumber(stored);
  return Number.isSafeInteger(version) ? version : undefined;
}

const CODECS: { readonly [Kind in ColumnKind]: Codec<ColumnValues[Kind]> } = {
  text: {
    holds: "text",
    encode: (value) => (typeof value === "string" ? storableText(value) : undefined),
    decode: (stored) =>
      typeof stored === "string" || typeof stored === "number" || typeof stored === "bigint"
        ? String(stored)
        : undefined,
  },
  number: {
    holds: "finite numbers, whole ones up to 2^53",
    encode: (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined),
    decode: exactNumber,
  },
  boolean: {
    holds: "true or false",
    // SQL's own words: what they stand for is the database's matter, so no dialect has to be told from another.
    encode: (value) => (typeof value === "boolean" ? (value ? sql<boolean>`true` : sql<boolean>`false`) : undefined),
    decode(stored) {
      if (typeof stored === "boolean") return stored;
      const number = exactNumber(stored);
      return number === 1 || number === 0 ? number === 1 : undefined;
    },
  },
  date: {
    holds: "days as YYYY-MM-DD",
    encode: (value) => (isDay(value) ? value : undefined),
    decode(stored) {
      const day = stored instanceof Date ? dayOf(stored) : stored;
      return isDay(day) ? day : undefined;
    },
  },
  timestamp: {
    holds: "Date objects of the years 1 to 9999",
    encode: (value) => (isMoment(value) ? value.toISOString() : undefined),
    decode(stored) {
      const moment = typeof stored === "string" ? new Date(stored.replace(WITHOUT_ZONE, "$1T$2Z")) : stored;
      return isMoment(moment) ? moment : undefined;
    },
  },
};

export function isColumnKind(kind: unknown): kind is ColumnKind {
  return typeof kind === "string" && Object.hasOwn(CODECS, kind);
}

export const COLUMN_KINDS: readonly string[] = Object.keys(CODECS);

function sortOf(value: unknown): string {
  return value instanceof Date ? "Date" : typeof value;
}

/**
 * @param where table and column, for the message; values never stand in it.
 * @throws {TypeError} for a value that the kind does not have.
 */
export function encode(kind: ColumnKind, value: unknown, where: string): Bound {
  const bound = value === null ? null : CODECS[kind].encode(value);
  if (bound !== undefined) return bound;
  throw new TypeError(`${where} holds ${CODECS[kind].holds}; what was given is a ${sortOf(value)} that is not.`);
}

/** @throws {TypeError} when the column holds what its kind does not have. */
export function decode(kind: ColumnKind, stored: unknown, where: string): unknown {
  const value = stored === null ? null : CODECS[kind].decode(stored);
  if (value !== undefined) return value;
  throw new TypeError(
    `${where} is said to be of the kind "${kind}", which holds ${CODECS[kind].holds}; the database gave a ` +
      `${sortOf(stored)} that cannot be read so. Give the column another kind.`,
  );
}
