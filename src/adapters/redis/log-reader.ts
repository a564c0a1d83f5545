import type { TopicFollower } from "../../core/index.js";
import { ask } from "./ask.js";
import type { RedisClient } from "./client.js";
import { isBefore, type Row, readRows, readStream } from "./rows.js";

/** Where the log lies. Both names are in one hash slot. */
export interface LogNames {
  /** The stream. */
  readonly stream: string;
  /** A text: the id of the entry that was added last. */
  readonly last: string;
}

/** Entries of one answer. */
const PAGE = 100;

/** Milliseconds an answer may take; longer than elsewhere, because a page of entries can be large. */
const ANSWER_MS = 3_000;

/** Milliseconds a next entry is waited for at most. With the margin, a Redis that hangs is found out in 4 seconds. */
export const LONGEST_BLOCK_MS = 2_000;
const MARGIN_MS = 2_000;

/** Texts are read as bytes, so that what is not UTF-8 can be told. */
const AS_BYTES = { typeMapping: { 36: Buffer } } as const;

/**
 * One follower's place in the log. It lasts from connection to connection.
 *
 * Every entry names the one before it. So whatever was lost between two of them shows, no matter whether it was trimmed,
 * evicted, flushed, or forgotten by a Redis that was started anew.
 */
export class LogReader {
  /** The stream is read after this id. */
  #after = "0-0";
  /** The entry of ours that was read last; empty before the first, undefined where any may come next. */
  #seen: string | undefined;

  constructor(
    private readonly follower: TopicFollower,
    private readonly names: LogNames,
    /** Milliseconds Redis waits for a next entry. */
    private readonly blockMs: number,
  ) {}

  /** Gives all that is held, once all of it is here: a follower whose log fails half-way has been given nothing. */
  async readHistory(client: RedisClient): Promise<void> {
    const last = await this.#last(client);
    const rows: Row[] = [];
    for (let page = PAGE; page === PAGE; ) {
      const found = await this.#range(client, rows.at(-1)?.id ?? this.#after);
      rows.push(...found);
      page = found.length;
    }
    this.#give(rows);
    this.#seen ??= last;
  }

  /** Goes on after a break: says `gap` where something may be lost, then `up`, then gives what was missed. */
  async goOn(client: RedisClient): Promise<void> {
    const { lost, rows } = await this.#look(client);
    if (lost) this.follower.gap();
    this.follower.up();
    this.#give(rows);
  }

  /** Waits for entries and gives them. Rejects when Redis is gone or does not answer. */
  async readNext(client: RedisClient): Promise<void> {
    const block = ["BLOCK", String(this.blockMs), "STREAMS", this.names.stream, this.#after];
    const options = { client, timeoutMs: this.blockMs + MARGIN_MS };
    const rows = readStream(await ask(options, ["XREAD", "COUNT", String(PAGE), ...block], AS_BYTES));
    if (rows.length > 0) return this.#give(rows);
    // Nothing came; or the log was lost, and its new entries have ids that stand before our place.
    const { lost, rows: found } = await this.#look(client);
    if (lost) this.follower.gap();
    this.#give(found);
  }

  #give(rows: readonly Row[]): void {
    for (const { id, entry } of rows) {
      this.#after = id;
      if (entry === undefined) continue;
      const { before, ...own } = entry;
      if (this.#seen !== undefined && before !== this.#seen) this.follower.gap();
      this.#seen = id;
      this.follower.entry(own);
    }
  }

  /** Reads on without waiting, and finds out whether anything was lost before what it found. */
  async #look(client: RedisClient): Promise<{ readonly lost: boolean; readonly rows: readonly Row[] }> {
    const last = await this.#last(client);
    if (last === this.#seen) return { lost: false, rows: [] };
    const rows = await this.#range(client, this.#after);
    const next = firstEntry(rows);
    if (next !== undefined && next.before === this.#seen) return { lost: false, rows };
    // What was added last is not there, or something else comes next.
    if (next === undefined) this.#after = await this.#nearest(client);
    this.#seen = next?.before ?? last;
    return { lost: true, rows };
  }

  /**
   * Our place, or the end of a stream that ends before it: a Redis that was started anew holds nothing, and one that
   * went back to an older copy holds what was given already.
   */
  async #nearest(client: RedisClient): Promise<string> {
    const [top] = readRows(await this.#ask(client, ["XREVRANGE", this.names.stream, "+", "-", "COUNT", "1"]));
    if (top === undefined) return "0-0";
    return isBefore(top.id, this.#after) ? top.id : this.#after;
  }

  async #last(client: RedisClient): Promise<string> {
    const last = (await this.#ask(client, ["GET", this.names.last])) as Buffer | null;
    return last === null ? "" : last.toString("latin1");
  }

  async #range(client: RedisClient, after: string): Promise<Row[]> {
    const args = ["XRANGE", this.names.stream, `(${after}`, "+", "COUNT", String(PAGE)];
    return readRows(await this.#ask(client, args));
  }

  #ask(client: RedisClient, args: readonly string[]): Promise<unknown> {
    return ask({ client, timeoutMs: ANSWER_MS }, args, AS_BYTES);
  }
}

function firstEntry(rows: readonly Row[]) {
  return rows.find(({ entry }) => entry !== undefined)?.entry;
}
