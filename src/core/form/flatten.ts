import { isRecord, type PlainRecord } from "./record.js";

/** A part of a description without its wrappings. */
export interface Flat {
  readonly json: PlainRecord;
  readonly nullable: boolean;
  /** References that were followed on the way here, from the top on. */
  readonly trail: readonly string[];
}

/** References, alternatives and nulls are unwrapped so many times at most. */
const TURNS = 32;

/** The part a reference of the same document points to. */
function resolve(root: PlainRecord, reference: string): PlainRecord | undefined {
  const name = /^#\/\$defs\/([^/~%]+)$/.exec(reference)?.[1];
  const definitions = root.$defs;
  if (name === undefined || !isRecord(definitions) || !Object.hasOwn(definitions, name)) return undefined;
  const target = definitions[name];
  return isRecord(target) ? target : undefined;
}

/** The values of alternatives of which each is a fixed value or a list of such. */
function literals(alternatives: readonly PlainRecord[]): PlainRecord | undefined {
  const values: unknown[] = [];
  const labels: Record<string, unknown> = {};
  for (const { const: value, enum: listed, title } of alternatives) {
    if (Array.isArray(listed)) values.push(...listed);
    else if (value === undefined) return undefined;
    else {
      values.push(value);
      if (typeof title === "string") labels[String(value)] = title;
    }
  }
  return { enum: values, choices: labels };
}

function isNull(json: PlainRecord): boolean {
  return json.type === "null" || json.const === null;
}

type Unwrapped = { readonly json: PlainRecord; readonly nullable: boolean } | undefined;

/** One alternative and null is that alternative; several fixed values are a choice; nothing else can be said. */
function unwrapAnyOf({ anyOf, ...rest }: PlainRecord): Unwrapped {
  const all = (anyOf as unknown[]).filter(isRecord);
  const alternatives = all.filter((one) => !isNull(one));
  const [only, another] = alternatives;
  const nullable = alternatives.length < all.length;
  if (only !== undefined && another === undefined) return { json: { ...only, ...rest }, nullable };
  const choice = literals(alternatives);
  if (choice === undefined || only === undefined) return undefined;
  const { choices } = rest;
  const labels = isRecord(choices) ? choices : {};
  return { json: { ...choice, ...rest, choices: { ...(choice.choices as object), ...labels } }, nullable };
}

function unwrapTypes(json: PlainRecord, types: readonly unknown[]): Unwrapped {
  const others = types.filter((type) => type !== "null");
  return others.length === 1
    ? { json: { ...json, type: others[0] }, nullable: others.length < types.length }
    : undefined;
}

/**
 * Follows references and takes null out of the alternatives.
 *
 * @returns `undefined` for what has no single type, and for what contains itself.
 */
export function flatten(root: PlainRecord, start: PlainRecord, from: readonly string[]): Flat | undefined {
  let json = start;
  let nullable = false;
  let trail = from;
  for (let turn = 0; turn < TURNS; turn++) {
    let next: Unwrapped;
    if (typeof json.$ref === "string") {
      const { $ref, ...rest } = json;
      const target = trail.includes($ref as string) ? undefined : resolve(root, $ref as string);
      trail = [...trail, $ref as string];
      next = target && { json: { ...target, ...rest }, nullable: false };
      // The alternatives of a file are its media types.
    } else if (Array.isArray(json.anyOf) && json.contentEncoding === undefined) next = unwrapAnyOf(json);
    else if (Array.isArray(json.type)) next = unwrapTypes(json, json.type);
    else return { json, nullable, trail };
    if (next === undefined) return undefined;
    json = next.json;
    nullable ||= next.nullable;
  }
  return undefined;
}
