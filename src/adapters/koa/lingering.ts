import type { Context } from "koa";
import type { ComponentServer } from "../../core/index.js";

/** Milliseconds for which a sender may go on sending what nobody wants. */
const LINGER_MS = 2_000;

/**
 * Sends the answer at once and keeps the connection open for a moment behind it, when it comes before the body did.
 * Closed with bytes unread it would be reset, and a browser would show a network failure in place of the answer
 * (RFC 9112, 9.6).
 */
export function linger(ctx: Context, { after }: ComponentServer): void {
  const { req, res, body } = ctx;
  ctx.respond = false;
  res.write(String(body));
  const end = (): void => {
    stop();
    res.end();
  };
  const stop = after(LINGER_MS, end);
  req.once("end", end).once("close", end).resume();
}
