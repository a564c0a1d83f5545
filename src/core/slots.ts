import type { Composition, SlotContent } from "./composition.js";
import { DefinitionError } from "./errors.js";
import { escapeHtml, SafeHtml } from "./html.js";
import { place, sealMark } from "./placing.js";
import type { Scope } from "./view.js";

/** HTML that one component's template put into another's slot: its events still belong to the first. */
class OwnedHtml extends SafeHtml {
  constructor(
    value: string,
    /** Instance whose template wrote it; empty for a page. */
    readonly owner: string,
  ) {
    super(value);
  }
}

/** Slot content that stands in this template's own text: completed here, and marked as this instance's. */
export function ownSlots(scope: Scope, slots: Readonly<Record<string, SlotContent>>): Record<string, SlotContent> {
  const own: Record<string, SlotContent> = {};
  for (const [name, content] of Object.entries(slots)) {
    own[name] = content instanceof SafeHtml ? new OwnedHtml(scope.enhance(content.value), scope.id) : content;
  }
  return own;
}

function slotHtml(scope: Scope, content: SlotContent): string {
  if (content instanceof SafeHtml) return content.value;
  if (Array.isArray(content)) return content.map((item) => slotHtml(scope, item)).join("");
  return place(scope, { composition: content as Composition, lazy: undefined }).value;
}

/** What stands in a slot was written elsewhere: its requests carry the writer's state and change the writer's root. */
function ownerAttributes(scope: Scope, content: SlotContent): string {
  const owner = content instanceof OwnedHtml ? content.owner : "";
  if (owner === "") return ' hx-vals:inherited="" hx-target:inherited="this" hx-swap:inherited="innerMorph"';
  const seal = sealMark({ mark: scope.mark, id: owner });
  return (
    ` data-owner="${owner}" hx-vals:inherited="{&quot;state&quot;:&quot;${seal}&quot;}" hx-target:inherited="#${owner}"` +
    ` hx-sync:inherited="#${owner}:queue all" hx-indicator:inherited="#${owner}"`
  );
}

const TAG_NAME = /^[a-z][a-z0-9-]*$/;

export function slot(scope: Scope, name: string, tag: string, fallback: string | SafeHtml): SafeHtml {
  const { definition, id } = scope;
  if (!definition.slots.has(name)) {
    throw new DefinitionError(
      `${definition.templateName} has a slot "${name}" that ${definition.name} does not declare. ` +
        `Add it to \`static slots\`, which holds: ${[...definition.slots].join(", ") || "nothing"}.`,
    );
  }
  if (!TAG_NAME.test(tag)) throw new DefinitionError(`slot("${name}") takes the name of an element as tag.`);
  const attributes = `<${tag} id="${id}--${name}" data-slot="${name}"`;
  const content = scope.slots.get(name);
  if (content !== undefined) {
    scope.filled.add(name);
    return new SafeHtml(`${attributes}${ownerAttributes(scope, content)}>${slotHtml(scope, content)}</${tag}>`);
  }
  if (scope.kept.has(name)) {
    scope.filled.add(name);
    scope.keepsSlot = true;
    return new SafeHtml(`${attributes} data-keep></${tag}>`);
  }
  return fallback instanceof SafeHtml ? fallback : new SafeHtml(escapeHtml(fallback));
}
