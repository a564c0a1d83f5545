import type { WebSocket } from "ws";
import type { ComponentServer } from "../../core/index.js";

/** Bytes that wait to be sent, from which on the other side counts as full, and from which on it takes again. */
const FULL = 1_048_576;
const LOW = FULL / 2;
/** A reader for whom this much waits is cut off: answers to its own messages are not held back for it. */
const MOST = 8 * FULL;

/** What goes out through one socket, never more than it takes. */
export class Outgoing {
  readonly #socket: WebSocket;
  readonly #server: Pick<ComponentServer, "after" | "limits">;
  readonly #onDrain: () => void;
  readonly #waiting = new Set<() => void>();
  #isFull = false;
  #cancelStall = (): void => {};

  /** @param onDrain Runs when a socket that was full takes something again. */
  constructor(socket: WebSocket, server: Pick<ComponentServer, "after" | "limits">, onDrain: () => void) {
    this.#socket = socket;
    this.#server = server;
    this.#onDrain = onDrain;
    socket.once("close", () => this.#empty());
  }

  /** @returns false when the other side takes nothing for now; what was sent waits all the same. */
  send(text: string | Uint8Array): boolean {
    const { bufferedAmount, readyState, OPEN } = this.#socket;
    if (readyState !== OPEN) return true;
    if (bufferedAmount > MOST) {
      this.#socket.terminate();
      return true;
    }
    // A failure to write closes the socket, which is heard elsewhere.
    this.#socket.send(text, { binary: false }, () => this.#written());
    if (!this.#isFull && this.#socket.bufferedAmount > FULL) {
      this.#isFull = true;
      this.#cancelStall = this.#server.after(this.#server.limits.stallMs, () => this.#socket.terminate());
    }
    return !this.#isFull;
  }

  /** Resolves at once, or when the other side takes something again or has left. */
  drained(): Promise<void> {
    if (!this.#isFull) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #written(): void {
    if (this.#isFull && this.#socket.bufferedAmount <= LOW) this.#empty();
  }

  #empty(): void {
    this.#cancelStall();
    if (!this.#isFull) return;
    this.#isFull = false;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    this.#onDrain();
  }
}
