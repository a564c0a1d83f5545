import type { Caller } from "../caller.js";
import type { LastingCall, Outcome } from "../calls.js";
import { ERRORS, type ErrorCode, HydrantError } from "../errors.js";
import type { Limits } from "../options.js";
import type { Clock } from "../ports/clock.js";
import type { Admitted } from "./items.js";

/** What goes to a page, in the words of no door. */
export type LiveMessage =
  | {
      /** An instance was rendered again. */
      readonly kind: "update";
      readonly page: string;
      readonly component: string;
      readonly outcome: Outcome;
      /** Revision of the render it was made from: a page that shows another one asks for the newest. */
      readonly base: number;
      /** Where the page may go on from, once it has this. */
      readonly cursor: string | undefined;
    }
  | {
      /** A piece for the end of a place; the same object for everybody it goes to. */
      readonly kind: "append";
      readonly component_id: string;
      readonly place: string;
      readonly html: string;
      readonly cursor: string;
    }
  /** It is not known what was missed; these instances follow as they stand now. */
  | { readonly kind: "resync"; readonly page: string; readonly instances: readonly string[] }
  /** An instance is no longer told of anything, or could not be rendered. */
  | { readonly kind: "refused"; readonly page: string; readonly component_id: string; readonly error: HydrantError }
  /** Somebody published under a topic that the connection listens to itself. */
  | { readonly kind: "published"; readonly topic: string; readonly change: unknown; readonly cursor: string }
  /** Whether what other nodes publish arrives. */
  | { readonly kind: "health"; readonly current: boolean };

/** Why a connection is ended from here: one of the codes, or because the node stops. */
export type LiveEnd = ErrorCode | "restart";

/** The door's end of a connection. */
export interface LiveSink {
  /**
   * @param page Of an `append`, which says nothing of pages itself.
   * @returns false when the other side takes nothing for now; the door then calls `drained()` once it does again.
   */
  send(message: LiveMessage, page: string): boolean;
  /** Ends the connection. Called once. */
  end(why: LiveEnd): void;
}

/** What a subscription is asked for with. */
export interface SubscribeRequest {
  readonly component: string;
  /** The seal of the instance. */
  readonly state: string;
  readonly instance?: string | undefined;
}

/** One instance on one page. */
export interface Subscription extends Admitted {
  readonly page: string;
  readonly connection: LiveConnection;
  /** The newest seal known here. */
  seal: string;
  /** What it was not rendered with yet, by topic. */
  changes: Map<string, unknown> | undefined;
}

/** What a connection tells and asks the hub. */
export interface ConnectionHub {
  position(): string;
  /** Asks for a turn in which {@link LiveConnection.flush} is called. */
  wantsFlush(connection: LiveConnection): void;
  added(subscription: Subscription): void;
  removed(subscription: Subscription): void;
  ended(connection: LiveConnection): void;
}

/** What a connection is made with. */
export interface ConnectionParts {
  readonly id: string;
  readonly subject: string;
  readonly call: LastingCall;
  readonly sink: LiveSink;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly hub: ConnectionHub;
  /** Renders an instance with what changed. */
  readonly render: (subscription: Subscription, changes: ReadonlyMap<string, unknown>) => Promise<RenderedPush>;
  readonly report: (error: unknown, subscription: Subscription) => HydrantError;
}

export interface RenderedPush {
  readonly outcome: Outcome;
  readonly base: number;
}

function keyOf(page: string, id: string): string {
  return `${page}\n${id}`;
}

/** One page, or several pages of one browser, that are told of what changes. */
export class LiveConnection {
  readonly id: string;
  readonly subject: string;
  /** Who it belongs to, as asked last. */
  caller: Caller;
  readonly call: LastingCall;
  /** Topics it listens to itself. */
  readonly listening = new Set<string>();
  readonly #parts: ConnectionParts;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #dirty = new Set<Subscription>();
  #flushing = false;
  #blocked = false;
  #ended = false;
  #cancelStall = (): void => {};

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.subject = parts.subject;
    this.call = parts.call;
    this.caller = parts.call.caller;
  }

  get subscriptions(): IterableIterator<Subscription> {
    return this.#subscriptions.values();
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the page has everything up to now, so that it may be told of single pieces. */
  get isCurrent(): boolean {
    return this.#dirty.size === 0 && !this.#flushing && !this.#blocked;
  }

  /** Takes an instance in, or its newer seal. @throws {HydrantError} `too_large` over the bound. */
  add(page: string, admitted: Admitted): Subscription {
    const key = keyOf(page, admitted.id);
    const known = this.#subscriptions.get(key);
    if (known !== undefined) this.#remove(key, known);
    if (this.#subscriptions.size >= this.#parts.limits.subscriptions) {
      throw new HydrantError(
        "too_large",
        `One connection is told of at most ${this.#parts.limits.subscriptions} instances.`,
      );
    }
    const subscription: Subscription = { ...admitted, page, connection: this, changes: known?.changes };
    this.#subscriptions.set(key, subscription);
    if (known !== undefined && this.#dirty.delete(known)) this.#dirty.add(subscription);
    this.#parts.hub.added(subscription);
    return subscription;
  }

  /** The same for what came from elsewhere: the page is told what is wrong. */
  take(page: string, admitted: Admitted): Subscription | undefined {
    try {
      return this.add(page, admitted);
    } catch (error) {
      if (!(error instanceof HydrantError)) throw error;
      this.send({ kind: "refused", page, component_id: admitted.id, error }, page);
      return undefined;
    }
  }

  remove(page: string, id: string): boolean {
    const key = keyOf(page, id);
    const known = this.#subscriptions.get(key);
    if (known !== undefined) this.#remove(key, known);
    return known !== undefined;
  }

  removePage(page: string): void {
    for (const [key, known] of this.#subscriptions) if (known.page === page) this.#remove(key, known);
  }

  /** The page shows a newer render that it got in another way. */
  moved(page: string, id: string, seal: string): void {
    const known = this.#subscriptions.get(keyOf(page, id));
    if (known !== undefined && seal !== "") known.seal = seal;
  }

  /** Something changed: the instance will be rendered again, with the last change of each topic. */
  mark(subscription: Subscription, topic: string, change: unknown): void {
    subscription.changes ??= new Map();
    subscription.changes.set(topic, change);
    this.#dirty.add(subscription);
    if (!this.#blocked && !this.#ended) this.#parts.hub.wantsFlush(this);
  }

  /** It is not known what these missed. */
  resync(subscriptions: readonly Subscription[]): void {
    const byPage = new Map<string, string[]>();
    for (const one of subscriptions) {
      byPage.set(one.page, [...(byPage.get(one.page) ?? []), one.id]);
      one.changes ??= new Map();
      this.#dirty.add(one);
    }
    for (const [page, instances] of byPage) this.send({ kind: "resync", page, instances }, page);
    if (this.#dirty.size > 0 && !this.#blocked && !this.#ended) this.#parts.hub.wantsFlush(this);
  }

  send(message: LiveMessage, page: string): void {
    if (this.#ended) return;
    if (this.#parts.sink.send(message, page) || this.#blocked) return;
    this.#blocked = true;
    this.#cancelStall = this.#parts.clock.after(this.#parts.limits.stallMs, () => this.end("timeout"));
  }

  /** The other side takes something again. What changed meanwhile goes out once for each instance. */
  drained(): void {
    this.#cancelStall();
    this.#blocked = false;
    if (this.#dirty.size > 0 && !this.#ended) this.#parts.hub.wantsFlush(this);
  }

  /** Renders what changed, one instance after the other, as long as the other side takes it. */
  async flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      for (const subscription of this.#dirty) {
        if (this.#blocked || this.#ended) break;
        this.#dirty.delete(subscription);
        await this.#push(subscription);
      }
    } finally {
      this.#flushing = false;
    }
    if (this.#dirty.size > 0 && !this.#blocked && !this.#ended) this.#parts.hub.wantsFlush(this);
  }

  async #push(subscription: Subscription): Promise<void> {
    const { page, component, id } = subscription;
    const changes = subscription.changes ?? new Map<string, unknown>();
    subscription.changes = undefined;
    // Only who has all of it may go on from here.
    const cursor = this.#dirty.size === 0 ? this.#parts.hub.position() : undefined;
    try {
      const { outcome, base } = await this.#parts.render(subscription, changes);
      // Meanwhile it may have gone, or said that it shows something newer.
      if (this.#subscriptions.get(keyOf(page, id)) !== subscription) return;
      if (outcome.state !== "") subscription.seal = outcome.state;
      this.send({ kind: "update", page, component, outcome, base, cursor }, page);
    } catch (error) {
      this.refuse(subscription, this.#parts.report(error, subscription));
    }
  }

  /** Says why an instance is not shown. One that may no longer be seen is told of nothing more. */
  refuse(subscription: Subscription, error: HydrantError): void {
    const { page, id } = subscription;
    this.send({ kind: "refused", page, component_id: id, error }, page);
    if (ERRORS[error.code].status >= 500) return;
    this.remove(page, id);
    if (this.#subscriptions.size === 0) this.end(error.code);
  }

  end(why: LiveEnd): void {
    if (this.#ended) return;
    this.closed();
    this.#parts.sink.end(why);
  }

  /** The other side is gone. */
  closed(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelStall();
    for (const [key, known] of this.#subscriptions) this.#remove(key, known);
    this.#parts.hub.ended(this);
  }

  #remove(key: string, subscription: Subscription): void {
    this.#subscriptions.delete(key);
    if (!this.#ended) this.#dirty.delete(subscription);
    this.#parts.hub.removed(subscription);
  }
}
