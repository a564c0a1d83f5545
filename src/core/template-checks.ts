import type { ComponentClass } from "./component.js";
import { DefinitionError } from "./errors.js";
import type { FormDefinition } from "./form/definition.js";
import type { PageTemplate, Template } from "./ports/renderer.js";

/** Names for a message. */
export function list(names: Iterable<string>): string {
  const sorted = [...names].sort();
  return sorted.length === 0 ? "none" : sorted.map((name) => `"${name}"`).join(", ");
}

/** Refuses a template that offers events or has slots its component does not declare. */
export function checkTemplate(
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

/** A form's template names its fields; a name that the schema does not have is refused with those it has. */
export function checkFields(
  name: string,
  componentClass: ComponentClass,
  template: Template,
  form: FormDefinition | undefined,
): void {
  for (const field of template.uses?.fields ?? []) {
    if (form?.knows(field) === true) continue;
    const has = form === undefined ? `${name} is no FormComponent` : `it has: ${form.fieldNames().join(", ")}`;
    throw new DefinitionError(`${name}: ${componentClass.template} shows the field "${field}"; ${has}.`);
  }
}
