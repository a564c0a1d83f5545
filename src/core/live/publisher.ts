import type { Limits } from "../options.js";
import type { Clock } from "../ports/clock.js";
import type { Logger } from "../ports/logger.js";
import type { TopicLog } from "../ports/topic-log.js";
import type { Sealer } from "../seal.js";
import { type Item, NODES, sealItem } from "./items.js";

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

/** Topics that were not published everywhere; beyond this many all are meant. */
const MOST_MISSED = 1_000;

/** Writes into the log, and remembers what could not be written, so that it is announced when that is possible again. */
export class Publisher {
  readonly #parts: PublisherParts;
  #missed: Set<string> | "all" = new Set();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  async publish(topic: string, item: Item): Promise<Published> {
    const { sealer, limits, logger, tellHere } = this.#parts;
    const data = sealItem(sealer, topic, item, limits.stateDepth);
    try {
      await this.#within(this.#parts.log.publish(topic, data));
    } catch (error) {
      logger.warn({ topic, error }, "published on this node only; the others are told when the topic log is back");
      this.#miss(topic);
      tellHere(topic, item);
      return { reached: "here" };
    }
    await this.announceMissed();
    return { reached: "everywhere" };
  }

  /** Names the topics that only this node was told of, so that all look again. */
  async announceMissed(): Promise<void> {
    const missed = this.#missed;
    if (missed !== "all" && missed.size === 0) return;
    this.#missed = new Set();
    const { sealer, limits, log, logger } = this.#parts;
    const item: Item = { kind: "gap", topics: missed === "all" ? undefined : [...missed] };
    try {
      await this.#within(log.publish(NODES, sealItem(sealer, NODES, item, limits.stateDepth)));
    } catch (error) {
      logger.warn({ error }, "what was missed could not be announced yet");
      if (missed === "all") this.#missed = "all";
      else for (const topic of missed) this.#miss(topic);
    }
  }

  #miss(topic: string): void {
    if (this.#missed === "all" || topic === NODES) return;
    this.#missed.add(topic);
    if (this.#missed.size > MOST_MISSED) this.#missed = "all";
  }

  /** A log that does not answer counts as down. */
  async #within(answer: Promise<void>): Promise<void> {
    const { clock, limits } = this.#parts;
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(limits.storeMs, () => reject(new Error(`no answer within ${limits.storeMs} ms`)));
    });
    try {
      await Promise.race([answer, late]);
    } finally {
      cancel();
    }
  }
}
