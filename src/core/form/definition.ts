import type { Component, ComponentClass } from "../component.js";
import type { EventCheck } from "../definition.js";
import { DefinitionError } from "../errors.js";
import { FormComponent, type FormState, NO_FORM } from "../form.js";
import { type Schema, type SchemaResult, validate } from "../ports/schema.js";
import type { UploadRule } from "../uploads.js";
import type { Refusal } from "../view.js";
import { type FormEvent, type FormParts, namesOf, readForm } from "./parts.js";

/** An event of a form as the server calls it. */
export interface FormEventDefinition {
  readonly check: EventCheck;
  readonly handler: (this: Component, value: unknown) => unknown;
}

/** What the server knows of a form class beside what it knows of every component. */
export interface FormDefinition {
  readonly parts: FormParts;
  readonly events: ReadonlyMap<string, FormEventDefinition>;
  readonly uploads: ReadonlyMap<string, UploadRule>;
  knows(field: string): boolean;
  fieldNames(): readonly string[];
  /** The author's schema speaks of what the author remembers; what every form remembers is added to it. */
  stateSchema(own: Schema | undefined): Schema | undefined;
  /** What the helpers show: the messages the form remembers, and what was entered. */
  shown(component: Component, refusal: Refusal | undefined): Refusal;
}

type FormClass = ComponentClass & Omit<typeof FormComponent, "prototype">;

function isFormClass(componentClass: ComponentClass): componentClass is FormClass {
  return componentClass.prototype instanceof FormComponent;
}

function eventOf({ check, handle }: FormEvent<FormComponent>): FormEventDefinition {
  return {
    check: (component, payload) => check(component as FormComponent, payload),
    handler(value) {
      return handle?.(this as FormComponent, value);
    },
  };
}

/** Splits what every form remembers from the rest, which the author's schema is about. */
function stateSchema(own: Schema | undefined): Schema | undefined {
  if (own === undefined) return undefined;
  const names = Object.keys(NO_FORM);
  const check = (state: unknown): SchemaResult<unknown> | Promise<SchemaResult<unknown>> => {
    const entries = Object.entries(state as FormState);
    const ofForm = Object.fromEntries(entries.filter(([name]) => names.includes(name)));
    const rest = Object.fromEntries(entries.filter(([name]) => !names.includes(name)));
    const join = (result: SchemaResult<unknown>): SchemaResult<unknown> =>
      result.issues === undefined ? { value: { ...(result.value as object), ...ofForm } } : result;
    const result = validate(own, rest);
    return "then" in result ? result.then(join) : join(result);
  };
  return { "~standard": { version: 1, vendor: "hydrant", validate: check } };
}

function shown(component: Component, refusal: Refusal | undefined): Refusal {
  const { errors, formData } = (component as FormComponent).state;
  return { errors: { ...errors, ...refusal?.errors }, submitted: formData };
}

/** @returns `undefined` for a component that is no form. @throws {DefinitionError} for a form without a schema. */
export function formDefinition(name: string, componentClass: ComponentClass): FormDefinition | undefined {
  if (!isFormClass(componentClass)) return undefined;
  const { schema, sensitive, uploads } = componentClass;
  if (schema === undefined || typeof schema["~standard"]?.validate !== "function") {
    throw new DefinitionError(`${name}: \`static schema\` is missing. Give the schema of what the form takes.`);
  }
  const parts = readForm(name, { schema, sensitive, uploads });
  return {
    parts,
    uploads: parts.uploads,
    events: new Map(Object.entries(componentClass.answers).map(([event, answer]) => [event, eventOf(answer)])),
    knows: (field) => parts.knows(field),
    fieldNames: () => namesOf(parts.shape),
    stateSchema,
    shown,
  };
}
