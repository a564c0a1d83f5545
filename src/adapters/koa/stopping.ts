import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ComponentServer } from "../../core/index.js";

/** Options of {@link stopGracefully}. */
export interface StopOptions {
  /** Milliseconds all of it may take. Default 25,000: less than the 30 seconds after which most platforms kill. */
  readonly withinMs?: number;
  /**
   * Milliseconds for which the node at least takes requests after `/health` said that it stops, so that whatever spreads
   * the load has asked by then. Default 1,000.
   */
  readonly noticeMs?: number;
  /** Ends what else the application holds, such as sockets and databases, once the last answer is out. */
  readonly close?: () => void | Promise<void>;
}

/**
 * Stops a node without losing what it has in hand: `/health` says so, live pages are told to connect again elsewhere,
 * running requests and streams end, then the port is closed. What has not ended in time is cut off.
 *
 * ```ts
 * process.once("SIGTERM", () => void stopGracefully(hydrant, httpServer));
 * ```
 */
export async function stopGracefully(
  server: ComponentServer,
  http: Server,
  { withinMs = 25_000, noticeMs = 1_000, close }: StopOptions = {},
): Promise<void> {
  // A connection that is kept would bring one request after the other.
  http.prependListener("request", (_req: IncomingMessage, res: ServerResponse) => {
    res.shouldKeepAlive = false;
  });
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = server.after(withinMs, () => {
      http.closeAllConnections();
      // Sockets are not among them, and a handler that heeds no signal may hold one for long.
      resolve();
    });
  });
  // Streams get all of the time but a moment for their last words.
  const notice = new Promise<void>((resolve) => server.after(noticeMs, resolve));
  await Promise.all([server.drain(Math.max(0, withinMs - 1_000)), notice]);
  const closed = once(http, "close");
  http.close();
  http.closeIdleConnections();
  await Promise.race([closed, late]);
  cancel();
  await server.close();
  await close?.();
}
