import type { Caller } from "./caller.js";
import type { SlotContent } from "./composition.js";
import { type Effects, localPath, type RefreshRequest } from "./effects.js";
import type { ErrorCode } from "./errors.js";
import type { FormParts } from "./form/parts.js";
import type { SafeHtml } from "./html.js";
import type { LimitRule } from "./limits.js";
import type { PermissionRule } from "./permissions.js";
import type { Output, Schema } from "./ports/schema.js";
import type { UploadStore } from "./ports/upload-store.js";
import type { Refusal } from "./view.js";

/** Events by name; `null` declares an event without a payload. */
export type Events = Readonly<Record<string, Schema | null>>;

/** What the handler of one declared event receives: `on_add({ title }: Payload<typeof events, "add">)`. */
export type Payload<E extends Events, Name extends keyof E> = E[Name] extends Schema
  ? Output<E[Name]>
  : Record<string, never>;

/** A piece that a stream puts at the end of a place, in place of a whole render. Made by `this.append()`. */
export class Append {
  constructor(
    /** Name of the place, as the template gave it to `appends()`. */
    readonly place: string,
    readonly content: string | SafeHtml,
  ) {}
}

/** What a component is asked for its topics with. */
export interface TopicQuestion<Params extends object = object> {
  readonly params: Params;
  readonly caller: Caller;
}

/** How long a mount is kept, and what it depends on. */
export interface MountCache {
  readonly seconds: number;
  readonly vary?: readonly string[] | ((caller: Caller) => string);
}

/** What an instance is made with. The core makes it; authors never do. */
export interface InstanceInit {
  readonly id: string;
  readonly params: object;
  readonly caller: Caller;
  /** Makes the signal when it is first asked for; most handlers never do. */
  readonly signal: () => AbortSignal;
  readonly effects: Effects;
  readonly fills: Map<string, SlotContent>;
  /** For forms: what their definition says. */
  readonly form?: FormParts | undefined;
  /** Where uploaded files lie. */
  readonly uploads?: UploadStore | undefined;
}

/**
 * A live piece of a page: extend it, name a template, declare what may happen.
 *
 * An instance lives only while one call is answered: it is made with its params, then either `mount` gives it its first
 * state or the state that came back with the event is put in place; then the handler runs, `beforeRender`, the template,
 * and the state is sealed into the answer.
 *
 * @typeParam State What is remembered between events. Plain values, lists, Date, Map, Set, BigInt and URL.
 * @typeParam Params What the page gives the instance; what `static params` lets through.
 */
export abstract class Component<State extends object = object, Params extends object = object> {
  /** Name of the template, as the renderer knows it. */
  static readonly template: string = "";
  /** Validates params. Without it the component takes none. */
  static readonly params?: Schema;
  /** Validates state that comes back. Without it state is taken as it was sealed. */
  static readonly state?: Schema;
  /** The events this component answers, each with the schema of its payload, or `null` for none. */
  static readonly events?: Events;
  /** Names of the slots its template has; `default` holds what stands between the tags. */
  static readonly slots?: readonly string[];
  /** State fields that never leave the server; `derive` gives them their value in every call. */
  static readonly locked?: readonly string[];
  /** Version of the state's shape. Raise it when the shape changes, and lift older state in `migrate`. Default 1. */
  static readonly version?: number;
  /** Whether anybody may mount it with a `GET`. Default false: only where a page or a sealed ticket placed it. */
  static readonly mountable?: boolean;
  /** Where state is kept: sealed in the page, or in the server's state store with a sealed reference. Default `seal`. */
  static readonly storage?: "seal" | "store";
  /** Who may mount it and send it events; all of them must let a caller through. Default: the server's. */
  static readonly permissions?: PermissionRule | readonly PermissionRule[];
  /** Who may send single events, beside what `permissions` says. */
  static readonly eventPermissions?: Readonly<Record<string, PermissionRule | readonly PermissionRule[]>>;
  /** How often one caller may send it events and mount it by address, counted together. */
  static readonly limits?: LimitRule | readonly LimitRule[];
  /** How often one caller may send single events, beside what `limits` says. */
  static readonly eventLimits?: Readonly<Record<string, LimitRule | readonly LimitRule[]>>;
  /**
   * `sealed`: only events that the last render offered through `on()` can be called, with exactly the arguments that
   * stood there. Default `open`: whatever the schema and the permissions let through.
   */
  static readonly offers?: "open" | "sealed";
  /**
   * Keeps what a mount showed, for the same caller and the same params, so that it need not be made again. `vary` names
   * fields of the caller, or makes a text, that the content depends on beside. Events are never answered from it.
   */
  static readonly cache?: MountCache;
  /** What becomes of a streaming handler whose connection is lost. Default `abort`. */
  static readonly stream?: "abort" | "restart" | "resume";
  /**
   * What an instance is told of: whenever something is published under one of these names it is rendered again, for its
   * own caller, on every page that shows it.
   */
  static readonly topics?: (question: TopicQuestion<never>) => readonly string[];
  /** Lets pages that show it publish under its topics over a socket; checks what they say. Default: they may not. */
  static readonly broadcast?: Schema;
  /** Lifts state of an older `version` to the present shape; throw when it cannot be lifted. Must be pure. */
  static readonly migrate?: (state: never, version: number) => object;

  /** What is remembered between events. Set by `mount`, put back before every handler. Must stay an object. */
  state!: State;
  /** Identity on the page; the `id` of the root element. */
  readonly id: string;
  /** What the page gave, as `static params` let it through; the same in every call of this instance. */
  readonly params: Params;
  /** Who asks. */
  readonly caller: Caller;
  readonly #signal: () => AbortSignal;
  readonly #effects: Effects;
  readonly #fills: Map<string, SlotContent>;

  constructor(init: InstanceInit) {
    this.id = init.id;
    this.params = init.params as Params;
    this.caller = init.caller;
    this.#signal = init.signal;
    this.#effects = init.effects;
    this.#fills = init.fills;
  }

  /** Aborts when the caller left or the time is over. Hand it to whatever waits. */
  get signal(): AbortSignal {
    return this.#signal();
  }

  /** Gives a new instance its first state. */
  mount(_params: Params): void | Promise<void> {}

  /** Runs after the state of an earlier render was put back, before the handler. */
  hydrated(): void | Promise<void> {}

  /** Values of the `locked` fields. Runs in every call, before the handler and again before rendering. */
  derive(): Partial<State> | Promise<Partial<State>> {
    return {};
  }

  /**
   * Runs when something was published under one of its topics, before it is rendered again. Where many changes came in
   * a short time, with the last one.
   */
  changed(_change: unknown, _topic: string): void | Promise<void> {}

  /** Runs before every render, after mount or the handler: the place to load what the template shows. */
  beforeRender(): void | Promise<void> {}

  /** More values for the template, beside `state`, `params` and the helpers. */
  getContext(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** The state as it is kept. Turn what the codec does not know into plain values here. */
  dehydrated(): object {
    return this.state;
  }

  /**
   * Runs on the instance as it stood before the event, when its payload or its handler was refused, before that is
   * shown: the place to keep what was sent. Forms do.
   */
  refused(_refusal: Refusal, _code: ErrorCode, _event?: string): void | Promise<void> {}

  /**
   * Sends the browser to another page of this site. Nothing is rendered, and changes to the state are not kept.
   * @throws {HydrantError} `internal` for anything but a path that begins with a single `/`.
   */
  protected redirect(path: string): void {
    this.#effects.redirect = localPath(path);
  }

  /**
   * Puts a path of this site into the address bar as a new history entry.
   * @throws {HydrantError} `internal` for anything but a path that begins with a single `/`.
   */
  protected pushUrl(path: string): void {
    this.#effects.pushUrl = localPath(path);
  }

  /**
   * Puts a path of this site into the address bar in place of the present entry.
   * @throws {HydrantError} `internal` for anything but a path that begins with a single `/`.
   */
  protected replaceUrl(path: string): void {
    this.#effects.replaceUrl = localPath(path);
  }

  /** Dispatches a DOM event on the element that sent this one, after the answer is in the page; it bubbles. */
  protected trigger(name: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.#effects.trigger[name] = detail;
  }

  /** Mounts another instance on the page anew, with these params, in the same answer. */
  protected refresh(request: RefreshRequest): void {
    this.#effects.refresh.push(request);
  }

  /** Takes this instance off the page. Its state is gone, in the store as well once its time is over. */
  protected remove(): void {
    this.#effects.removed = true;
  }

  /** Nothing to show: the answer is empty and the page keeps the state it has; changes in this handler are lost. */
  protected unchanged(): void {
    this.#effects.unchanged = true;
  }

  /**
   * For `yield` in a streaming handler: only this piece is sent, and put at the end of the element that the template
   * marked with `appends(place)`. Text is escaped. Keep it in the state as well: later renders know nothing of it.
   */
  protected append(place: string, content: string | SafeHtml): Append {
    return new Append(place, content);
  }

  /** Fills one of this component's own slots for this render. A slot not filled again keeps what the page shows. */
  protected fill(slot: string, content: SlotContent): void {
    this.#fills.set(slot, content);
  }
}

/** A class an author wrote. */
export type ComponentClass = (new (init: InstanceInit) => Component) & Omit<typeof Component, "prototype">;
