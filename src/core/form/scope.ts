import { DefinitionError } from "../errors.js";
import type { Scope } from "../view.js";
import type { FormDefinition } from "./definition.js";
import { at, parseName } from "./names.js";
import type { FieldShape } from "./shape.js";
import { textOf } from "./text.js";

/** One run of a form's template. */
export interface FormScope {
  readonly scope: Scope;
  readonly form: FormDefinition;
  /** Fields are checked while a person fills them in, unless one says otherwise. */
  live: boolean;
  /** Attributes that send an event, as `on()` writes them. */
  readonly on: (event: string, args: Readonly<Record<string, unknown>>) => string;
}

/** The shape of a field. @throws {DefinitionError} for a name the schema does not have. */
export function shapeFor({ form, scope }: FormScope, name: string): FieldShape | undefined {
  if (form.knows(name)) return form.parts.shapeAt(name);
  throw new DefinitionError(
    `${scope.definition.templateName} shows the field ${JSON.stringify(name)}, which the schema of ${scope.definition.name} ` +
      `does not have. It has: ${form.fieldNames().join(", ")}.`,
  );
}

/** An id made of a field's name: letters, digits, `-` and `_` only, so that it can stand in lists of ids. */
export function fieldId({ id }: Pick<Scope, "id">, name: string): string {
  return `${id}-${name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/-$/, "")}`;
}

/** What a field holds, as it was entered. */
export function enteredIn({ scope }: FormScope, name: string): unknown {
  return at(scope.refusal?.submitted, parseName(name));
}

export function textIn(form: FormScope, name: string, shape: FieldShape | undefined): string {
  const value = enteredIn(form, name);
  return shape === undefined ? String(value ?? "") : textOf(shape, value);
}

export function errorsOf({ scope }: FormScope, name: string): readonly string[] {
  return scope.refusal?.errors[name] ?? [];
}
