import type { Composition, SlotContent } from "./composition.js";
import type { Definition } from "./definition.js";
import { DefinitionError } from "./errors.js";
import { type FocusScope, takesFocus } from "./focus.js";
import { formHelpers } from "./form/view.js";
import { encodeAddressPart, escapeHtml, SafeHtml } from "./html.js";
import { placeId } from "./identity.js";
import { isWireName } from "./names.js";
import { place, readPlacement, sealMark } from "./placing.js";
import { ownSlots, slot } from "./slots.js";
import type { UploadedFile } from "./uploads.js";

/** Attributes and components in a template: what every template can call. */
export interface Helpers {
  /** Attributes of the root element. Every template calls it once, in its first tag. */
  root(): SafeHtml;
  /** Attributes that send an event: `<button {{ on("remove", id=5) }}>`. Arguments are fixed parts of the payload. */
  on(event: string, args?: Readonly<Record<string, unknown>>): SafeHtml;
  /** Whether the caller may send an event: `{% if can("remove") %}`. */
  can(event: string): boolean;
  /**
   * Attributes of an element whose end handlers append to: `<p {{ appends("answer") }}>{{ state.answer }}</p>` with
   * `yield this.append("answer", chunk)`.
   */
  appends(place: string): SafeHtml;
  /** Attributes of a button that stops the stream of this component: `<button {{ stop() }}>Stop</button>`. */
  stop(): SafeHtml;
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
export interface Scope extends FocusScope {
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
  /** The event that a form sends. */
  readonly sends: string | undefined;
  /** What root() wrote; empty until it was called. */
  root: string;
  needsButtonForm: boolean;
  /** Events with their arguments as `on()` wrote them; `undefined` until it wrote one. */
  written: Set<string> | undefined;
  /** What can be called, where only offered events can. */
  readonly offers: Set<string>;
}

const ROOT_TAIL =
  '&quot;}" hx-target:inherited="closest [data-component]" hx-swap:inherited="outerMorph"' +
  ' hx-sync:inherited="closest [data-component]:queue all" hx-indicator:inherited="closest [data-component]"';

function root(scope: Scope): SafeHtml {
  if (scope.root !== "")
    throw new DefinitionError(`${scope.definition.templateName} calls root() twice; a component has one root.`);
  scope.root =
    `id="${scope.id}" data-component="${scope.definition.name}" data-rev="${scope.rev}"` +
    `${scope.definition.topics === undefined ? "" : " data-live"}` +
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
  // What the server would refuse is not offered. A form cannot be disabled, but it can be inert.
  if (scope.refused.has(event)) return new SafeHtml('disabled inert data-refused=""');
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

const STOP = new SafeHtml('type="button" data-stop');

function appends({ definition, id }: Scope, name: string): SafeHtml {
  if (!isWireName(name) || definition.slots.has(name)) {
    throw new DefinitionError(
      `${definition.templateName} calls appends(${JSON.stringify(name)}); a place has a name of lower-case letters, ` +
        "digits, _ and -, beginning with a letter, which no slot has.",
    );
  }
  return new SafeHtml(`id="${placeId(id, name)}"`);
}

function errorId(scope: Scope, name: string): string {
  return `${scope.id}-${name}-error`;
}

function control(scope: Scope, name: string): SafeHtml {
  const invalid = scope.refusal?.errors[name] !== undefined;
  const marked = invalid ? ` aria-invalid="true" aria-describedby="${escapeHtml(errorId(scope, name))}"` : "";
  const focus = takesFocus(scope, invalid) ? " autofocus" : "";
  return new SafeHtml(`name="${escapeHtml(name)}" id="${escapeHtml(`${scope.id}-${name}`)}"${marked}${focus}`);
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
    appends: (name) => appends(scope, name),
    stop: () => STOP,
    file_url: (file) => `${scope.base}/_files/${scope.sealFile(file)}`,
    component: (name, args = {}, slots = {}) => place(scope, readPlacement(name, args, ownSlots(scope, slots))),
    lazy: (name, args = {}) => place(scope, readPlacement(name, args, {}, "lazy")),
    slot: (name = "default", { tag = "div", fallback = "" } = {}) => slot(scope, name, tag, fallback),
    control: (name) => control(scope, name),
    value: (name, fallback = "") => scope.refusal?.submitted[name] ?? fallback,
    error: (name) => error(scope, name),
  };
  const { form } = scope.definition;
  if (form !== undefined) addFormHelpers(view, formHelpers(scope, form, state, view.on));
  for (const name in extra) {
    if (view[name] !== extra[name]) {
      throw new DefinitionError(
        `${scope.definition.name}: getContext() gives "${name}", which is a helper's name. Choose another.`,
      );
    }
  }
  return view;
}

/** One by one: an object that many names are copied into at once becomes a slow one. */
function addFormHelpers(view: Record<string, unknown>, helpers: ReturnType<typeof formHelpers>): void {
  view.form = helpers.form;
  view.field = helpers.field;
  view.label = helpers.label;
  view.input = helpers.input;
  view.help = helpers.help;
  view.form_errors = helpers.form_errors;
  view.rows = helpers.rows;
  view.add_row = helpers.add_row;
  view.remove_row = helpers.remove_row;
  view.control = helpers.control;
  view.error = helpers.error;
  view.value = helpers.value;
}
