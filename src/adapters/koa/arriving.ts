import type { Readable } from "node:stream";
import { type ComponentServer, HydrantError } from "../../core/index.js";

/** Bytes looked at in one go. Small, so that a body of nothing but boundaries is noticed before many parts are made. */
const PIECE = 16_384;

/**
 * The bytes of a request, asked for piece by piece. Nothing is read ahead, so whoever is slow slows the sender, and
 * between two pieces nothing of ours hangs on the stream.
 */
export class Arriving {
  readonly #source: Readable;
  readonly #server: Pick<ComponentServer, "limits" | "after">;
  #rest: Buffer = Buffer.alloc(0);
  /** Why there will be no more; every later question gets the same answer. */
  #failure: { readonly error: unknown } | undefined;
  #interrupt: (() => void) | undefined;

  constructor(source: Readable, server: Pick<ComponentServer, "limits" | "after">) {
    this.#source = source;
    this.#server = server;
  }

  /**
   * @returns the next bytes; `undefined` after the last ones.
   * @throws {HydrantError} `malformed` when the sender breaks off, `request_timeout` when nothing comes for `bodyMs`.
   */
  async next(): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const chunk = await this.#chunk();
      if (chunk === undefined) return undefined;
      this.#rest = chunk;
    }
    const piece = this.#rest.subarray(0, PIECE);
    this.#rest = this.#rest.subarray(PIECE);
    return piece;
  }

  /** Ends the reading. Who waits for bytes, or asks later, gets the error. */
  stop(error: unknown): void {
    this.#failure ??= { error };
    this.#rest = Buffer.alloc(0);
    this.#interrupt?.();
  }

  async #chunk(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const chunk = this.#source.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#source.readableEnded) return undefined;
      if (this.#source.destroyed) this.stop(new HydrantError("malformed", "The request broke off."));
      else await this.#change();
    }
  }

  /** Waits until there is something to find out. */
  #change(): Promise<void> {
    const source = this.#source;
    const { limits, after } = this.#server;
    return new Promise((resolve) => {
      const finish = (): void => {
        stopTimer();
        source.off("readable", finish).off("end", finish).off("error", finish).off("close", finish);
        this.#interrupt = undefined;
        resolve();
      };
      const stopTimer = after(limits.bodyMs, () => this.stop(new HydrantError("request_timeout")));
      this.#interrupt = finish;
      source.on("readable", finish).on("end", finish).on("error", finish).on("close", finish);
    });
  }
}
