import type { ServerResponse } from "node:http";
import { encode } from "eventsource-encoder";
import type { Context } from "koa";
import type { ComponentServer } from "../../core/index.js";

/** One message of an event stream. */
export interface EventMessage {
  readonly event?: string;
  readonly id?: string | undefined;
  readonly data: string;
}

/**
 * The one encoder of event streams. The format ends lines with either kind of newline, so a carriage return in HTML
 * travels as the reference that means one; in JSON it is escaped already.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, 9.2.6.
 */
export function encodeEvent({ event, id, data }: EventMessage): string {
  return encode({
    ...(event === undefined ? {} : { event }),
    ...(id === undefined ? {} : { id }),
    data: data.includes("\r") ? data.replaceAll("\r", "&#13;") : data,
  });
}

/** Sets the place to go on from, without a message. */
export function encodePosition(id: string): string {
  return `id: ${id}\n\n`;
}

/** Asks the browser to wait so long before it connects again. */
export function encodeRetry(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`;
}

const HEARTBEAT_MS = 15_000;

/** An answer that stays open. */
export interface EventStream {
  /** @returns false when the reader takes nothing for now. */
  write(text: string | Uint8Array): boolean;
  /** Resolves when the reader takes something again or has left. One that takes nothing for too long is cut off. */
  drained(): Promise<void>;
  /** Runs when the connection is over, for whatever reason. */
  onClose(task: () => void): void;
  readonly isClosed: boolean;
  end(): void;
}

class OpenStream implements EventStream {
  readonly #res: ServerResponse;
  readonly #server: ComponentServer;

  constructor(res: ServerResponse, server: ComponentServer) {
    this.#res = res;
    this.#server = server;
  }

  get isClosed(): boolean {
    return this.#res.closed || this.#res.destroyed;
  }

  write(text: string | Uint8Array): boolean {
    return this.#res.write(text);
  }

  drained(): Promise<void> {
    const { after, limits } = this.#server;
    return drained(this.#res, (task) => after(limits.stallMs, task));
  }

  onClose(task: () => void): void {
    this.#res.once("close", task);
  }

  end(): void {
    this.#res.end();
  }
}

/**
 * Koa hands over whatever its connection ends with, and would write a stack to the application's log for every reader
 * that is cut off, as a closed browser is. What else fails is the application's to know.
 */
function withoutGoodbyes(this: Context, error: Error): void {
  if (error === this.req.socket.errored) return;
  const { onerror } = Object.getPrototypeOf(this) as Pick<Context, "onerror">;
  onerror.call(this, error);
}

/** Keeps connections of one door open with a comment now and then; one timer for all. */
export class EventStreams {
  readonly #open = new Map<ServerResponse, () => string>();
  readonly #server: ComponentServer;
  #isBeating = false;

  constructor(server: ComponentServer) {
    this.#server = server;
  }

  /**
   * Begins the answer. Koa has no more to do with it.
   * @param beat What goes out beside the heartbeat.
   */
  open(ctx: Context, headers: Readonly<Record<string, string>>, beat: () => string = () => ""): EventStream {
    const { res } = ctx;
    ctx.respond = false;
    ctx.onerror = withoutGoodbyes;
    // Nagle's algorithm would hold small frames back.
    res.socket?.setNoDelay(true);
    res.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
      "X-Content-Type-Options": "nosniff",
      Vary: "HX-Request, HX-Request-Type, Accept",
      ...headers,
    });
    res.flushHeaders();
    this.#keep(res, beat);
    return new OpenStream(res, this.#server);
  }

  #keep(res: ServerResponse, beat: () => string): void {
    // Who has left already is not heard to leave.
    if (res.closed || res.destroyed) return;
    this.#open.set(res, beat);
    res.once("close", () => this.#open.delete(res));
    if (!this.#isBeating) this.#schedule();
  }

  #schedule(): void {
    this.#isBeating = true;
    this.#server.after(HEARTBEAT_MS, () => {
      this.#isBeating = false;
      for (const [res, beat] of this.#open) {
        // Who takes nothing needs no sign of life.
        if (!res.writableNeedDrain && !res.writableEnded) res.write(`: ping\n\n${beat()}`);
      }
      if (this.#open.size > 0) this.#schedule();
    });
  }
}

function drained(res: ServerResponse, later: (task: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    if (!res.writableNeedDrain || res.closed) return resolve();
    const done = (): void => {
      cancel();
      res.off("drain", done).off("close", done);
      resolve();
    };
    const cancel = later(() => res.destroy());
    res.once("drain", done).once("close", done);
  });
}
