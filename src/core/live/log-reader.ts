import type { Clock } from "../ports/clock.js";
import type { Logger } from "../ports/logger.js";
import type { TopicEntry, TopicLog } from "../ports/topic-log.js";
import type { Sealer } from "../seal.js";
import { History, type HistoryEntry } from "./history.js";
import { type Item, openItem } from "./items.js";

export interface LogReaderParts {
  readonly log: TopicLog;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The next entry. @param cursor Of who has seen it. */
  readonly onItem: (topic: string, item: Item, cursor: string) => void;
  /** Nobody knows what was missed. */
  readonly onGap: () => void;
  /** Whether what other nodes publish arrives; told when it changes. */
  readonly onHealth: (isCurrent: boolean) => void;
}

const FOLLOW_AGAIN_MS = 1_000;

/** Reads the topic log for one node, and holds the newest part of it. */
export class LogReader {
  readonly #parts: LogReaderParts;
  readonly #history: History;
  #isCurrent = true;
  #isClosed = false;
  #stop = async (): Promise<void> => {};

  constructor(parts: LogReaderParts) {
    this.#parts = parts;
    this.#history = new History(this.#newFloor());
  }

  /** Whether what other nodes publish arrives. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Cursor of who has seen everything. */
  position(): string {
    return this.#history.position();
  }

  /** What came after; `undefined` where that is not known. */
  since(cursor: string): readonly HistoryEntry[] | undefined {
    return this.#history.since(cursor);
  }

  /** Begins to read, and tries again until it can. Never rejects. */
  async begin(): Promise<void> {
    const { clock, log, logger, onGap } = this.#parts;
    // Whatever was held when the last try broke off is given again, or lost.
    const isCut = !this.#history.isEmpty;
    if (isCut) this.#history.cut(this.#newFloor());
    try {
      this.#stop = await log.follow({
        entry: (entry) => this.#read(entry),
        gap: () => this.#gap(),
        down: (error) => this.#down(error),
        up: () => this.#up(),
      });
      if (this.#isClosed) return await this.#stop();
      if (isCut) onGap();
      this.#say(true);
    } catch (error) {
      if (this.#isClosed) return;
      logger.error({ error }, "the topic log cannot be read; it is tried again");
      this.#say(false);
      clock.after(FOLLOW_AGAIN_MS, () => {
        if (!this.#isClosed) void this.begin();
      });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#stop();
  }

  #newFloor(): string {
    return `start-${this.#parts.sealer.randomName(16)}`;
  }

  #read({ id, topic, data }: TopicEntry): void {
    const { logger, sealer, onItem } = this.#parts;
    if (this.#history.has(id)) return;
    let item: Item;
    try {
      item = openItem(sealer, topic, data);
    } catch (error) {
      logger.warn({ error }, "an entry of the topic log was not written by this application; it is passed over");
      return;
    }
    this.#history.push({ id, topic, item, weight: data.length });
    onItem(topic, item, id);
  }

  #gap(): void {
    const { logger, onGap } = this.#parts;
    logger.warn({}, "entries of the topic log may have been lost; all that is live is rendered again");
    // A page that was rendered before must not be told that it missed nothing.
    this.#history.cut(this.#newFloor());
    onGap();
  }

  #down(error: unknown): void {
    this.#parts.logger.error({ error }, "the topic log is down; pages are not told of what other nodes publish");
    this.#say(false);
  }

  #up(): void {
    this.#parts.logger.info({}, "the topic log is back");
    this.#say(true);
  }

  #say(isCurrent: boolean): void {
    if (isCurrent === this.#isCurrent) return;
    this.#isCurrent = isCurrent;
    this.#parts.onHealth(isCurrent);
  }
}
