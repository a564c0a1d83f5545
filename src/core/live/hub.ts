import { subjectOf } from "../caller.js";
import type { LastingCall } from "../calls.js";
import { HydrantError } from "../errors.js";
import type { TopicEntry, TopicFollower } from "../ports/topic-log.js";
import type { StreamSignal } from "../streams.js";
import {
  type ConnectionParts,
  LiveConnection,
  type LiveEnd,
  type LiveMessage,
  type LiveSink,
  type Subscription,
} from "./connection.js";
import { FlushQueue } from "./flush-queue.js";
import { Groups } from "./groups.js";
import { History } from "./history.js";
import { type ConnectionCommand, type Item, NODES, openItem } from "./items.js";
import { type Published, Publisher, type PublisherParts } from "./publisher.js";

/** What the pipeline does for connections. */
export interface HubPipeline {
  readonly render: ConnectionParts["render"];
  /** Whether a piece may be sent to it without rendering. */
  readonly mayAppend: (subscription: Subscription) => boolean;
  /** Asks again whether the caller may see what the connection is told of, and ends what may not be seen. */
  readonly stillAllowed: (connection: LiveConnection) => Promise<void>;
  readonly hearStream: (signal: StreamSignal) => void;
  readonly report: ConnectionParts["report"];
}

export interface HubParts extends Omit<PublisherParts, "tellHere"> {
  readonly pipeline: HubPipeline;
}

const FOLLOW_AGAIN_MS = 1_000;

/** Connects what is published with who is told of it. One for each server; nodes meet in the log. */
export class Hub {
  readonly #parts: HubParts;
  readonly #history: History;
  readonly #publisher: Publisher;
  readonly #connections = new Map<string, LiveConnection>();
  readonly #bySubject = new Map<string, number>();
  readonly #topics = new Groups<Subscription>();
  readonly #listeners = new Groups<LiveConnection>();
  readonly #queue: FlushQueue<LiveConnection>;
  #isCurrent = true;
  #takesNew = true;
  #isClosed = false;
  #stopFollowing = async (): Promise<void> => {};
  #cancelWatch = (): void => {};

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#history = new History(`start-${parts.sealer.randomName(16)}`);
    this.#publisher = new Publisher({ ...parts, tellHere: (topic, item) => this.#tellHere(topic, item) });
    this.#queue = new FlushQueue(parts.clock, parts.limits.pushMs, (connection) => connection.flush());
    void this.#follow();
  }

  /** Cursor of a page that is about to be rendered. */
  position(): string {
    return this.#history.position();
  }

  publish(topic: string, item: Item): Promise<Published> {
    return this.#publisher.publish(topic, item);
  }

  /** @throws {HydrantError} `rate_limited` over the bound of one person, `unavailable` when the node is about to stop. */
  connect(call: LastingCall, sink: LiveSink): LiveConnection {
    if (!this.#takesNew) throw new HydrantError("unavailable", "the node is about to stop", { retryAfter: 1 });
    const { clock, limits, pipeline, sealer } = this.#parts;
    const subject = subjectOf(call.caller);
    this.#countPerson(subject, 1);
    const connection = new LiveConnection({
      id: sealer.randomName(26),
      subject,
      call,
      sink,
      limits,
      clock,
      hub: this,
      render: pipeline.render,
      report: pipeline.report,
    });
    this.#connections.set(connection.id, connection);
    if (this.#connections.size === 1) this.#scheduleWatch();
    if (!this.#isCurrent) connection.send({ kind: "health", current: false }, "");
    return connection;
  }

  wantsFlush(connection: LiveConnection): void {
    this.#queue.add(connection);
  }

  added(subscription: Subscription): void {
    for (const topic of subscription.topics) this.#topics.join(topic, subscription);
  }

  removed(subscription: Subscription): void {
    for (const topic of subscription.topics) this.#topics.leave(topic, subscription);
  }

  ended(connection: LiveConnection): void {
    for (const topic of connection.listening) this.#listeners.leave(topic, connection);
    this.#connections.delete(connection.id);
    this.#countPerson(connection.subject, -1);
  }

  /** Carries out a command for a connection, here or on the node that holds it. */
  async command(command: ConnectionCommand): Promise<void> {
    if (this.#connections.has(command.connection)) this.#obey(command);
    else await this.publish(NODES, { kind: "connection", command });
  }

  /** Tells what happened since the cursor, which the page had before it was rendered. */
  catchUp(connection: LiveConnection, subscriptions: readonly Subscription[], cursor: string | undefined): void {
    if (cursor === undefined || subscriptions.length === 0) return;
    const since = this.#history.since(cursor);
    if (since === undefined) {
      connection.resync(subscriptions);
      return;
    }
    for (const { topic, item } of since) {
      if (item.kind === "gap") connection.resync(touchedBy(subscriptions, item.topics));
      for (const one of subscriptions) if (one.topics.includes(topic)) replay(one, topic, item);
    }
  }

  /** From now on the connection is sent what is published under the topic, and what was since the cursor. */
  listen(connection: LiveConnection, topic: string, cursor: string | undefined): void {
    connection.listening.add(topic);
    this.#listeners.join(topic, connection);
    const since = cursor === undefined ? [] : this.#history.since(cursor);
    if (since === undefined) connection.send({ kind: "resync", page: "", instances: [] }, "");
    for (const { id, topic: at, item } of since ?? []) {
      if (at !== topic || item.kind !== "change") continue;
      connection.send({ kind: "published", topic, change: item.change, cursor: id }, "");
    }
  }

  unlisten(connection: LiveConnection, topic: string): void {
    connection.listening.delete(topic);
    this.#listeners.leave(topic, connection);
  }

  /** Ends all connections and takes no new ones. */
  end(why: LiveEnd): void {
    this.#takesNew = false;
    for (const connection of [...this.#connections.values()]) connection.end(why);
  }

  /** The same, and stops reading the log. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelWatch();
    this.end("restart");
    await this.#stopFollowing();
  }

  async #follow(): Promise<void> {
    const { clock, log, logger } = this.#parts;
    try {
      const stop = await log.follow(this.#follower());
      this.#stopFollowing = stop;
      if (this.#isClosed) await stop();
      else this.#say(true);
    } catch (error) {
      if (this.#isClosed) return;
      logger.error({ error }, "the topic log cannot be read; it is tried again");
      this.#say(false);
      clock.after(FOLLOW_AGAIN_MS, () => void this.#follow());
    }
  }

  #follower(): TopicFollower {
    const { logger } = this.#parts;
    return {
      entry: (entry) => this.#read(entry),
      gap: () => {
        logger.warn({}, "entries of the topic log may have been lost; all that is live is rendered again");
        this.#resync(undefined);
      },
      down: (error) => {
        logger.error({ error }, "the topic log is down; pages are not told of what other nodes publish");
        this.#say(false);
      },
      up: () => {
        logger.info({}, "the topic log is back");
        this.#say(true);
        void this.#publisher.announceMissed();
      },
    };
  }

  #read({ id, topic, data }: TopicEntry): void {
    const { logger, sealer } = this.#parts;
    let item: Item;
    try {
      item = openItem(sealer, topic, data);
    } catch (error) {
      logger.warn({ error }, "an entry of the topic log was not written by this application; it is passed over");
      return;
    }
    this.#history.push({ id, topic, item, weight: data.length });
    this.#deliver(topic, item, id);
  }

  #deliver(topic: string, item: Item, cursor: string): void {
    switch (item.kind) {
      case "change":
        for (const one of this.#topics.of(topic)) one.connection.mark(one, topic, item.change);
        for (const one of this.#listeners.of(topic)) {
          one.send({ kind: "published", topic, change: item.change, cursor }, "");
        }
        break;
      case "append":
        this.#deliverPiece(topic, item, cursor);
        break;
      case "gap":
        this.#resync(item.topics);
        break;
      case "stream":
        this.#parts.pipeline.hearStream(item.signal);
        break;
      case "connection":
        this.#obey(item.command);
        break;
      case "signed-out":
        for (const one of [...this.#connections.values()]) if (one.subject === item.subject) one.end("unauthenticated");
    }
  }

  /** Who has all that came before gets the piece alone, the same one for all; who has not is rendered again. */
  #deliverPiece(topic: string, { place, html }: Item & { kind: "append" }, cursor: string): void {
    const pieces = new Map<string, LiveMessage>();
    for (const one of this.#topics.of(topic)) {
      const { connection, id, page } = one;
      if (!connection.isCurrent || !this.#parts.pipeline.mayAppend(one)) {
        connection.mark(one, topic, undefined);
        continue;
      }
      let piece = pieces.get(id);
      if (piece === undefined) {
        piece = { kind: "append", component_id: id, place, html, cursor };
        pieces.set(id, piece);
      }
      connection.send(piece, page);
    }
  }

  /** Nobody can go on from what only this node was told, and it may come once more through the log. */
  #tellHere(topic: string, item: Item): void {
    if (item.kind === "append") for (const one of this.#topics.of(topic)) one.connection.mark(one, topic, undefined);
    else this.#deliver(topic, item, this.position());
  }

  #resync(names: readonly string[] | undefined): void {
    for (const connection of this.#connections.values()) {
      connection.resync(touchedBy([...connection.subscriptions], names));
      const hears = names === undefined || names.some((name) => connection.listening.has(name));
      if (hears && connection.listening.size > 0) connection.send({ kind: "resync", page: "", instances: [] }, "");
    }
  }

  #say(current: boolean): void {
    if (current === this.#isCurrent) return;
    this.#isCurrent = current;
    for (const connection of this.#connections.values()) connection.send({ kind: "health", current }, "");
  }

  #obey({ connection: id, subject, page, subscribe, unsubscribe, leave, cursor }: ConnectionCommand): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.subject !== subject) return;
    if (leave) connection.removePage(page);
    for (const one of unsubscribe) connection.remove(page, one);
    const added = subscribe.flatMap((admitted) => connection.take(page, admitted) ?? []);
    this.catchUp(connection, added, cursor);
  }

  #scheduleWatch(): void {
    const { clock, limits } = this.#parts;
    if (!this.#isClosed && this.#connections.size > 0) {
      this.#cancelWatch = clock.after(limits.rightsMs, () => void this.#watch());
    }
  }

  /** Asks for everybody, one after the other, whether they may still see what they see. */
  async #watch(): Promise<void> {
    for (const connection of [...this.#connections.values()]) {
      if (!connection.ended) await this.#parts.pipeline.stillAllowed(connection);
    }
    this.#scheduleWatch();
  }

  #countPerson(subject: string, by: 1 | -1): void {
    const { limits } = this.#parts;
    const count = (this.#bySubject.get(subject) ?? 0) + by;
    if (count > limits.connections) {
      throw new HydrantError("rate_limited", "Too many live pages are open. Close some of them.", { retryAfter: 30 });
    }
    if (count === 0) this.#bySubject.delete(subject);
    else this.#bySubject.set(subject, count);
  }
}

function touchedBy(all: readonly Subscription[], names: readonly string[] | undefined): readonly Subscription[] {
  return names === undefined ? all : all.filter(({ topics }) => topics.some((topic) => names.includes(topic)));
}

function replay(subscription: Subscription, topic: string, item: Item): void {
  // A piece may stand in the page already, so the whole is rendered.
  if (item.kind === "append") subscription.connection.mark(subscription, topic, undefined);
  else if (item.kind === "change") subscription.connection.mark(subscription, topic, item.change);
}
