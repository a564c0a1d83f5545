import type { Caller } from "../caller.js";
import type { LastingCall } from "../calls.js";
import { ERRORS, HydrantError } from "../errors.js";
import type { ConnectionEnds, ConnectionParts } from "./connection-parts.js";
import type { Admitted } from "./items.js";
import type { LiveEnd, LiveMessage, LiveSink } from "./messages.js";
import { Missed } from "./missed.js";
import { Outbox } from "./outbox.js";
import { Pushes } from "./pushes.js";
import type { Subscription } from "./subscription.js";

export type { LiveEnd, LiveMessage, LiveSink } from "./messages.js";
export type { SubscribeRequest, Subscription } from "./subscription.js";

const NO_TOPICS: ReadonlySet<string> = new Set();

function keyOf(page: string, id: string): string {
  return `${page}\n${id}`;
}

/** One page, or several pages of one browser, that are told of what changes. */
export class LiveConnection {
  readonly id: string;
  readonly subject: string;
  readonly countedAs: string;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  /** Who it belongs to, as asked last. */
  caller: Caller;
  readonly call: LastingCall;
  /** Where everything goes from now on. */
  sink: LiveSink;
  readonly #parts: ConnectionParts;
  readonly #outbox: Outbox;
  readonly #pushes: Pushes;
  readonly #subscriptions = new Map<string, Subscription>();
  // Made where they are needed: most connections never do.
  #listening: Set<string> | undefined;
  #missed: Missed | undefined;
  /** Wishes that are being admitted and bring what is older. */
  #wishes = 0;
  #ended = false;

  constructor({ id, subject, countedAs, call, sink }: ConnectionEnds, parts: ConnectionParts) {
    this.id = id;
    this.subject = subject;
    this.countedAs = countedAs;
    this.openedAt = parts.clock.now();
    this.caller = call.caller;
    this.call = call;
    this.sink = sink;
    this.#parts = parts;
    this.#outbox = new Outbox(parts, this);
    this.#pushes = new Pushes(parts, this);
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

  /** Topics it listens to itself. */
  get listening(): ReadonlySet<string> {
    return this.#listening ?? NO_TOPICS;
  }

  /** Whether the other side takes renders now. */
  get isOpen(): boolean {
    return !this.#ended && !this.#outbox.isBlocked;
  }

  /** Whether the page has everything up to now, so that it may be told of single pieces. */
  get isCurrent(): boolean {
    return this.#pushes.isIdle && !this.#outbox.isBlocked;
  }

  /** Where the page may go on from, once it has what it was sent; `undefined` where it was not sent everything yet. */
  get position(): string | undefined {
    return this.isCurrent && this.#wishes === 0 ? this.#parts.hub.position() : undefined;
  }

  /**
   * The page asks for what is older than what it has: until that is settled, nothing says where it may go on from. It
   * would go on after what it asked for, if it were cut off meanwhile.
   * @returns ends this. To be called once.
   */
  wish(): () => void {
    this.#wishes++;
    this.lookBack();
    return () => void this.#wishes--;
  }

  /** What is on its way to the page does not say where to go on from: something older follows. */
  lookBack(): void {
    this.#pushes.doubt();
  }

  /** Listens to a topic itself. @throws {HydrantError} `too_large` over the bound. */
  listen(topic: string): void {
    const { subscriptions } = this.#parts.limits;
    this.#listening ??= new Set();
    if (!this.#listening.has(topic) && this.#listening.size >= subscriptions) {
      throw new HydrantError("too_large", `One connection listens to at most ${subscriptions} topics.`);
    }
    this.#listening.add(topic);
  }

  unlisten(topic: string): void {
    this.#listening?.delete(topic);
  }

  /** Takes an instance in, or its newer seal. @throws {HydrantError} `too_large` over the bound. */
  add(page: string, admitted: Admitted): Subscription {
    const { limits, hub } = this.#parts;
    const key = keyOf(page, admitted.id);
    const known = this.#subscriptions.get(key);
    if (known === undefined && this.#subscriptions.size >= limits.subscriptions) {
      throw new HydrantError("too_large", `One connection is told of at most ${limits.subscriptions} instances.`);
    }
    const { component, id, seal, topics } = admitted;
    // Field by field: copies of objects have shapes of their own.
    const subscription: Subscription = {
      component,
      id,
      seal,
      topics,
      page,
      connection: this,
      changes: undefined,
      rendering: undefined,
    };
    this.#subscriptions.set(key, subscription);
    hub.added(subscription);
    if (known === undefined) return subscription;
    this.#missed?.replace(known, subscription);
    this.#pushes.replace(known, subscription);
    this.#forget(known);
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
    if (known !== undefined && seal !== "") known.seal = seal;
  }

  /** Something changed: the instance will be rendered again, with the last change of each topic. */
  mark(subscription: Subscription, topic: string, change: unknown): void {
    this.#pushes.mark(subscription, topic, change);
  }

  /** A piece came that the page cannot be sent alone: the instance will be rendered as a whole. */
  touch(subscription: Subscription, topic: string): void {
    this.#pushes.touch(subscription, topic);
  }

  /** It is not known what these missed. */
  resync(subscriptions: readonly Subscription[]): void {
    if (subscriptions.length === 0) return;
    this.#missed ??= new Missed();
    for (const one of subscriptions) this.#missed.add(one);
    this.#tellMissed();
    for (const one of subscriptions) this.#pushes.add(one);
  }

  /** It is not known what was published under the topics it listens to itself. */
  resyncTopics(): void {
    this.#missed ??= new Missed();
    this.#missed.addTopics();
    this.#tellMissed();
  }

  /** Hands on what was published under a topic it listens to. Who takes nothing is told later that he missed it. */
  hear(topic: string, change: unknown, cursor: string): void {
    if (this.#outbox.isBlocked) this.resyncTopics();
    else this.send({ kind: "published", topic, change, cursor }, "");
  }

  /** Its caller may not listen to a topic any longer. */
  mute(topic: string, error: HydrantError): void {
    if (!this.listening.has(topic)) return;
    this.#parts.hub.unlisten(this, topic);
    this.send({ kind: "muted", topic, error }, "");
  }

  send(message: LiveMessage, page: string): void {
    if (!this.#ended) this.#outbox.send(message, page);
  }

  /** Sends an instance that was rendered again. */
  show(
    { page, component, id }: Subscription,
    { outcome, base }: Pick<LiveMessage & { kind: "update" }, "outcome" | "base">,
    cursor: string | undefined,
  ): void {
    this.moved(page, id, outcome.state);
    this.send({ kind: "update", page, component, outcome, base, cursor }, page);
    if (outcome.kind === "removed") this.remove(page, id);
  }

  /** The other side takes something again. What changed meanwhile goes out once for each instance. */
  drained(): void {
    this.#outbox.drained();
    this.#tellMissed();
    this.#pushes.wake();
  }

  /** Asks for a turn in which `flush` is called. */
  want(): void {
    this.#parts.hub.wantsFlush(this);
  }

  /** Renders what changed. Never rejects. */
  flush(): Promise<void> {
    return this.#pushes.flush();
  }

  /** Says why an instance is not shown. One that may no longer be seen is told of nothing more. */
  refuse(subscription: Subscription, cause: unknown): void {
    if (!this.holds(subscription)) return;
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
    this.sink.end(why);
  }

  stalled(): void {
    this.end("timeout");
  }

  broken(error: unknown): void {
    this.#parts.onBroken(error);
    this.end("internal");
  }

  /** The other side is gone. */
  closed(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#outbox.close();
    for (const { page, id } of this.#subscriptions.values()) this.remove(page, id);
    this.#parts.hub.ended(this);
  }

  holds(subscription: Subscription): boolean {
    return this.#subscriptions.get(keyOf(subscription.page, subscription.id)) === subscription;
  }

  #tellMissed(): void {
    this.#missed?.tell(this);
    if (this.#missed?.isEmpty) this.#missed = undefined;
  }

  #forget(subscription: Subscription): void {
    this.#pushes.drop(subscription);
    this.#missed?.drop(subscription);
    this.#parts.hub.removed(subscription);
  }
}
