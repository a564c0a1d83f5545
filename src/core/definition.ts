import { Component, type ComponentClass } from "./component.js";
import { DefinitionError } from "./errors.js";
import { isReservedEvent, isWireName, RESERVED_PARAMS } from "./names.js";
import type { PageTemplate, Renderer, Template } from "./ports/renderer.js";
import type { Schema } from "./ports/schema.js";

/** An event as the server calls it: the method itself, so nothing is looked up by name on an instance. */
export interface EventDefinition {
  readonly name: string;
  readonly handler: (this: Component, payload: unknown) => unknown;
  readonly schema: Schema | null;
}

/** A component as the server uses it: checked once at start, never changed. */
export interface Definition {
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
  readonly migrate: ((state: never, version: number) => object) | undefined;
}

const EVENT_METHOD = /^on_(.+)$/;

function handlersOf(componentClass: ComponentClass): Map<string, EventDefinition["handler"]> {
  const handlers = new Map<string, EventDefinition["handler"]>();
  for (
    let prototype: object = componentClass.prototype;
    prototype !== Component.prototype;
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

function list(names: Iterable<string>): string {
  const sorted = [...names].sort();
  return sorted.length === 0 ? "none" : sorted.map((name) => `"${name}"`).join(", ");
}

/** The names of an object schema's fields, where the validator shows them (Zod and Valibot do). */
function shapeOf(schema: Schema | undefined): readonly string[] | undefined {
  const { shape, entries } = (schema ?? {}) as { shape?: object; entries?: object };
  const fields = shape ?? entries;
  return typeof fields === "object" && fields !== null ? Object.keys(fields) : undefined;
}

function eventsOf(name: string, componentClass: ComponentClass): Map<string, EventDefinition> {
  const handlers = handlersOf(componentClass);
  const declared = componentClass.events ?? {};
  const events = new Map<string, EventDefinition>();
  for (const [event, schema] of Object.entries(declared)) {
    const handler = handlers.get(event);
    if (!isWireName(event) || isReservedEvent(event)) {
      throw new DefinitionError(
        `${name}: "${event}" cannot be the name of an event. Use lower-case letters, digits, "_" or "-", ` +
          "beginning with a letter, and none of the lifecycle's own words.",
      );
    }
    if (handler === undefined) {
      throw new DefinitionError(
        `${name}: the event "${event}" has no handler. Add a method on_${event}() or take it out of \`static events\`. ` +
          `Handlers found: ${list(handlers.keys())}.`,
      );
    }
    events.set(event, { name: event, handler, schema });
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

function checkStatics(name: string, componentClass: ComponentClass): void {
  const { locked = [], params, state, version = 1, storage = "seal" } = componentClass;
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
  if (storage !== "seal" && storage !== "store") {
    throw new DefinitionError(`${name}: \`static storage\` is ${String(storage)}; it must be "seal" or "store".`);
  }
}

function checkTemplate(
  name: string,
  componentClass: ComponentClass,
  template: Template,
  events: Iterable<string>,
): void {
  const known = { events: new Set(events), slots: new Set(componentClass.slots ?? []) };
  for (const event of template.uses?.events ?? []) {
    if (known.events.has(event)) continue;
    throw new DefinitionError(
      `${name}: ${componentClass.template} offers the event "${event}", which ${name} does not have. ` +
        `It has: ${list(known.events)}.`,
    );
  }
  for (const slot of template.uses?.slots ?? []) {
    if (known.slots.has(slot)) continue;
    throw new DefinitionError(
      `${name}: ${componentClass.template} has a slot "${slot}" that ${name} does not declare. ` +
        `Add it to \`static slots\`, which holds: ${list(known.slots)}.`,
    );
  }
}

/**
 * Refuses a template that places a component nobody registered.
 * @param where the template, for the message.
 */
export function checkComponents(
  where: string,
  template: Template | PageTemplate,
  known: ReadonlyMap<string, unknown>,
): void {
  for (const component of template.uses?.components ?? []) {
    if (known.has(component)) continue;
    throw new DefinitionError(
      `${where} places the component "${component}", which is not registered. Registered: ${list(known.keys())}.`,
    );
  }
}

/**
 * Checks a class and compiles its template.
 * @throws {DefinitionError} for every mistake that can be seen before the first request, with the way to mend it.
 */
export function define(name: string, componentClass: ComponentClass, renderer: Renderer): Definition {
  checkStatics(name, componentClass);
  const events = eventsOf(name, componentClass);
  const template = renderer.compile(componentClass.template);
  checkTemplate(name, componentClass, template, events.keys());
  return {
    name,
    componentClass,
    template,
    templateName: componentClass.template,
    events,
    params: componentClass.params,
    state: componentClass.state,
    slots: new Set(componentClass.slots ?? []),
    locked: componentClass.locked ?? [],
    version: componentClass.version ?? 1,
    mountable: componentClass.mountable ?? false,
    stored: componentClass.storage === "store",
    // Called on the class, so that a migration may use the class's other statics.
    migrate: componentClass.migrate?.bind(componentClass),
  };
}
