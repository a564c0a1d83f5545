import type { Limits } from "../options.js";
import type { Clock } from "../ports/clock.js";
import type { Logger } from "../ports/logger.js";
import type { TopicLog } from "../ports/topic-log.js";
import type { Sealer } from "../seal.js";
import { type Item, NODES, readItem, sealItem, writeItem } from "./items.js";

/** How far something published went: to every node, or, while the log is down, only to what this node shows. */
export interface Published {
  readonly reached: "everywhere" | "here";
}

export interface PublisherParts {
  readonly log: TopicLog;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Tells what this node shows, when the log cannot. */
  readonly tellHere: (topic: string, item: Item) => void;
}

/** Topics that were not published everywhere; beyond this many all are meant. As many people who signed out. */
const MOST_MISSED = 1_000;
/** Bytes that the name of a topic takes at most, so that all of them fit into one entry. */
const TOPIC_BYTES = 800;
const ANNOUNCE_AGAIN_MS = 1_000;

/** Writes into the log, and remembers what could not be written, so that it is announced when that is possible again. */
export class Publisher {
  readonly #parts: PublisherParts;
  #missed: Set<string> | "all" = new Set();
  /** Who signed out, and the other nodes do not know it. */
  #signedOut = new Map<string, Item>();
  #isWaiting = false;
  #cancel = (): void => {};

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** @throws {HydrantError} `internal` for what cannot be published: too large, or of a kind that is no plain value. */
  async publish(topic: string, item: Item): Promise<Published> {
    const { limits, log, logger, sealer, tellHere } = this.#parts;
    const text = writeItem(item, limits);
    const data = sealItem(sealer, topic, text);
    try {
      await this.#within(() => log.publish(topic, data));
    } catch (error) {
      logger.warn({ topic, error }, "published on this node only; the others are told when the topic log is back");
      this.#miss(topic, item);
      this.#announceSoon();
      // As everybody else would read it: what was given may be changed by its owner at any time.
      tellHere(topic, readItem(text));
      return { reached: "here" };
    }
    await this.announceMissed();
    return { reached: "everywhere" };
  }

  /** Whether something was published under this topic that stands in no log yet. */
  hasMissed(topic: string): boolean {
    return this.#missed === "all" || this.#missed.has(topic);
  }

  /** Names the topics that only this node was told of, so that all look again. */
  async announceMissed(): Promise<void> {
    const missed = this.#missed;
    const signedOut = this.#signedOut;
    if (missed !== "all" && missed.size + signedOut.size === 0) return;
    this.#missed = new Set();
    this.#signedOut = new Map();
    const gap: Item = { kind: "gap", topics: missed === "all" ? undefined : [...missed] };
    try {
      await this.#within(() => this.#writeAll([...signedOut.values(), gap]));
    } catch (error) {
      this.#parts.logger.info({ error }, "what was missed could not be announced yet");
      if (missed === "all") this.#missed = "all";
      else for (const topic of missed) this.#missTopic(topic);
      for (const item of signedOut.values()) this.#miss(NODES, item);
      this.#announceSoon();
    }
  }

  close(): void {
    this.#cancel();
  }

  async #writeAll(items: readonly Item[]): Promise<void> {
    const { limits, log, sealer } = this.#parts;
    for (const item of items) await log.publish(NODES, sealItem(sealer, NODES, writeItem(item, limits)));
  }

  /** Nobody may come by to publish something else, so it does not wait for that. */
  #announceSoon(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#cancel = this.#parts.clock.after(ANNOUNCE_AGAIN_MS, () => {
      this.#isWaiting = false;
      void this.announceMissed();
    });
  }

  #miss(topic: string, item: Item): void {
    if (item.kind === "signed-out") {
      this.#signedOut.set(item.subject, item);
      if (this.#signedOut.size > MOST_MISSED) this.#signedOut.delete(this.#signedOut.keys().next().value as string);
    } else if (topic !== NODES) this.#missTopic(topic);
  }

  #missTopic(topic: string): void {
    if (this.#missed === "all") return;
    this.#missed.add(topic);
    const most = Math.min(MOST_MISSED, this.#parts.limits.stateBytes / TOPIC_BYTES);
    if (this.#missed.size > most) this.#missed = "all";
  }

  /** A log that does not answer counts as down. */
  async #within(write: () => Promise<void>): Promise<void> {
    const { clock, limits } = this.#parts;
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(limits.storeMs, () => reject(new Error(`no answer within ${limits.storeMs} ms`)));
    });
    try {
      await Promise.race([write(), late]);
    } finally {
      cancel();
    }
  }
}
