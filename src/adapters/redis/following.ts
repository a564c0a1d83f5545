import { setTimeout as wait } from "node:timers/promises";
import type { TopicFollower } from "../../core/index.js";
import type { RedisClient, RedisConnection } from "./client.js";
import { close, connect } from "./connection.js";
import { type LogNames, LogReader } from "./log-reader.js";

/** Milliseconds a new connection may take. */
const CONNECT_MS = 2_000;

/** Milliseconds between two attempts to connect again. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** A follower, and the connection it has for itself: a command that waits holds up all others on its connection. */
export class Following {
  readonly #stopped = new AbortController();
  readonly #reader: LogReader;
  #connection: RedisConnection;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: RedisClient,
    private readonly follower: TopicFollower,
    names: LogNames,
    blockMs: number,
  ) {
    this.#reader = new LogReader(this.#untilStopped(), names, blockMs);
    this.#connection = this.#another();
  }

  /** Gives the history and begins to wait for more. Rejects while Redis is down. */
  async begin(): Promise<void> {
    await connect(this.#connection, CONNECT_MS);
    try {
      await this.#reader.readHistory(this.#connection);
    } catch (error) {
      close(this.#connection);
      throw error;
    }
    this.#ended = this.#readOn();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    close(this.#connection);
    await this.#ended;
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** An answer may be here already when it is stopped; it is not given any more. */
  #untilStopped(): TopicFollower {
    const unlessStopped = (task: () => void) => {
      if (!this.#isStopped) task();
    };
    return {
      entry: (entry) => unlessStopped(() => this.follower.entry(entry)),
      gap: () => unlessStopped(() => this.follower.gap()),
      down: (error) => unlessStopped(() => this.follower.down(error)),
      up: () => unlessStopped(() => this.follower.up()),
    };
  }

  #another(): RedisConnection {
    // What is sent while there is no connection would wait for the next, and be answered out of turn.
    return this.client.duplicate({ disableOfflineQueue: true });
  }

  async #readOn(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#reader.readNext(this.#connection);
      } catch (error) {
        close(this.#connection);
        if (!this.#isStopped) this.follower.down(error);
        await this.#connectAgain();
      }
    }
  }

  /** Tries until it succeeds or is stopped. */
  async #connectAgain(): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; !this.#isStopped; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await wait(pause, undefined, { signal: this.#stopped.signal });
        this.#connection = this.#another();
        await connect(this.#connection, CONNECT_MS);
        return await this.#reader.goOn(this.#connection);
      } catch {
        // Still down, which was said; or stopped while it waited.
        close(this.#connection);
      }
    }
  }
}
