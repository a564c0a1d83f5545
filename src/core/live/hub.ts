import { subjectOf } from "../caller.js";
import type { LastingCall } from "../calls.js";
import { HydrantError } from "../errors.js";
import type { StreamSignal } from "../streams.js";
import { LiveConnection, type LiveEnd, type LiveSink } from "./connection.js";
import type { ConnectionParts } from "./connection-parts.js";
import { GatheringQueue } from "./gathering-queue.js";
import { Groups } from "./groups.js";
import { type ConnectionCommand, type Item, NODES } from "./items.js";
import { LogReader } from "./log-reader.js";
import { deliverPiece } from "./pieces.js";
import { type Published, Publisher, type PublisherParts } from "./publisher.js";
import type { Subscription } from "./subscription.js";

/** What the pipeline does for connections. */
export interface HubPipeline {
  readonly render: ConnectionParts["render"];
  /** Whether a piece may be sent to it without rendering. */
  readonly mayAppend: (subscription: Subscription) => boolean;
  /** Whether seeing it depends on who asks. */
  readonly hasRights: (subscription: Subscription) => boolean;
  /** Asks again whether the caller may see what the connection is told of, and ends what may not be seen. Never rejects. */
  readonly stillAllowed: (connection: LiveConnection) => Promise<void>;
  readonly hearStream: (signal: StreamSignal) => void;
  /** A door could not write what a page is told. */
  readonly report: (error: unknown) => void;
}

export interface HubParts extends Omit<PublisherParts, "tellHere"> {
  readonly pipeline: HubPipeline;
}

/** Letters of a connection's id that are its name, and of the proof of whose it is. */
const NAME_LENGTH = 14;
const PROOF_LENGTH = 12;

/** Milliseconds by which the clocks of two nodes may differ. */
const SKEW_MS = 60_000;

/** Connects what is published with who is told of it. One for each server; nodes meet in the log. */
export class Hub {
  readonly #parts: HubParts;
  readonly #ofConnections: ConnectionParts;
  readonly #reader: LogReader;
  readonly #publisher: Publisher;
  readonly #connections = new Map<string, LiveConnection>();
  readonly #bySubject = new Map<string, number>();
  readonly #topics = new Groups<Subscription>();
  readonly #listeners = new Groups<LiveConnection>();
  readonly #flushes: GatheringQueue<LiveConnection>;
  /** Those whose rights may change while they are told of something. */
  readonly #watched: GatheringQueue<LiveConnection>;
  #takesNew = true;

  constructor(parts: HubParts) {
    const { clock, limits, pipeline } = parts;
    this.#parts = parts;
    this.#ofConnections = { clock, limits, hub: this, render: pipeline.render, onBroken: pipeline.report };
    this.#reader = new LogReader({
      ...parts,
      onItem: (topic, item, cursor) => this.#deliver(topic, item, cursor),
      onGap: () => this.#resync(undefined),
      onHealth: (isCurrent) => this.#say(isCurrent),
    });
    this.#publisher = new Publisher({ ...parts, tellHere: (topic, item) => this.#tellHere(topic, item) });
    this.#flushes = new GatheringQueue(clock, limits.pushMs, (connection) => connection.flush());
    this.#watched = new GatheringQueue(clock, limits.rightsMs, (connection) => this.#watch(connection));
    void this.#reader.begin();
  }

  /** Cursor of a page that is about to be rendered. */
  position(): string {
    return this.#reader.position();
  }

  publish(topic: string, item: Item): Promise<Published> {
    return this.#publisher.publish(topic, item);
  }

  /** @throws {HydrantError} `rate_limited` over the bound of one person, `unavailable` when the node is about to stop. */
  connect(call: LastingCall, sink: LiveSink, isStranger = false): LiveConnection {
    if (!this.#takesNew) throw new HydrantError("unavailable", "the node is about to stop", { retryAfter: 1 });
    const subject = subjectOf(call.caller);
    const countedAs = isStranger ? `strangers at ${call.caller.ip}` : subject;
    this.#countPerson(countedAs, 1);
    const name = this.#parts.sealer.randomName(NAME_LENGTH);
    const id = name + this.#proofOf(name, subject);
    const connection = new LiveConnection({ id, subject, countedAs, call, sink }, this.#ofConnections);
    this.#connections.set(id, connection);
    if (call.callerNow !== undefined) this.#watched.add(connection);
    if (!this.#reader.isCurrent) connection.send({ kind: "health", current: false }, "");
    return connection;
  }

  wantsFlush(connection: LiveConnection): void {
    this.#flushes.add(connection);
  }

  added(subscription: Subscription): void {
    for (const topic of subscription.topics) this.#topics.join(topic, subscription);
    if (this.#parts.pipeline.hasRights(subscription)) this.#watched.add(subscription.connection);
  }

  removed(subscription: Subscription): void {
    for (const topic of subscription.topics) this.#topics.leave(topic, subscription);
  }

  ended(connection: LiveConnection): void {
    for (const topic of connection.listening) this.#listeners.leave(topic, connection);
    this.#connections.delete(connection.id);
    this.#watched.drop(connection);
    this.#flushes.drop(connection);
    this.#countPerson(connection.countedAs, -1);
  }

  /**
   * Carries out a command for a connection, here or on the node that holds it.
   * @throws {HydrantError} `unavailable` where that node cannot be told.
   */
  async command(command: ConnectionCommand): Promise<void> {
    const { connection, subject } = command;
    if (this.#connections.has(connection)) return this.#obey(command);
    // What is invented, or somebody else's, is not carried to all nodes.
    const name = connection.slice(0, NAME_LENGTH);
    if (connection !== name + this.#proofOf(name, subject)) return;
    const { reached } = await this.publish(NODES, { kind: "connection", command });
    if (reached === "here") throw new HydrantError("unavailable", "the topic log is down", { retryAfter: 1 });
  }

  /**
   * Admits what a connection of this node asks for. What it asks for since an old cursor is told when it is admitted, and
   * no message before that may name a newer one. Of a connection elsewhere nobody here can say that; its page knows.
   */
  async whileAdmitted<T>(id: string, subject: string, admit: () => Promise<T>): Promise<T> {
    const connection = this.#connections.get(id);
    const settled = connection?.subject === subject ? connection.wish() : undefined;
    try {
      return await admit();
    } finally {
      settled?.();
    }
  }

  /**
   * From now on the connection is sent what is published under the topic, and what was since the cursor.
   * @throws {HydrantError} `too_large`.
   */
  listen(connection: LiveConnection, topic: string, cursor: string | undefined): void {
    if (connection.ended) return;
    connection.listen(topic);
    this.#listeners.join(topic, connection);
    this.#watched.add(connection);
    const since = cursor === undefined ? [] : this.#reader.since(cursor);
    const isMissed = cursor !== undefined && this.#publisher.hasMissed(topic);
    if (since === undefined || isMissed || since.some(({ item }) => isGapIn(item, [topic]))) connection.resyncTopics();
    for (const { id, topic: at, item } of since ?? []) {
      if (at === topic && item.kind === "change") connection.hear(topic, item.change, id);
    }
  }

  unlisten(connection: LiveConnection, topic: string): void {
    connection.unlisten(topic);
    this.#listeners.leave(topic, connection);
  }

  /** Ends all connections and takes no new ones. */
  end(why: LiveEnd): void {
    this.#takesNew = false;
    for (const connection of [...this.#connections.values()]) connection.end(why);
  }

  /** The same, and stops reading the log. */
  async close(): Promise<void> {
    this.end("restart");
    this.#publisher.close();
    await this.#reader.close();
  }

  #deliver(topic: string, item: Item, cursor: string): void {
    switch (item.kind) {
      case "change":
        for (const one of this.#topics.of(topic)) one.connection.mark(one, topic, item.change);
        for (const one of this.#listeners.of(topic)) one.hear(topic, item.change, cursor);
        break;
      case "append":
        deliverPiece(topic, item, this.#topics.of(topic), this.#parts.pipeline.mayAppend);
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
        this.#signOut(item);
    }
  }

  /**
   * Nobody can go on from what only this node was told. It may come once more through the log, and what stands there
   * before it comes later: who listens to the topic itself would hear all that out of order, so he is told to look.
   */
  #tellHere(topic: string, item: Item): void {
    if (item.kind !== "append" && item.kind !== "change") return this.#deliver(topic, item, this.position());
    for (const one of this.#topics.of(topic)) {
      if (item.kind === "append") one.connection.touch(one, topic);
      else one.connection.mark(one, topic, item.change);
    }
    for (const one of item.kind === "change" ? this.#listeners.of(topic) : []) one.resyncTopics();
  }

  #signOut({ subject, at }: Item & { kind: "signed-out" }): void {
    for (const one of [...this.#connections.values()]) {
      if (one.subject === subject && one.openedAt <= at + SKEW_MS) one.end("unauthenticated");
    }
  }

  /** @param names `undefined` for whatever there is. */
  #resync(names: readonly string[] | undefined): void {
    if (names === undefined) {
      for (const connection of this.#connections.values()) {
        connection.resync([...connection.subscriptions]);
        if (connection.listening.size > 0) connection.resyncTopics();
      }
      return;
    }
    const touched = new Groups<Subscription, LiveConnection>();
    for (const name of names) for (const one of this.#topics.of(name)) touched.join(one.connection, one);
    for (const [connection, all] of touched) connection.resync([...all]);
    const listeners = new Set(names.flatMap((name) => [...this.#listeners.of(name)]));
    for (const connection of listeners) connection.resyncTopics();
  }

  #say(current: boolean): void {
    for (const connection of this.#connections.values()) connection.send({ kind: "health", current }, "");
    if (current) void this.#publisher.announceMissed();
  }

  #obey({ connection: id, subject, page, subscribe, unsubscribe, leave, cursor }: ConnectionCommand): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.subject !== subject) return;
    if (leave) connection.removePage(page);
    for (const one of unsubscribe) connection.remove(page, one);
    const added = subscribe.flatMap((admitted) => connection.take(page, admitted) ?? []);
    if (cursor !== undefined) this.#catchUp(connection, added, cursor);
  }

  /** Tells what happened since the cursor, which the page had before it was rendered. */
  #catchUp(connection: LiveConnection, added: readonly Subscription[], cursor: string): void {
    connection.lookBack();
    const since = this.#reader.since(cursor);
    if (since === undefined) return connection.resync(added);
    const byTopic = new Groups<Subscription>();
    for (const one of added) for (const topic of one.topics) byTopic.join(topic, one);
    for (const { topic, item } of since) {
      for (const one of byTopic.of(topic)) {
        // A piece may stand in the page already, so the whole is rendered.
        if (item.kind === "append") connection.touch(one, topic);
        else if (item.kind === "change") connection.mark(one, topic, item.change);
      }
    }
    const gaps = since.filter(({ item }) => item.kind === "gap");
    const isLost = ({ topics }: Subscription): boolean =>
      topics.some((topic) => this.#publisher.hasMissed(topic)) || gaps.some(({ item }) => isGapIn(item, topics));
    connection.resync(added.filter(isLost));
  }

  /** What only nodes with the same key can tell of a connection, wherever it is held. */
  #proofOf(name: string, subject: string): string {
    const digits = this.#parts.sealer.fingerprint(`connection ${name} ${subject}`).slice(0, PROOF_LENGTH);
    return digits.replace(/./g, (digit) => "abcdefghijklmnop"[Number.parseInt(digit, 16)] ?? "");
  }

  async #watch(connection: LiveConnection): Promise<void> {
    await this.#parts.pipeline.stillAllowed(connection);
    if (!connection.ended) this.#watched.add(connection);
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

/** Whether something may have been lost under one of these topics. */
function isGapIn(item: Item, topics: readonly string[]): boolean {
  return item.kind === "gap" && (item.topics === undefined || item.topics.some((name) => topics.includes(name)));
}
