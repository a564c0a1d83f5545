import { DefinitionError } from "../errors.js";
import type { Scope } from "../view.js";
import type { FormDefinition } from "./definition.js";
import { at, parseName } from "./names.js";
import type { FieldShape } from "./shape.js";
import type { FormErrors } from "./state.js";
import { textOf } from "./text.js";

/** One run of a form's template. */
export interface FormScope {
  readonly scope: Scope;
  readonly form: FormDefinition;
  /** Fields are checked while a person fills them in, unless one says otherwise. */
  live: boolean;
  readonly fields: Map<string, FieldNow>;
  /** Attributes that send an event, as `on()` writes them. */
  readonly on: (event: string, args: Readonly<Record<string, unknown>>) => string;
}

/** What is known of a field in this run. */
interface FieldNow {
  readonly shape: FieldShape | undefined;
  readonly id: string;
  readonly entered: unknown;
  readonly errors: readonly string[];
}

const NO_ERRORS: readonly string[] = Object.freeze([]);

/** Only what the record holds itself: a field may be called `hasOwnProperty`. */
function errorsIn(errors: FormErrors | undefined, name: string): readonly string[] {
  return errors !== undefined && Object.hasOwn(errors, name) ? (errors[name] ?? NO_ERRORS) : NO_ERRORS;
}

/** Worked out once in a run, because every part of a field asks. */
function fieldNow(form: FormScope, name: string): FieldNow {
  const known = form.fields.get(name);
  if (known !== undefined) return known;
  const { refusal } = form.scope;
  const field: FieldNow = {
    shape: findShape(form, name),
    id: fieldId(form.scope, name),
    entered: at(refusal?.submitted, parseName(name)),
    errors: errorsIn(refusal?.errors, name),
  };
  form.fields.set(name, field);
  return field;
}

function findShape({ form, scope }: FormScope, name: string): FieldShape | undefined {
  const shape = form.parts.shapeAt(name);
  if (shape !== undefined || form.parts.shape === undefined) return shape;
  throw new DefinitionError(
    `${scope.definition.templateName} shows the field ${JSON.stringify(name)}, which the schema of ${scope.definition.name} ` +
      `does not have. It has: ${form.fieldNames().join(", ")}.`,
  );
}

/** The shape of a field. @throws {DefinitionError} for a name the schema does not have. */
export function shapeFor(form: FormScope, name: string): FieldShape | undefined {
  return fieldNow(form, name).shape;
}

const PLAIN = /^[A-Za-z0-9_-]+$/;

/** Every other character by its number, so that no two names get one id. */
function spelt(name: string): string {
  return name
    .replace(/[.[\]]+/g, "-")
    .replace(/-$/, "")
    .replace(/[^A-Za-z0-9_-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}`);
}

/** An id made of a field's name: letters, digits, `-` and `_` only, so that it can stand in lists of ids. */
export function fieldId({ id }: Pick<Scope, "id">, name: string): string {
  return `${id}-${PLAIN.test(name) ? name : spelt(name)}`;
}

export function idOf(form: FormScope, name: string): string {
  return fieldNow(form, name).id;
}

/** What a field holds, as it was entered. */
export function enteredIn(form: FormScope, name: string): unknown {
  return fieldNow(form, name).entered;
}

export function textIn(form: FormScope, name: string, shape: FieldShape | undefined): string {
  const value = enteredIn(form, name);
  return textOf(shape, value);
}

export function errorsOf(form: FormScope, name: string): readonly string[] {
  return fieldNow(form, name).errors;
}
