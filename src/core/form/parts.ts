import type { Checked } from "../definition.js";
import { DefinitionError } from "../errors.js";
import { isForbiddenKey, PAGE_FIELD } from "../names.js";
import type { Schema } from "../ports/schema.js";
import { checkUploadRule, type UploadRule } from "../uploads.js";
import { parseName } from "./names.js";
import { type FieldShape, shapeOf } from "./shape.js";

/** Hidden field of a form whose every field stands in the page: what is missing in its payload was emptied. */
export const WHOLE_FORM = "_form";

/** Names of fields that are ours: what the helpers write beside the author's. */
const RESERVED: ReadonlySet<string> = new Set([WHOLE_FORM, "_field", "_index", "_key", "_step"]);

type Fields = Readonly<Record<string, unknown>>;

/** One event that every form answers. */
export interface FormEvent<Form> {
  readonly check: (form: Form, payload: Fields) => Checked | Promise<Checked>;
  /** Left out where checking is all there is to do. */
  readonly handle?: (form: Form, value: unknown) => unknown;
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
  /** Whether a field is one of them, in whatever row, or stands in a group that is. */
  isSensitive(name: string): boolean;
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
  for (const field of namesOf(shape)) checkTopName(name, field);
  checkNames(name, shape);
  for (const [field, rule] of Object.entries(uploads)) {
    checkUploadRule(`${name}: \`static uploads\` of "${field}"`, rule);
    if (shape?.fields?.has(field) !== false) continue;
    throw new DefinitionError(`${name}: "${field}" takes files, so it has to stand at the top of the schema.`);
  }
  return {
    schema,
    shape,
    steps,
    sensitive: new Set(sensitive),
    isSensitive: sensitivity(sensitive),
    uploads: new Map(Object.entries(uploads)),
    reserved: RESERVED,
    constraintTexts: new WeakMap(),
    knows,
    shapeAt: (field) => shapeAt(shape, field),
  };
}

function sensitivity(fields: readonly string[]): FormParts["isSensitive"] {
  const bare = (name: string): string =>
    parseName(name)
      .filter((part) => typeof part === "string")
      .join(".");
  const all = fields.map(bare);
  if (all.length === 0) return () => false;
  return (name) => {
    const one = bare(name);
    return all.some((field) => one === field || one.startsWith(`${field}.`));
  };
}

/** What belongs to one step: its fields and its files. A strict schema refuses what it does not know. */
export function partOf(
  { shape: whole, uploads }: Pick<FormParts, "shape" | "uploads">,
  { shape }: Pick<FormParts, "shape">,
  entered: Fields,
): { readonly data: Fields; readonly uploads: FormParts["uploads"] } {
  if (shape === whole) return { data: entered, uploads };
  const isOwn = ([name]: readonly [string, unknown]): boolean =>
    shape?.fields?.has(name) === true || whole?.fields?.has(name) !== true;
  return {
    data: Object.fromEntries(Object.entries(entered).filter(isOwn)),
    uploads: new Map([...uploads].filter(isOwn)),
  };
}

function refuseName(form: string, field: string, why: string): never {
  throw new DefinitionError(`${form}: a field cannot be called "${field}"; ${why}.`);
}

/** Names that mean something else in what a form sends and shows. */
function checkTopName(form: string, field: string): void {
  if (field === "form") refuseName(form, field, "messages about the whole form stand there");
  if (field === "state") refuseName(form, field, "the seal is sent under that name");
  if (RESERVED.has(field) || field === PAGE_FIELD) refuseName(form, field, "the form itself sends that");
}

/** Names that could not come back as they went out. */
function checkNames(form: string, shape: FieldShape | undefined): void {
  if (shape?.item !== undefined) checkNames(form, shape.item);
  for (const [field, inner] of shape?.fields ?? []) {
    if (/[.[\]]/.test(field)) refuseName(form, field, "a dot or a bracket parts the names of nested fields");
    if (isForbiddenKey(field)) refuseName(form, field, "it could reach a prototype");
    checkNames(form, inner);
  }
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
