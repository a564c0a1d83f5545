import type { Caller } from "../caller.js";
import type { LastingCall } from "../calls.js";
import { ERRORS, HydrantError } from "../errors.js";
import type { Limits } from "../options.js";
import type { Clock } from "../ports/clock.js";
import type { Admitted } from "./items.js";
import type { LiveEnd, LiveMessage, LiveSink } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Pushes, type PushesParts } from "./pushes.js";
import type { Subscription } from "./subscription.js";

export type { LiveEnd, LiveMessage, LiveSink } from "./messages.js";
export type { SubscribeRequest, Subscription } from "./subscription.js";

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
  readonly render: PushesParts["render"];
  /** The door could not write a message. */
  readonly onBroken: (error: unknown) => void;
}

function keyOf(page: string, id: string): string {
  return `${page}\n${id}`;
}

/** One page, or several pages of one browser, that are told of what changes. */
export class LiveConnection {
  readonly id: string;
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  /** Who it belongs to, as asked last. */
  caller: Caller;
  readonly call: LastingCall;
  /** Topics it listens to itself. */
  readonly listening = new Set<string>();
  readonly #parts: ConnectionParts;
  readonly #outbox: Outbox;
  readonly #pushes: Pushes;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Of which it was not said yet that something was missed. */
  readonly #lost = new Set<Subscription>();
  #missedTopics = false;
  #ended = false;

  constructor(parts: ConnectionParts) {
    const { id, subject, call, clock, hub } = parts;
    this.#parts = parts;
    this.#outbox = new Outbox({
      ...parts,
      onStall: () => this.end("timeout"),
      onBroken: (error) => {
        parts.onBroken(error);
        this.end("internal");
      },
    });
    this.#pushes = new Pushes({
      ...parts,
      want: () => hub.wantsFlush(this),
      isOpen: () => !this.#ended && !this.#outbox.isBlocked,
      holds: (subscription) => this.#holds(subscription),
      position: () => hub.position(),
      show: (subscription, { outcome, base }, cursor) => {
        const { page, component, id: instance } = subscription;
        this.moved(page, instance, outcome.state);
        this.send({ kind: "update", page, component, outcome, base, cursor }, page);
        if (outcome.kind === "removed") this.remove(page, instance);
      },
      fail: (subscription, error) => this.refuse(subscription, error),
    });
    this.id = id;
    this.subject = subject;
    this.openedAt = clock.now();
    this.call = call;
    this.caller = call.caller;
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
    return this.#pushes.isIdle && !this.#outbox.isBlocked;
  }

  /**
   * Takes an instance in, or its newer seal.
   * @throws {HydrantError} `too_large` over the bound.
   */
  add(page: string, admitted: Admitted): Subscription {
    const { limits, clock, hub } = this.#parts;
    const key = keyOf(page, admitted.id);
    const known = this.#subscriptions.get(key);
    if (known === undefined && this.#subscriptions.size >= limits.subscriptions) {
      throw new HydrantError("too_large", `One connection is told of at most ${limits.subscriptions} instances.`);
    }
    const subscription: Subscription = {
      ...admitted,
      page,
      connection: this,
      sealedAt: clock.now(),
      changes: undefined,
      rendering: undefined,
    };
    this.#subscriptions.set(key, subscription);
    hub.added(subscription);
    if (known === undefined) return subscription;
    if (this.#lost.has(known)) this.#lost.add(subscription);
    this.#pushes.replace(known, subscription);
    this.#forget(known);
    return subscription;
  }

  /**
   * The same for what came from elsewhere: the page is told what is wrong.
   */
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
    if (known === undefined) return false;
    this.#subscriptions.delete(key);
    this.#forget(known);
    return true;
  }

  removePage(page: string): void {
    for (const one of this.#subscriptions.values()) if (one.page === page) this.remove(page, one.id);
  }

  /** The page shows a newer render, whose seal this is. */
  moved(page: string, id: string, seal: string): void {
    const known = this.#subscriptions.get(keyOf(page, id));
    if (known === undefined || seal === "") return;
    known.seal = seal;
    known.sealedAt = this.#parts.clock.now();
  }

  /**
   * Something changed: the instance will be rendered again, with the last change of each topic.
   */
  mark(subscription: Subscription, topic: string, change: unknown): void {
    this.#pushes.mark(subscription, topic, change);
  }

  /**
   * A piece came that the page cannot be sent alone: the instance will be rendered as a whole.
   */
  touch(subscription: Subscription, topic: string): void {
    this.#pushes.touch(subscription, topic);
  }

  /**
   * It is not known what these missed.
   */
  resync(subscriptions: readonly Subscription[]): void {
    for (const one of subscriptions) this.#lost.add(one);
    this.#tellMissed();
    for (const one of subscriptions) this.#pushes.add(one);
  }

  /** It is not known what was published under the topics it listens to itself. */
  resyncTopics(): void {
    this.#missedTopics = true;
    this.#tellMissed();
  }

  /** Hands on what was published under a topic it listens to. Who takes nothing is told later that he missed it. */
  hear(topic: string, change: unknown, cursor: string): void {
    if (this.#outbox.isBlocked) this.#missedTopics = true;
    else this.send({ kind: "published", topic, change, cursor }, "");
  }

  send(message: LiveMessage, page: string): void {
    if (!this.#ended) this.#outbox.send(message, page);
  }

  /** The other side takes something again. What changed meanwhile goes out once for each instance. */
  drained(): void {
    this.#outbox.drained();
    this.#tellMissed();
    this.#pushes.wake();
  }

  /** Renders what changed, as long as the other side takes it. Never rejects. */
  flush(): Promise<void> {
    return this.#pushes.flush();
  }

  /**
   * Says why an instance is not shown. One that may no longer be seen is told of nothing more.
   */
  refuse(subscription: Subscription, cause: unknown): void {
    if (!this.#holds(subscription)) return;
    const { page, id } = subscription;
    const error = cause instanceof HydrantError ? cause : new HydrantError("internal", undefined, { cause });
    this.send({ kind: "refused", page, component_id: id, error }, page);
    const { status, client } = ERRORS[error.code];
    if (status >= 500 || client === "retry") return;
    this.remove(page, id);
    if (this.#subscriptions.size === 0 && this.listening.size === 0) this.end(error.code);
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
    this.#outbox.close();
    for (const { page, id } of this.#subscriptions.values()) this.remove(page, id);
    this.#parts.hub.ended(this);
  }

  #holds(subscription: Subscription): boolean {
    return this.#subscriptions.get(keyOf(subscription.page, subscription.id)) === subscription;
  }

  /** Says once what was missed, as soon as the other side takes it. */
  #tellMissed(): void {
    for (const page of new Set([...this.#lost].map((one) => one.page))) {
      if (this.#outbox.isBlocked) return;
      const lost = [...this.#lost].filter((one) => one.page === page);
      for (const one of lost) this.#lost.delete(one);
      this.send({ kind: "resync", page, instances: lost.map(({ id }) => id) }, page);
    }
    if (!this.#missedTopics || this.#outbox.isBlocked) return;
    this.#missedTopics = false;
    this.send({ kind: "resync", page: "", instances: [] }, "");
  }

  #forget(subscription: Subscription): void {
    this.#pushes.drop(subscription);
    this.#lost.delete(subscription);
    this.#parts.hub.removed(subscription);
  }
}
