import { setTimeout as wait } from "node:timers/promises";
import type { TopicFollower } from "../../core/index.js";
import type { RedisClient } from "./client.js";
import { OwnConnection } from "./connection.js";
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
  #connection: OwnConnection;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: RedisClient,
    private readonly follower: TopicFollower,
    names: LogNames,
    blockMs: number,
  ) {
    this.#reader = new LogReader(this.#untilStopped(), names, blockMs);
    this.#connection = new OwnConnection(client);
  }

  /** Gives the history and begins to wait for more. Rejects while Redis is down. */
  async begin(): Promise<void> {
    await this.#connection.connect(CONNECT_MS);
    try {
      await this.#reader.readHistory(this.#connection.client);
    } catch (error) {
      this.#connection.close();
      throw error;
    }
    this.#ended = this.#readOn();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#connection.close();
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

  async #readOn(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#reader.readNext(this.#connection.client);
      } catch (error) {
        this.#connection.close();
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
        this.#connection = new OwnConnection(this.client);
        await this.#connection.connect(CONNECT_MS);
        return await this.#reader.goOn(this.#connection.client);
      } catch {
        // Still down, which was said; or stopped while it waited.
        this.#connection.close();
      }
    }
  }
}
