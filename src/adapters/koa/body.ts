import type { IncomingMessage } from "node:http";
import type { Context } from "koa";
import { type ComponentServer, HydrantError } from "../../core/index.js";

/** What an application's own body parser left on the request. */
interface ParsedBefore {
  readonly rawBody?: unknown;
  readonly body?: unknown;
}

/** A body as it came, or as a parser before us left it. */
export type Body = { readonly bytes: Buffer } | { readonly parsed: Readonly<Record<string, unknown>> };

/**
 * Reads the body with a cap on bytes and time.
 * @throws {HydrantError} `too_large`, `request_timeout`, `malformed` when the sender breaks off.
 */
export function readBody(ctx: Context, server: ComponentServer): Body | Promise<Body> {
  const { rawBody, body } = ctx.request as ParsedBefore;
  if (typeof rawBody === "string") return { bytes: Buffer.from(rawBody) };
  if (typeof body === "object" && body !== null) return { parsed: body as Record<string, unknown> };
  return collect(ctx.req, server);
}

function collect(req: IncomingMessage, { limits, after }: ComponentServer): Promise<Body> {
  const tooLarge = (): HydrantError =>
    new HydrantError("too_large", `The request is larger than ${limits.bodyBytes} bytes.`);
  if (Number(req.headers["content-length"] ?? 0) > limits.bodyBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (end: () => void): void => {
      stopTimer();
      req.off("data", onData).off("end", onEnd).off("error", onCut).off("close", onCut);
      end();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limits.bodyBytes) finish(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      finish(() => resolve({ bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }));
    const onCut = (): void => finish(() => reject(new HydrantError("malformed", "The request broke off.")));
    const stopTimer = after(limits.bodyMs, () => finish(() => reject(new HydrantError("request_timeout"))));
    req.on("data", onData).on("end", onEnd).on("error", onCut).on("close", onCut);
  });
}
