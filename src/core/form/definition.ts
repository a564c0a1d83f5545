import type { Component, ComponentClass } from "../component.js";
import type { EventCheck } from "../definition.js";
import { DefinitionError } from "../errors.js";
import { FormComponent } from "../form.js";
import { ModelFormComponent } from "../model-form.js";
import { type Schema, type SchemaResult, validate } from "../ports/schema.js";
import type { UploadRule } from "../uploads.js";
import type { Refusal } from "../view.js";
import { WizardComponent } from "../wizard.js";
import { type FormEvent, type FormParts, namesOf, readForm, shapeAt } from "./parts.js";
import { shapeOf } from "./shape.js";
import type { FormState } from "./state.js";

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
  /** What its template sees beside. */
  values(component: Component): Readonly<Record<string, unknown>>;
  /** The event that its form sends. */
  sends(component: Component): string;
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
function stateSchema(names: readonly string[], own: Schema | undefined): Schema | undefined {
  if (own === undefined) return undefined;
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
  const parts = isWizardClass(componentClass) ? readWizard(name, componentClass) : readPlain(name, componentClass);
  checkRecords(name, componentClass);
  checkMethods(name, componentClass);
  return {
    parts,
    uploads: parts.uploads,
    events: new Map(Object.entries(componentClass.answers).map(([event, answer]) => [event, eventOf(answer)])),
    knows: (field) => parts.knows(field),
    fieldNames: () => namesOf(parts.shape),
    stateSchema: (own) => stateSchema(componentClass.remembered, own),
    shown,
    values: (component) => (component as FormComponent).shown(),
    sends: (component) => (component as FormComponent).sends(),
  };
}

function checkRecords(name: string, componentClass: FormClass): void {
  if (!(componentClass.prototype instanceof ModelFormComponent)) return;
  const { records } = componentClass as unknown as Pick<typeof ModelFormComponent, "records">;
  if (typeof records?.find === "function" && typeof records.save === "function") return;
  throw new DefinitionError(
    `${name}: \`static records\` is missing. Give the store of the records it edits, such as kyselyRecordStore(…) from ` +
      '"hydrant/kysely".',
  );
}

/** What the types ask for, for authors who write without them. */
function checkMethods(name: string, { prototype }: FormClass): void {
  if (typeof prototype.on_submit !== "function") {
    throw new DefinitionError(`${name}: on_submit() is missing. Add the method that carries out what the form is for.`);
  }
  if (prototype instanceof ModelFormComponent && typeof prototype.identity !== "function") {
    throw new DefinitionError(`${name}: identity() is missing. Add the method that says which record is edited.`);
  }
}

function readPlain(name: string, { schema, sensitive, uploads }: FormClass): FormParts {
  if (schema === undefined || typeof schema["~standard"]?.validate !== "function") {
    throw new DefinitionError(`${name}: \`static schema\` is missing. Give the schema of what the form takes.`);
  }
  return readForm(name, { schema, sensitive, uploads });
}

type WizardClass = FormClass & Pick<typeof WizardComponent, "steps">;

function isWizardClass(componentClass: FormClass): componentClass is WizardClass {
  return componentClass.prototype instanceof WizardComponent;
}

function readWizard(name: string, { steps = [], sensitive, uploads }: WizardClass): FormParts {
  const [first] = steps;
  if (first === undefined || steps.some(({ schema }) => typeof schema?.["~standard"]?.validate !== "function")) {
    throw new DefinitionError(
      `${name}: \`static steps\` needs at least one step: [{ name: "address", title: "Your address", schema: z.object({ … }) }].`,
    );
  }
  const twice = steps.find((step, index) => steps.findIndex((one) => one.name === step.name) < index);
  if (twice !== undefined) throw new DefinitionError(`${name}: two steps are called "${twice.name}".`);
  const parts = steps.map((step) => ({ ...step, shape: shapeOf(step.schema) }));
  const unknown = parts.find(({ shape }) => shape === undefined);
  if (unknown !== undefined) {
    throw new DefinitionError(
      `${name}: the fields of the step "${unknown.name}" cannot be told from those of others. Give it a schema that is an ` +
        "object and describes itself, such as z.object({ … }).",
    );
  }
  const fields = parts.flatMap(({ shape }) => namesOf(shape));
  const shared = fields.find((field, index) => fields.indexOf(field) < index);
  if (shared !== undefined) throw new DefinitionError(`${name}: two steps have a field "${shared}".`);
  const form = readForm(name, { schema: first.schema, steps: parts, sensitive, uploads });
  const last = parts.at(-1)?.shape;
  for (const field of sensitive ?? []) {
    if (last === undefined || shapeAt(last, field) !== undefined) continue;
    throw new DefinitionError(
      `${name}: "${field}" is sensitive, so it is not kept from one step to the next. Ask for it in the last step.`,
    );
  }
  return form;
}
