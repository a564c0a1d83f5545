import { DefinitionError } from "../errors.js";
import type { Schema } from "../ports/schema.js";
import { type Bounds, dateBounds, numberBounds } from "./bounds.js";
import { flatten } from "./flatten.js";
import { collectHints, type Hint, type HintCollector, type Reading } from "./hints.js";
import { humanise, labelOf } from "./labels.js";
import type { FieldPath } from "./names.js";
import { browserPattern, refusesEmpty } from "./pattern.js";
import { isRecord, type PlainRecord } from "./record.js";

export type FieldKind =
  | "text"
  | "email"
  | "url"
  | "number"
  | "date"
  | "datetime"
  | "time"
  | "boolean"
  | "choice"
  | "list"
  | "group"
  | "file"
  | "unknown";

/** One value of a choice. */
export interface Choice {
  readonly value: string | number | boolean;
  readonly label: string;
}

/**
 * What a schema says about one field, as far as HTML can say it too. Nothing in it but `maxLength` is ever stricter than
 * the schema: what a browser refuses because of it, the schema would refuse as well.
 */
export interface FieldShape extends Bounds {
  readonly kind: FieldKind;
  /** An empty control would be refused. A boolean is required when it must be true. */
  readonly required: boolean;
  /** May be missing. */
  readonly optional: boolean;
  /** May be null. */
  readonly nullable: boolean;
  /** What an empty control stands for. */
  readonly empty: "" | null | undefined;
  /** `meta({ title })`, else the name as people write it. */
  readonly title: string;
  /** `meta({ description })` or `describe()`. */
  readonly help?: string | undefined;
  /** What the schema puts in for a missing value, as JSON: a Date is ISO text. */
  readonly default?: unknown;
  /** In characters. HTML counts emoji and the like as two, so of those a control takes fewer than the schema. */
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  /** Safe to use as the `pattern` attribute. */
  readonly pattern?: string | undefined;
  /** Whole numbers only. */
  readonly integer?: boolean | undefined;
  /** The values of a choice; null is not among them, see `nullable`. */
  readonly choices?: readonly Choice[] | undefined;
  /** Each row of a list. */
  readonly item?: FieldShape | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  /** The fields of a group, in the order of the schema. */
  readonly fields?: ReadonlyMap<string, FieldShape> | undefined;
  /** Media types of a file, such as `image/png`. */
  readonly accept?: readonly string[] | undefined;
  readonly maxBytes?: number | undefined;
  /** How what was entered is read. @internal */
  readonly reading: Reading;
}

interface Walk {
  readonly root: PlainRecord;
  readonly hints: HintCollector;
  /** Parts that may still be described; what comes later is `unknown`. */
  budget: number;
}

interface Place {
  readonly path: FieldPath;
  readonly optional: boolean;
  readonly trail: readonly string[];
  /** A preprocess step stands further out. */
  readonly raw: boolean;
}

/** Levels of nesting, as many as names may have. */
const DEPTH = 16;
const FIELDS = 2_000;
const NO_READING: Reading = Object.freeze({});

const FORMATS: Readonly<Record<string, FieldKind>> = {
  email: "email",
  uri: "url",
  date: "date",
  time: "time",
  datetime: "datetime",
  "date-time": "datetime",
};

function kindOf(json: PlainRecord, hint: Hint | undefined): FieldKind {
  const { type, format } = json;
  const known = typeof format === "string" && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (json.contentEncoding === "binary") return "file";
  if (hint?.as === "date") return known === "datetime" ? "datetime" : "date";
  if (hint?.as === "bigint" || type === "number" || type === "integer") {
    return json.enum === undefined && json.const === undefined ? "number" : "choice";
  }
  if (type === "boolean" && json.enum === undefined) return "boolean";
  if (json.enum !== undefined || json.const !== undefined) return "choice";
  if (type === "string") return FORMATS[hint?.format ?? ""] ?? known ?? "text";
  if (type === "array" && isRecord(json.items) && json.prefixItems === undefined) return "list";
  return type === "object" && isRecord(json.properties) ? "group" : "unknown";
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** What a kind of field adds to the common part, and whether an empty text is refused. */
type Part = Partial<FieldShape> & { readonly refusesEmpty?: boolean };

function textPart(json: PlainRecord, hint: Hint | undefined, kind: FieldKind): Part {
  const further = Array.isArray(json.allOf) ? json.allOf.filter(isRecord).map(({ pattern }) => pattern) : [];
  const patterns = [json.pattern, ...further].filter((pattern) => typeof pattern === "string");
  const minLength = count(json.minLength);
  const [pattern] = kind === "text" && patterns.length === 1 && hint?.plainPatterns !== false ? patterns : [];
  return {
    refusesEmpty: kind !== "text" || (minLength ?? 0) > 0 || patterns.some(refusesEmpty),
    minLength,
    maxLength: count(json.maxLength),
    pattern: pattern === undefined ? undefined : browserPattern(pattern),
  };
}

function choicePart(json: PlainRecord): Part | undefined {
  const values = Array.isArray(json.enum) ? (json.enum as unknown[]) : [json.const];
  const given = isRecord(json.choices) ? json.choices : {};
  const choices: Choice[] = [];
  for (const value of new Set(values)) {
    if (value === null) continue;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
    const label = Object.hasOwn(given, String(value)) ? textOf(given[String(value)]) : undefined;
    choices.push({ value, label: label ?? humanise(String(value)) });
  }
  const isEmpty = choices.some(({ value }) => value === "");
  return choices.length === 0
    ? undefined
    : { choices, nullable: values.includes(null), refusesEmpty: !isEmpty, ...(isEmpty ? { empty: "" } : {}) };
}

function filePart(json: PlainRecord): Part {
  const types = Array.isArray(json.anyOf) ? json.anyOf.filter(isRecord) : [json];
  const accept = types.map((one) => one.contentMediaType).filter((one) => typeof one === "string");
  return { refusesEmpty: true, accept: accept.length === 0 ? undefined : accept, maxBytes: count(json.maxLength) };
}

function listPart(walk: Walk, json: PlainRecord, place: Place): Part {
  const minItems = count(json.minItems);
  const item = fieldOf(walk, json.items, { ...place, path: [...place.path, 0], optional: false });
  return { refusesEmpty: (minItems ?? 0) > 0, item, minItems, maxItems: count(json.maxItems) };
}

function groupPart(walk: Walk, json: PlainRecord, place: Place): Part {
  const required = new Set(Array.isArray(json.required) ? (json.required as unknown[]) : []);
  const fields = new Map<string, FieldShape>();
  for (const [name, field] of Object.entries(json.properties as PlainRecord)) {
    const path = [...place.path, name];
    fields.set(name, fieldOf(walk, field, { ...place, path, optional: !required.has(name) }));
  }
  return { fields };
}

function partOf(walk: Walk, json: PlainRecord, kind: FieldKind, place: Place): Part | undefined {
  const hint = walk.hints.of(json);
  switch (kind) {
    case "text":
    case "email":
    case "url":
      return textPart(json, hint, kind);
    case "number": {
      const integer = json.type === "integer" || hint?.as === "bigint";
      return { refusesEmpty: true, integer, ...numberBounds(json, hint, integer) };
    }
    case "date":
    case "datetime":
      return { refusesEmpty: true, ...(hint?.as === "date" ? dateBounds(hint, kind) : {}) };
    case "time":
      return { refusesEmpty: true };
    case "boolean":
      return { refusesEmpty: json.const === true };
    case "choice":
      return choicePart(json);
    case "file":
      return filePart(json);
    case "list":
      return listPart(walk, json, place);
    case "group":
      return groupPart(walk, json, place);
    case "unknown":
      return undefined;
  }
}

/** Before a preprocess step nothing is promised: it may accept what the schema behind it does not. */
const NO_PROMISES: Part = Object.freeze({
  refusesEmpty: false,
  minLength: undefined,
  maxLength: undefined,
  pattern: undefined,
  min: undefined,
  max: undefined,
  minItems: undefined,
  maxItems: undefined,
});

function emptyOf(kind: FieldKind, part: Part, blank: Pick<FieldShape, "optional" | "nullable" | "default">) {
  if (blank.nullable) return null;
  if (kind !== "text" && kind !== "email" && kind !== "url") return undefined;
  // Where a default would be put in, clearing the text has to remain possible.
  const isMissing = blank.optional && (part.refusesEmpty === true || blank.default === undefined);
  return isMissing ? undefined : "";
}

function fieldOf(walk: Walk, given: unknown, place: Place): FieldShape {
  const isWithin = --walk.budget >= 0 && place.path.length <= DEPTH;
  const flat = isWithin && isRecord(given) ? flatten(walk.root, given, place.trail) : undefined;
  const json = flat?.json ?? {};
  const hint = walk.hints.of(json);
  const raw = place.raw || hint?.raw === true;
  const wanted = flat === undefined ? "unknown" : kindOf(json, hint);
  const found = partOf(walk, json, wanted, { ...place, trail: flat?.trail ?? place.trail, raw });
  const kind = found === undefined ? "unknown" : wanted;
  const { refusesEmpty: refuses = false, ...part }: Part = { ...found, ...(raw ? NO_PROMISES : {}) };
  const blank = {
    // A schema that puts something in for what is missing does not need it.
    optional: place.optional || json.default !== undefined,
    nullable: flat?.nullable === true || part.nullable === true,
    default: json.default,
  };
  return {
    kind,
    empty: emptyOf(kind, found ?? {}, blank),
    title: textOf(json.title) ?? labelOf(place.path),
    help: textOf(json.description),
    reading: raw ? { raw } : (hint ?? NO_READING),
    ...part,
    ...blank,
    required: refuses && !blank.optional && !blank.nullable,
  };
}

interface Describing {
  readonly jsonSchema?: { readonly input?: (options: object) => unknown } | undefined;
}

/**
 * What a schema says about its fields. Read through Standard JSON Schema, which Zod carries; other validators that carry
 * it work as well, with less detail.
 *
 * @returns the top group; `undefined` where the schema carries no JSON schema or is no object with fields.
 * @throws {DefinitionError} when the schema cannot be described although it says it can.
 */
export function shapeOf(schema: Schema): FieldShape | undefined {
  const { jsonSchema } = schema["~standard"] as Schema["~standard"] & Describing;
  if (typeof jsonSchema?.input !== "function") return undefined;
  const hints = collectHints();
  const libraryOptions = { unrepresentable: "any", override: hints.override };
  let root: unknown;
  try {
    root = jsonSchema.input({ target: "draft-2020-12", libraryOptions });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DefinitionError(`A form's schema cannot be described as JSON Schema: ${why}`, { cause });
  }
  if (!isRecord(root)) return undefined;
  const top = fieldOf({ root, hints, budget: FIELDS }, root, { path: [], optional: false, trail: ["#"], raw: false });
  return top.kind === "group" ? top : undefined;
}
