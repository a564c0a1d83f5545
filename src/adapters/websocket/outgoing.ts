import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { ComponentServer } from "../../core/index.js";

/** Bytes that wait to be sent, from which on the other side counts as full, and from which on it takes again. */
const FULL = 1_048_576;
const LOW = FULL / 2;
/** A reader for whom this much waits is cut off: answers to its own messages are not held back for it. */
const MOST = 8 * FULL;

const nothing = (): void => {};

/** A text in one frame, as a server writes it. Source: RFC 6455, 5.2. */
export function frameOf(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, bytes]);
}

/** The socket it belongs to. */
export interface OutgoingOwner {
  readonly socket: WebSocket;
  /** What the socket writes to. */
  readonly wire: Duplex;
  /** A socket that was full takes something again. */
  drained(): void;
}

/** What goes out through one socket, never more than it takes. */
export class Outgoing {
  readonly #owner: OutgoingOwner;
  readonly #server: Pick<ComponentServer, "after" | "limits">;
  /** Kept only while something waits. */
  #waiting: (() => void)[] | undefined;
  #isFull = false;
  #cancelStall = nothing;

  constructor(owner: OutgoingOwner, server: Pick<ComponentServer, "after" | "limits">) {
    this.#owner = owner;
    this.#server = server;
  }

  /**
   * Writes a frame that was made before. Without compression the library writes every message whole and at once, so that
   * one between two of its own breaks none; it would make the frame anew for each socket and write it in two pieces.
   */
  sendFrame(frame: Uint8Array): boolean {
    return this.#send((written) => this.#owner.wire.write(frame, written));
  }

  /** @returns false when the other side takes nothing for now; what was sent waits all the same. */
  send(text: string): boolean {
    return this.#send((written) => this.#owner.socket.send(text, { binary: false }, written));
  }

  #send(write: (written: () => void) => void): boolean {
    const { socket } = this.#owner;
    if (socket.readyState !== socket.OPEN) return true;
    if (socket.bufferedAmount > MOST) {
      socket.terminate();
      return true;
    }
    // A failure to write closes the socket, which is heard elsewhere.
    write(() => this.#written());
    if (!this.#isFull && socket.bufferedAmount > FULL) {
      this.#isFull = true;
      this.#cancelStall = this.#server.after(this.#server.limits.stallMs, () => socket.terminate());
    }
    return !this.#isFull;
  }

  /** Resolves at once, or when the other side takes something again or has left. */
  drained(): Promise<void> {
    if (!this.#isFull) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }

  #written(): void {
    if (this.#isFull && this.#owner.socket.bufferedAmount <= LOW) this.empty();
  }

  /** Nothing waits any more: it was written, or the socket is closed. */
  empty(): void {
    this.#cancelStall();
    if (!this.#isFull) return;
    this.#isFull = false;
    for (const resolve of this.#waiting ?? []) resolve();
    this.#waiting = undefined;
    this.#owner.drained();
  }
}
