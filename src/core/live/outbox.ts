import type { Limits } from "../options.js";
import type { Clock } from "../ports/clock.js";
import type { LiveMessage, LiveSink } from "./messages.js";

/** What may still be said to a reader who takes nothing. Renders are not among it: they wait until he does. */
const MOST_HELD = 1_000;

export interface OutboxParts {
  readonly clock: Clock;
  readonly limits: Limits;
}

/** The connection it belongs to. Told through one object: functions of its own would be kept for every connection. */
export interface OutboxOwner {
  readonly sink: LiveSink;
  /** The reader took nothing for too long, or would have to be told more than is kept for him. */
  stalled(): void;
  /** The door could not write a message. */
  broken(error: unknown): void;
}

const nothing = (): void => {};

/** What goes out through one connection, and whether the other side takes it. */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #owner: OutboxOwner;
  #isBlocked = false;
  #held = 0;
  #cancelStall = nothing;

  constructor(parts: OutboxParts, owner: OutboxOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  send(message: LiveMessage, page: string): void {
    const owner = this.#owner;
    let takesMore = false;
    try {
      takesMore = owner.sink.send(message, page);
    } catch (error) {
      owner.broken(error);
      return;
    }
    if (this.#isBlocked) {
      if (++this.#held > MOST_HELD) owner.stalled();
    } else if (!takesMore) {
      const { clock, limits } = this.#parts;
      this.#isBlocked = true;
      this.#cancelStall = clock.after(limits.stallMs, () => owner.stalled());
    }
  }

  /** The other side takes something again. */
  drained(): void {
    this.#cancelStall();
    this.#isBlocked = false;
    this.#held = 0;
  }

  close(): void {
    this.#cancelStall();
  }
}
