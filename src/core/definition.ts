import { Component, type ComponentClass, type MountCache } from "./component.js";
import { DefinitionError } from "./errors.js";
import { type FormDefinition, formDefinition } from "./form/definition.js";
import { FormComponent } from "./form.js";
import { checkGuards, type EventGuard, eventGuardOf, type Guard, type GuardSettings, guardOf } from "./guards.js";
import { ModelFormComponent } from "./model-form.js";
import { isReservedEvent, isWireName, REFRESH, RESERVED_PARAMS } from "./names.js";
import type { Renderer, Template } from "./ports/renderer.js";
import type { Schema } from "./ports/schema.js";
import type { StreamMode } from "./streaming.js";
import { checkFields, checkTemplate, list } from "./template-checks.js";
import type { Refusal } from "./view.js";
import { WizardComponent } from "./wizard.js";

/** An event as the server calls it: the method itself, so nothing is looked up by name on an instance. */
export interface EventDefinition extends EventGuard {
  readonly name: string;
  readonly handler: (this: Component, payload: unknown) => unknown;
  readonly schema: Schema | null;
  /** Validates in place of the schema where that takes the instance: the events of a form. */
  readonly check: EventCheck | undefined;
}

/** What a payload is after validation: a value for the handler, or why there is none. */
export type Checked =
  | { readonly value: unknown; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal };

export type EventCheck = (
  component: Component,
  payload: Readonly<Record<string, unknown>>,
) => Checked | Promise<Checked>;

/** A component as the server uses it: checked once at start, never changed. */
export interface Definition extends Guard {
  readonly name: string;
  readonly componentClass: ComponentClass;
  readonly template: Template;
  readonly templateName: string;
  readonly events: ReadonlyMap<string, EventDefinition>;
  readonly params: Schema | undefined;
  readonly state: Schema | undefined;
  readonly slots: ReadonlySet<string>;
  readonly locked: readonly string[];
  readonly version: number;
  readonly mountable: boolean;
  readonly stored: boolean;
  /** Events that have permissions of their own. */
  readonly guarded: readonly EventDefinition[];
  /** Only what a render offered can be called. */
  readonly sealedOffers: boolean;
  readonly cache: MountCache | undefined;
  readonly stream: StreamMode;
  /** Whether it has handlers that yield, as far as that can be told before they run. */
  readonly streams: boolean;
  /** What an instance is told of; `undefined` for a component without topics. */
  readonly topics: ComponentClass["topics"];
  /** Checks what its pages publish under its topics; `undefined` where they may not. */
  readonly broadcast: Schema | undefined;
  /** What a form has beside; `undefined` for other components. */
  readonly form: FormDefinition | undefined;
  readonly migrate: ((state: never, version: number) => object) | undefined;
}

const EVENT_METHOD = /^on_(.+)$/;

/** Classes of our own that authors extend: what they answer is declared below, not found by name. */
const BASES: ReadonlySet<object> = new Set<object>([
  FormComponent.prototype,
  ModelFormComponent.prototype,
  WizardComponent.prototype,
]);

function handlersOf(componentClass: ComponentClass): Map<string, EventDefinition["handler"]> {
  const handlers = new Map<string, EventDefinition["handler"]>();
  for (
    let prototype: object = componentClass.prototype;
    prototype !== Component.prototype && !BASES.has(prototype);
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const key of Object.getOwnPropertyNames(prototype)) {
      const name = EVENT_METHOD.exec(key)?.[1];
      const value: unknown = Object.getOwnPropertyDescriptor(prototype, key)?.value;
      if (name === undefined || handlers.has(name)) continue;
      if (typeof value === "function") handlers.set(name, value as EventDefinition["handler"]);
    }
  }
  return handlers;
}

/** The names of an object schema's fields, where the validator shows them (Zod and Valibot do). */
function shapeOf(schema: Schema | undefined): readonly string[] | undefined {
  const { shape, entries } = (schema ?? {}) as { shape?: object; entries?: object };
  const fields = shape ?? entries;
  return typeof fields === "object" && fields !== null ? Object.keys(fields) : undefined;
}

function eventsOf(
  name: string,
  componentClass: ComponentClass,
  form: FormDefinition | undefined,
  settings: GuardSettings,
): Map<string, EventDefinition> {
  const handlers = handlersOf(componentClass);
  const declared = componentClass.events ?? {};
  const events = new Map<string, EventDefinition>();
  const guard = (event: string): EventGuard => eventGuardOf(name, event, componentClass, settings);
  for (const [event, { handler, check }] of form?.events ?? []) {
    events.set(event, { name: event, handler, schema: null, check, ...guard(event) });
    handlers.delete(event);
  }
  if (componentClass.topics !== undefined) {
    // It shows how things stand; whatever the component is told by others is told again when it is rendered.
    events.set(REFRESH, { name: REFRESH, handler: () => {}, schema: null, check: undefined, ...guard(REFRESH) });
  }
  for (const [event, schema] of Object.entries(declared)) {
    const handler = handlers.get(event);
    if (!isWireName(event) || isReservedEvent(event)) {
      throw new DefinitionError(
        `${name}: "${event}" cannot be the name of an event. Use lower-case letters, digits, "_" or "-", ` +
          "beginning with a letter, and none of the lifecycle's own words.",
      );
    }
    if (events.has(event)) {
      throw new DefinitionError(
        `${name}: the event "${event}" belongs to every form. Take it out of \`static events\`; its fields are those of ` +
          "`static schema`.",
      );
    }
    if (handler === undefined) {
      throw new DefinitionError(
        `${name}: the event "${event}" has no handler. Add a method on_${event}() or take it out of \`static events\`. ` +
          `Handlers found: ${list(handlers.keys())}.`,
      );
    }
    events.set(event, { name: event, handler, schema, check: undefined, ...guard(event) });
  }
  for (const handler of handlers.keys()) {
    if (!events.has(handler)) {
      throw new DefinitionError(
        `${name}: on_${handler}() is a handler without a declared event. Add \`${handler}: z.object({ … })\`, ` +
          `or \`${handler}: null\` for an event without a payload, to \`static events\`. Declared: ${list(events.keys())}.`,
      );
    }
  }
  return events;
}

/** By its tag, because what makes such functions has no name in the language. */
function isGenerator(handler: EventDefinition["handler"]): boolean {
  return Object.prototype.toString.call(handler) === "[object AsyncGeneratorFunction]";
}

function checkStatics(name: string, componentClass: ComponentClass): void {
  const { locked = [], params, state, version = 1, storage = "seal", stream = "abort" } = componentClass;
  const { topics, broadcast } = componentClass;
  if (typeof componentClass.template !== "string" || componentClass.template === "") {
    throw new DefinitionError(`${name}: \`static template\` is missing. Name the template that renders it.`);
  }
  if (locked.length > 0 && componentClass.prototype.derive === Component.prototype.derive) {
    throw new DefinitionError(
      `${name}: \`static locked\` needs a method derive() that gives ${list(locked)} their values.`,
    );
  }
  const stateShape = shapeOf(state);
  const unknown = locked.filter((field) => stateShape !== undefined && !stateShape.includes(field));
  if (unknown.length > 0) {
    throw new DefinitionError(
      `${name}: locked fields ${list(unknown)} are not in \`static state\`. It has: ${list(stateShape ?? [])}.`,
    );
  }
  const taken = RESERVED_PARAMS.filter((field) => shapeOf(params)?.includes(field));
  if (taken.length > 0) {
    throw new DefinitionError(
      `${name}: the params ${list(taken)} mean something to component() and lazy(). Choose other names.`,
    );
  }
  if (!Number.isInteger(version) || version < 1) {
    throw new DefinitionError(`${name}: \`static version\` is ${String(version)}; it must be a whole number from 1.`);
  }
  if (stream !== "abort" && stream !== "restart" && stream !== "resume") {
    throw new DefinitionError(
      `${name}: \`static stream\` is ${String(stream)}; it must be "abort", "restart" or "resume".`,
    );
  }
  if (topics !== undefined && typeof topics !== "function") {
    throw new DefinitionError(
      `${name}: \`static topics\` must be a function, such as ({ params }) => [\`room:\${params.room}\`].`,
    );
  }
  if (broadcast !== undefined && topics === undefined) {
    throw new DefinitionError(`${name}: \`static broadcast\` needs \`static topics\`, which say where to.`);
  }
  if (storage !== "seal" && storage !== "store") {
    throw new DefinitionError(`${name}: \`static storage\` is ${String(storage)}; it must be "seal" or "store".`);
  }
}

/** What the server as a whole has, which definitions are checked against. */
export interface DefinitionSettings extends GuardSettings {
  readonly hasUploadStore: boolean;
}

function checkUploads(name: string, form: FormDefinition | undefined, { hasUploadStore }: DefinitionSettings): void {
  if (form === undefined || form.uploads.size === 0 || hasUploadStore) return;
  throw new DefinitionError(
    `${name} takes files, but nothing keeps them. Give the server a store: ` +
      '`uploadStore: diskUploadStore("uploads")` from "hydrant/disk".',
  );
}

/**
 * Checks a class and compiles its template.
 * @throws {DefinitionError} for every mistake that can be seen before the first request, with the way to mend it.
 */
export function define(
  name: string,
  componentClass: ComponentClass,
  renderer: Renderer,
  settings: DefinitionSettings,
): Definition {
  checkStatics(name, componentClass);
  const form = formDefinition(name, componentClass);
  checkUploads(name, form, settings);
  const events = eventsOf(name, componentClass, form, settings);
  checkGuards(name, componentClass, events);
  const template = renderer.compile(componentClass.template);
  checkTemplate(name, componentClass, template, events.keys());
  checkFields(name, componentClass, template, form);
  return {
    name,
    componentClass,
    template,
    templateName: componentClass.template,
    events,
    params: componentClass.params,
    state: form === undefined ? componentClass.state : form.stateSchema(componentClass.state),
    slots: new Set(componentClass.slots ?? []),
    locked: componentClass.locked ?? [],
    version: componentClass.version ?? 1,
    mountable: componentClass.mountable ?? false,
    stored: componentClass.storage === "store",
    ...guardOf(name, componentClass, settings),
    guarded: [...events.values()].filter(({ own }) => own.length > 0),
    sealedOffers: componentClass.offers === "sealed",
    cache: componentClass.cache,
    stream: componentClass.stream ?? "abort",
    streams: componentClass.stream !== undefined || [...handlersOf(componentClass).values()].some(isGenerator),
    // Called on the class, as migrations are.
    topics: componentClass.topics?.bind(componentClass),
    broadcast: componentClass.broadcast,
    form,
    // Called on the class, so that a migration may use the class's other statics.
    migrate: componentClass.migrate?.bind(componentClass),
  };
}
