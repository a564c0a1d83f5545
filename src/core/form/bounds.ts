import type { Hint } from "./hints.js";
import { dateText, dateTimeText } from "./moments.js";
import type { PlainRecord } from "./record.js";

/** What HTML's `min`, `max` and `step` say. */
export interface Bounds {
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
  readonly step?: number | "any" | undefined;
}

/** A limit that somebody set; those of the number type itself are none. */
function limit(value: unknown): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Math.abs(number) < Number.MAX_SAFE_INTEGER ? number : undefined;
}

function tighter(choose: (a: number, b: number) => number, a: number | undefined, b: number | undefined) {
  if (a === undefined || b === undefined) return a ?? b;
  return choose(a, b);
}

/** The smallest or largest number let through; of broken numbers the one that just is not. */
function edges(json: PlainRecord, hint: Hint | undefined, integer: boolean): { min?: number; max?: number } {
  const above = limit(json.exclusiveMinimum);
  const below = limit(json.exclusiveMaximum);
  const from = limit(hint?.min ?? json.minimum);
  const to = limit(hint?.max ?? json.maximum);
  const min = integer
    ? tighter(Math.max, from && Math.ceil(from), above === undefined ? above : Math.floor(above) + 1)
    : tighter(Math.max, from, above);
  const max = integer
    ? tighter(Math.min, to && Math.floor(to), below === undefined ? below : Math.ceil(below) - 1)
    : tighter(Math.min, to, below);
  return { ...(min === undefined ? {} : { min: min + 0 }), ...(max === undefined ? {} : { max: max + 0 }) };
}

/**
 * Bounds of a number. Browsers count steps from `min`, so `min` becomes a multiple of the step; where that cannot be
 * done exactly, the step is left to the schema.
 */
export function numberBounds(json: PlainRecord, hint: Hint | undefined, integer: boolean): Bounds {
  const { min, max } = edges(json, hint, integer);
  const multiple = typeof json.multipleOf === "number" && json.multipleOf > 0 ? json.multipleOf : undefined;
  if (integer) {
    const step = multiple !== undefined && Number.isInteger(multiple) ? multiple : 1;
    return { min: min === undefined ? min : Math.ceil(min / step) * step + 0, max, step };
  }
  const isExact = multiple !== undefined && (min === undefined || Number.isInteger(min / multiple));
  return { min, max, step: isExact ? multiple : "any" };
}

const DAY_MS = 86_400_000;

/** Bounds of a Date, as text. A control for days gets the first and the last whole day. */
export function dateBounds(hint: Hint, kind: "date" | "datetime"): Bounds {
  const [min, max] = [hint.min, hint.max].map((bound) => (bound instanceof Date ? bound : undefined));
  if (kind === "datetime") return { min: min && dateTimeText(min), max: max && dateTimeText(max) };
  const firstDay = min && new Date(Math.ceil(min.getTime() / DAY_MS) * DAY_MS);
  return { min: firstDay && dateText(firstDay), max: max && dateText(max) };
}
