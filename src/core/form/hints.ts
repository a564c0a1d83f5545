import type { PlainRecord } from "./record.js";

/** How what was sent becomes what a schema takes, where JSON Schema cannot say it. Known for Zod only. */
export interface Reading {
  /** The schema takes a Date or a bigint, for which JSON has no type. */
  readonly as?: "date" | "bigint" | undefined;
  /** The schema makes its type out of anything, so what is not plainly of it must not get that far. */
  readonly coerces?: boolean | undefined;
  /** A preprocess step gets what was sent as it was sent, and may accept anything. */
  readonly raw?: boolean | undefined;
  readonly text?: TextSteps | undefined;
  /** The form in which the schema takes a date or a time as text. */
  readonly form?: RegExp | undefined;
}

/** A step that changes a text before the next one looks at it, such as trimming. */
export type Rewrite = (text: string) => unknown;

/**
 * What happens to a text in the schema, as far as its length is concerned. Lengths are UTF-16 units that no schema
 * accepts more of: some versions of Zod count such units, others characters of one or two units.
 */
export interface TextSteps {
  /** Rewrites before anything else looks at the text. */
  readonly leading: readonly Rewrite[];
  /** Rewrites after a first check. */
  readonly later: readonly Rewrite[];
  /** No text that is longer passes all checks. */
  readonly longest: number | undefined;
  /** No text that is longer passes the checks before the first later rewrite. */
  readonly soonest: number | undefined;
}

/** A reading, and what only the description of a field needs. */
export interface Hint extends Reading {
  readonly format?: "date" | "time" | "datetime" | undefined;
  /** Whether the patterns of the field say as much without their flags, and see the text as it was typed. */
  readonly plainPatterns?: boolean | undefined;
  readonly min?: Date | bigint | undefined;
  readonly max?: Date | bigint | undefined;
}

/** No JSON schema has this key by itself. It holds a number only, so that it survives a copy through text. */
const KEY = "x-hydrant-hint";

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as PlainRecord)[key] : undefined;
}

function definitionOf(schema: unknown): unknown {
  return member(member(schema, "_zod"), "def");
}

/** The checks of a Zod schema; one made for a format, such as `z.email()`, is its own first check. */
function checksOf(definition: unknown): unknown[] {
  const checks = member(definition, "checks");
  return [definition, ...(Array.isArray(checks) ? checks.map(definitionOf) : [])];
}

/** UTF-16 units in a character at most. */
const UNITS = 2;

function smallest(a: number | undefined, b: number): number {
  return a === undefined ? b : Math.min(a, b);
}

function textSteps(checks: readonly unknown[]): TextSteps {
  const leading: Rewrite[] = [];
  const later: Rewrite[] = [];
  let longest: number | undefined;
  let soonest: number | undefined;
  let isChecked = false;
  for (const check of checks) {
    const rewrite = member(check, "tx");
    const length = member(check, "check") === "length_equals" ? member(check, "length") : member(check, "maximum");
    if (typeof rewrite === "function") (isChecked ? later : leading).push(rewrite as Rewrite);
    else if (member(check, "check") !== undefined) isChecked = true;
    if (typeof length !== "number") continue;
    longest = smallest(longest, length * UNITS);
    if (later.length === 0) soonest = smallest(soonest, length * UNITS);
  }
  return { leading, later, longest, soonest };
}

function textHint(definition: unknown): Hint {
  const checks = checksOf(definition);
  const text = textSteps(checks);
  const patterns = checks.map((check) => member(check, "pattern")).filter((pattern) => pattern instanceof RegExp);
  const moment = checks.find((check) => ["date", "time", "datetime"].includes(member(check, "format") as string));
  const form = member(moment, "pattern");
  const isRewritten = text.leading.length + text.later.length > 0;
  return {
    coerces: member(definition, "coerce") === true,
    text,
    format: member(moment, "format") as Hint["format"],
    // A pattern that remembers where it stopped would answer otherwise the second time.
    form: form instanceof RegExp ? new RegExp(form.source, form.flags.replaceAll(/[gy]/g, "")) : undefined,
    plainPatterns: !isRewritten && patterns.every(({ flags }) => /^[uv]?$/.test(flags)),
  };
}

type Bound = Date | bigint;

function tightest(bounds: readonly Bound[], isTighter: (a: Bound, b: Bound) => boolean): Bound | undefined {
  return bounds.reduce<Bound | undefined>(
    (found, bound) => (found === undefined || isTighter(bound, found) ? bound : found),
    undefined,
  );
}

function boundsOf(definition: unknown, type: "date" | "bigint"): Pick<Hint, "min" | "max"> {
  function named(name: string): Bound[] {
    return checksOf(definition)
      .filter((check) => member(check, "check") === name)
      .map((check) => member(check, "value"))
      .filter((value) => (type === "date" ? value instanceof Date : typeof value === "bigint")) as Bound[];
  }
  return {
    min: tightest(named("greater_than"), (a, b) => a > b),
    max: tightest(named("less_than"), (a, b) => a < b),
  };
}

function hintFrom(definition: unknown): Hint | undefined {
  const type = member(definition, "type");
  const coerces = member(definition, "coerce") === true;
  switch (type) {
    case "date":
    case "bigint":
      return { as: type, coerces, ...boundsOf(definition, type) };
    case "number":
      return { coerces };
    case "string":
      return textHint(definition);
    case "pipe":
      return member(definitionOf(member(definition, "in")), "type") === "transform" ? { raw: true } : undefined;
    default:
      return undefined;
  }
}

/** Collects hints while a validator describes its schema. */
export interface HintCollector {
  /** Zod calls it for every part it describes. Other validators do not, and parts that are not Zod's leave no hint. */
  readonly override: (context: unknown) => void;
  /** The hint on a part of the finished description. */
  readonly of: (json: PlainRecord) => Hint | undefined;
}

/** Gives what {@link HintCollector} says, for one description of one schema. */
export function collectHints(): HintCollector {
  const hints: Hint[] = [];
  return {
    override(context) {
      const json = member(context, "jsonSchema");
      const hint = hintFrom(definitionOf(member(context, "zodSchema")));
      if (hint !== undefined && typeof json === "object" && json !== null) {
        (json as Record<string, unknown>)[KEY] = hints.push(hint) - 1;
      }
    },
    of(json) {
      const index = json[KEY];
      return typeof index === "number" ? hints[index] : undefined;
    },
  };
}
