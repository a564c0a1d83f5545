import type { Checked } from "../definition.js";
import { DefinitionError } from "../errors.js";
import type { Schema } from "../ports/schema.js";
import { checkUploadRule, type UploadRule } from "../uploads.js";
import { parseName } from "./names.js";
import { type FieldShape, shapeOf } from "./shape.js";

/** Hidden field of a form whose every field stands in the page: what is missing in its payload was emptied. */
export const WHOLE_FORM = "_form";

/** Names of fields that are ours: what the helpers write beside the author's. */
const RESERVED: ReadonlySet<string> = new Set([WHOLE_FORM, "_field", "_index", "_key"]);

type Fields = Readonly<Record<string, unknown>>;

/** One event that every form answers. */
export interface FormEvent<Form> {
  readonly check: (form: Form, payload: Fields) => Checked | Promise<Checked>;
  /** Left out where checking is all there is to do. */
  readonly handle?: (form: Form, value: unknown) => void | Promise<void>;
}

/** One step of a form in several steps. */
export interface StepParts {
  readonly name: string;
  readonly title: string;
  readonly schema: Schema;
  readonly shape: FieldShape | undefined;
}

/** What a form class declares, read once when the server starts. */
export interface FormParts {
  readonly schema: Schema;
  /** `undefined` where the validator does not describe its schemas; then names are not known. */
  readonly shape: FieldShape | undefined;
  readonly steps: readonly StepParts[];
  readonly sensitive: ReadonlySet<string>;
  readonly uploads: ReadonlyMap<string, UploadRule>;
  readonly reserved: ReadonlySet<string>;
  /** What the browser can check of each field, as attributes, by type of control. Filled as fields are first shown. */
  readonly constraintTexts: WeakMap<FieldShape, Map<string, string>>;
  /** Whether the schema has a field of this full name; `true` for all where names are not known. */
  knows(name: string): boolean;
  shapeAt(name: string): FieldShape | undefined;
}

/** The shape a full name leads to. Rows are alike, so their numbers do not matter. */
export function shapeAt(shape: FieldShape | undefined, name: string): FieldShape | undefined {
  const direct = shape?.fields?.get(name);
  if (direct !== undefined) return direct;
  let found = shape;
  for (const part of parseName(name)) {
    found = typeof part === "number" ? found?.item : found?.fields?.get(part);
  }
  return found;
}

export interface FormDeclaration {
  readonly schema: Schema;
  readonly steps?: readonly StepParts[];
  readonly sensitive?: readonly string[] | undefined;
  readonly uploads?: Readonly<Record<string, UploadRule>> | undefined;
}

/** @throws {DefinitionError} for names the schema does not have. */
export function readForm(
  name: string,
  { schema, steps = [], sensitive = [], uploads = {} }: FormDeclaration,
): FormParts {
  const shape = steps.length > 0 ? mergedShape(steps) : shapeOf(schema);
  const knows = (field: string): boolean => shape === undefined || shapeAt(shape, field) !== undefined;
  for (const field of [...sensitive, ...Object.keys(uploads)]) {
    if (knows(field)) continue;
    throw new DefinitionError(
      `${name}: there is no field "${field}" in the schema. It has: ${namesOf(shape).join(", ")}.`,
    );
  }
  if (shape?.fields?.has("form") === true) {
    throw new DefinitionError(`${name}: a field cannot be called "form"; messages about the whole form stand there.`);
  }
  for (const [field, rule] of Object.entries(uploads))
    checkUploadRule(`${name}: \`static uploads\` of "${field}"`, rule);
  return {
    schema,
    shape,
    steps,
    sensitive: new Set(sensitive),
    uploads: new Map(Object.entries(uploads)),
    reserved: RESERVED,
    constraintTexts: new WeakMap(),
    knows,
    shapeAt: (field) => shapeAt(shape, field),
  };
}

function mergedShape(steps: readonly StepParts[]): FieldShape | undefined {
  const [first] = steps;
  if (first?.shape === undefined || steps.some(({ shape }) => shape?.fields === undefined)) return undefined;
  return { ...first.shape, fields: new Map(steps.flatMap(({ shape }) => [...(shape?.fields ?? [])])) };
}

/** The top-level names of a form's fields. */
export function namesOf(shape: FieldShape | undefined): readonly string[] {
  return [...(shape?.fields?.keys() ?? [])];
}
