import type { Composition, SlotContent } from "./composition.js";
import type { Definition } from "./definition.js";
import { DefinitionError } from "./errors.js";
import { formHelpers } from "./form/view.js";
import { encodeAddressPart, escapeHtml, SafeHtml } from "./html.js";
import type { UploadedFile } from "./uploads.js";

/** Attributes and components in a template: what every template can call. */
export interface Helpers {
  /** Attributes of the root element. Every template calls it once, in its first tag. */
  root(): SafeHtml;
  /** Attributes that send an event: `<button {{ on("remove", id=5) }}>`. Arguments are fixed parts of the payload. */
  on(event: string, args?: Readonly<Record<string, unknown>>): SafeHtml;
  /** Whether the caller may send an event: `{% if can("remove") %}`. */
  can(event: string): boolean;
  /** Address of an uploaded file, for the same person and as long as a seal. It is served as an attachment. */
  file_url(file: UploadedFile): string;
  /** A child component. `key` gives it its identity among its siblings; all else are params. */
  component(
    name: string,
    args?: Readonly<Record<string, unknown>>,
    slots?: Readonly<Record<string, SlotContent>>,
  ): SafeHtml;
  /** A child that is mounted when the page has loaded, or with `when="revealed"` when it scrolls into view. */
  lazy(name: string, args?: Readonly<Record<string, unknown>>): SafeHtml;
  /** A hole that the parent fills. `tag` names the element around it (default `div`), `fallback` stands in an empty one. */
  slot(name?: string, options?: { readonly tag?: string; readonly fallback?: string | SafeHtml }): SafeHtml;
  /** Attributes of a form control: name, id, and how it is marked when its value was refused. */
  control(name: string): SafeHtml;
  /** What was sent for a field, when it was refused; otherwise `fallback`. */
  value(name: string, fallback?: unknown): unknown;
  /** The messages for a field; empty when it has none. */
  error(name: string): SafeHtml;
}

/** Everything a template sees. */
export interface View extends Helpers {
  /** Id of the instance and of its root element. */
  readonly id: string;
  /** The component's `this.state`. */
  readonly state: object;
  /** The component's `this.params`. */
  readonly params: object;
  /** Messages by field path, after a payload was refused. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly [extra: string]: unknown;
}

/** A child component found while a template ran. */
export interface Placement {
  readonly composition: Composition;
  readonly key: string;
  /** Mounted later by the browser. */
  readonly lazy: { readonly when: "load" | "revealed"; readonly placeholder: string } | undefined;
}

/** What was sent and refused. */
export interface Refusal {
  /** Messages by field path: `{ "items[0].name": ["Too short"] }`; those about the whole stand under `""`. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  /** The payload as it came. */
  readonly submitted: Readonly<Record<string, unknown>>;
}

/** One run of one template: what the helpers note and what they need. */
export interface Scope {
  readonly definition: Definition;
  readonly id: string;
  readonly rev: number;
  /** Where the server is mounted, such as `/components`. */
  readonly base: string;
  /** Begins every mark this server leaves in HTML; random, so that no value can look like one. */
  readonly mark: string;
  readonly slots: ReadonlyMap<string, SlotContent>;
  /** Slots that hold something on the page from an earlier render. */
  readonly kept: ReadonlySet<string>;
  readonly refusal: Refusal | undefined;
  readonly knows: (component: string) => boolean;
  readonly placements: Placement[];
  readonly keys: Set<string>;
  readonly filled: Set<string>;
  readonly claimed: Set<string>;
  /** Turns forms and buttons in a piece of this template's HTML into ones that work without JavaScript. */
  readonly enhance: (html: string) => string;
  /** A slot stays on the page as it is, with the children in it. */
  keepsSlot: boolean;
  readonly refused: ReadonlySet<string>;
  readonly sealFile: (file: UploadedFile) => string;
  /** The answer is a page of its own, so the browser places the focus. */
  readonly wholePage: boolean;
  /** What root() wrote; empty until it was called. */
  root: string;
  needsButtonForm: boolean;
  /** Events with their arguments as `on()` wrote them; `undefined` until it wrote one. */
  written: Set<string> | undefined;
  /** What can be called, where only offered events can. */
  readonly offers: Set<string>;
  /** A field that is to be mended has the focus already. */
  hasFocus: boolean;
}

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

export const MARK_END = "-->";

export function sealMark(scope: Pick<Scope, "mark" | "id">): string {
  return `${scope.mark}s:${scope.id}${MARK_END}`;
}

export function childMark(scope: Pick<Scope, "mark" | "id">, index: number): SafeHtml {
  return new SafeHtml(`${scope.mark}${index}:${scope.id}${MARK_END}`);
}

const ROOT_TAIL =
  '&quot;}" hx-target:inherited="closest [data-component]" hx-swap:inherited="outerMorph"' +
  ' hx-sync:inherited="closest [data-component]:queue all" hx-indicator:inherited="closest [data-component]"';

function root(scope: Scope): SafeHtml {
  if (scope.root !== "")
    throw new DefinitionError(`${scope.definition.templateName} calls root() twice; a component has one root.`);
  scope.root =
    `id="${scope.id}" data-component="${scope.definition.name}" data-rev="${scope.rev}"` +
    ` hx-vals:inherited="{&quot;state&quot;:&quot;${sealMark(scope)}${ROOT_TAIL}`;
  return new SafeHtml(scope.root);
}

function queryOf(event: string, args: Readonly<Record<string, unknown>>): string {
  let query = "";
  for (const name of Object.keys(args)) {
    const value = args[name];
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === undefined || item === null) continue;
      if (typeof item === "object" || typeof item === "function" || name === "state") {
        throw new DefinitionError(
          `on("${event}") was given ${name} as ${typeof item}; arguments are text, numbers or true/false, or lists of those, ` +
            'and none is called "state".',
        );
      }
      query += `${query === "" ? "?" : "&"}${encodeAddressPart(name)}=${encodeAddressPart(String(item))}`;
    }
  }
  return query;
}

function on(scope: Scope, event: string, args: Readonly<Record<string, unknown>> | undefined): SafeHtml {
  const { definition } = scope;
  if (!definition.events.has(event)) {
    throw new DefinitionError(
      `${definition.templateName} offers the event ${JSON.stringify(event)}, which ${definition.name} does not have. ` +
        `It has: ${[...definition.events.keys()].join(", ") || "none"}.`,
    );
  }
  // What the server would refuse is not offered.
  if (scope.refused.has(event)) return new SafeHtml('disabled data-refused=""');
  const query = args === undefined ? "" : queryOf(event, args);
  scope.written ??= new Set();
  scope.written.add(event + query);
  return new SafeHtml(`hx-post="${scope.base}/${definition.name}/${event}${escapeHtml(query)}"`);
}

/** Asks the permissions that the event itself would ask. */
function can(scope: Scope, event: string): boolean {
  if (scope.definition.events.has(event)) return !scope.refused.has(event);
  throw new DefinitionError(
    `${scope.definition.templateName} asks can(${JSON.stringify(event)}), which ${scope.definition.name} does not answer.`,
  );
}

/**
 * What `component()` and `lazy()` were given, taken apart: `key`, `when` and `placeholder` are ours, the rest are params.
 */
export function readPlacement(
  component: string,
  args: Readonly<Record<string, unknown>>,
  slots: Readonly<Record<string, SlotContent>>,
  lazy?: "lazy",
): Omit<Placement, "key"> {
  const { key, when = "load", placeholder = "", ...params } = args;
  if (when !== "load" && when !== "revealed") {
    throw new DefinitionError(`lazy("${component}") takes when="load" or when="revealed".`);
  }
  const shown = placeholder instanceof SafeHtml ? placeholder.value : escapeHtml(String(placeholder));
  return {
    composition: { component, params, key: key === undefined ? undefined : String(key), slots },
    lazy: lazy === undefined ? undefined : { when, placeholder: shown },
  };
}

/** Slot content that stands in this template's own text: completed here, and marked as this instance's. */
function ownSlots(scope: Scope, slots: Readonly<Record<string, SlotContent>>): Record<string, SlotContent> {
  const own: Record<string, SlotContent> = {};
  for (const [name, content] of Object.entries(slots)) {
    own[name] = content instanceof SafeHtml ? new OwnedHtml(scope.enhance(content.value), scope.id) : content;
  }
  return own;
}

/** Notes a child and leaves a mark where its HTML belongs. */
function place(scope: Scope, { composition, lazy }: Omit<Placement, "key">): SafeHtml {
  if (!scope.knows(composition.component)) {
    throw new DefinitionError(
      `${scope.definition.templateName} places the component ${JSON.stringify(composition.component)}, which is not registered.`,
    );
  }
  const taken = scope.keys;
  let key = composition.key ?? composition.component;
  if (taken.has(key)) {
    if (composition.key !== undefined) {
      throw new DefinitionError(`${scope.definition.templateName} places two children with the key "${key}".`);
    }
    for (let count = 2; taken.has(key); count++) key = `${composition.component}-${count}`;
  }
  taken.add(key);
  scope.placements.push({ composition, key, lazy });
  return childMark(scope, scope.placements.length - 1);
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

function slot(scope: Scope, name: string, tag: string, fallback: string | SafeHtml): SafeHtml {
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

function errorId(scope: Scope, name: string): string {
  return `${scope.id}-${name}-error`;
}

function control(scope: Scope, name: string): SafeHtml {
  const invalid = scope.refusal?.errors[name] !== undefined;
  const marked = invalid ? ` aria-invalid="true" aria-describedby="${escapeHtml(errorId(scope, name))}"` : "";
  return new SafeHtml(`name="${escapeHtml(name)}" id="${escapeHtml(`${scope.id}-${name}`)}"${marked}`);
}

function error(scope: Scope, name: string): SafeHtml {
  const messages = scope.refusal?.errors[name];
  if (messages === undefined) return new SafeHtml("");
  scope.claimed.add(name);
  return new SafeHtml(
    `<p id="${escapeHtml(errorId(scope, name))}" data-field-error>${escapeHtml(messages.join(" "))}</p>`,
  );
}

const NO_ERRORS: Readonly<Record<string, readonly string[]>> = Object.freeze({});

/** The helpers of one run. Bound functions, because renderers hand them to templates one by one. */
export function createView(
  scope: Scope,
  state: object,
  params: object,
  extra: Readonly<Record<string, unknown>>,
): View {
  const view: View = {
    ...extra,
    id: scope.id,
    state,
    params,
    errors: scope.refusal?.errors ?? NO_ERRORS,
    root: () => root(scope),
    on: (event, args) => on(scope, event, args),
    can: (event) => can(scope, event),
    file_url: (file) => `${scope.base}/_files/${scope.sealFile(file)}`,
    component: (name, args = {}, slots = {}) => place(scope, readPlacement(name, args, ownSlots(scope, slots))),
    lazy: (name, args = {}) => place(scope, readPlacement(name, args, {}, "lazy")),
    slot: (name = "default", { tag = "div", fallback = "" } = {}) => slot(scope, name, tag, fallback),
    control: (name) => control(scope, name),
    value: (name, fallback = "") => scope.refusal?.submitted[name] ?? fallback,
    error: (name) => error(scope, name),
  };
  const { form } = scope.definition;
  if (form !== undefined)
    Object.assign(
      view,
      formHelpers(scope, form, state, (event, args) => on(scope, event, args)),
    );
  for (const name in extra) {
    if (view[name] !== extra[name]) {
      throw new DefinitionError(
        `${scope.definition.name}: getContext() gives "${name}", which is a helper's name. Choose another.`,
      );
    }
  }
  return view;
}
