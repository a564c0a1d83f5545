import type { Limits } from "../options.js";
import type { Clock } from "../ports/clock.js";
import type { LiveMessage, LiveSink } from "./messages.js";

/** What may still be said to a reader who takes nothing. Renders are not among it: they wait until he does. */
const MOST_HELD = 1_000;

export interface OutboxParts {
  readonly sink: LiveSink;
  readonly clock: Clock;
  readonly limits: Limits;
  /** The reader took nothing for too long, or would have to be told more than is kept for him. */
  readonly onStall: () => void;
  /** The door could not write a message. */
  readonly onBroken: (error: unknown) => void;
}

/** What goes out through one connection, and whether the other side takes it. */
export class Outbox {
  readonly #parts: OutboxParts;
  #isBlocked = false;
  #held = 0;
  #cancelStall = (): void => {};

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  send(message: LiveMessage, page: string): void {
    const { sink, clock, limits, onStall, onBroken } = this.#parts;
    let takesMore = false;
    try {
      takesMore = sink.send(message, page);
    } catch (error) {
      onBroken(error);
      return;
    }
    if (this.#isBlocked) {
      if (++this.#held > MOST_HELD) onStall();
    } else if (!takesMore) {
      this.#isBlocked = true;
      this.#cancelStall = clock.after(limits.stallMs, onStall);
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
