import type { IncomingMessage } from "node:http";
import type { Context } from "koa";
import { type ComponentServer, DefinitionError, HydrantError } from "../../core/index.js";

/** What an application's own body parser left on the request. */
interface ParsedBefore {
  readonly rawBody?: unknown;
  readonly body?: unknown;
}

/** A body as it came, as a parser before us left it, or, for multipart, about to be read as it arrives. */
export type Body =
  | { readonly bytes: Buffer }
  | { readonly parsed: Readonly<Record<string, unknown>> }
  | { readonly arriving: IncomingMessage };

export const URL_ENCODED = "application/x-www-form-urlencoded";
export const MULTIPART = "multipart/form-data";

/** The type without its parameters, in lower case. */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

function tooLarge({ limits }: ComponentServer): HydrantError {
  return new HydrantError("too_large", `The request is larger than ${limits.bodyBytes} bytes.`);
}

/**
 * Reads the body with a cap on bytes and time. A multipart body has caps of its own, for its reader to keep.
 * @throws {HydrantError} `too_large`, `request_timeout`, `malformed` when the sender breaks off.
 * @throws {DefinitionError} when somebody read the body before and kept nothing of it.
 */
export function readBody(ctx: Context, server: ComponentServer): Body | Promise<Body> {
  const { rawBody, body } = ctx.request as ParsedBefore;
  const isMultipart = mediaType(ctx.req.headers["content-type"] ?? "") === MULTIPART;
  if (typeof rawBody === "string" || Buffer.isBuffer(rawBody)) {
    const bytes = Buffer.from(rawBody as string);
    if (!isMultipart && bytes.length > server.limits.bodyBytes) throw tooLarge(server);
    return { bytes };
  }
  // A parser leaves an empty object for types it does not read, and the body unread.
  if (!ctx.req.readableDidRead) return isMultipart ? { arriving: ctx.req } : collect(ctx.req, server);
  if (typeof body === "object" && body !== null) return { parsed: body as Record<string, unknown> };
  throw new DefinitionError(
    "the body was read before hydrantKoa() and nothing of it stands in ctx.request.body. Use hydrantKoa() before what reads it.",
  );
}

/** Whether more of a body is on its way than a form without files may have. */
export function isLongAndUnread(req: IncomingMessage, { limits }: ComponentServer): boolean {
  if (req.complete) return false;
  return (
    req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > limits.bodyBytes
  );
}

function collect(req: IncomingMessage, server: ComponentServer): Promise<Body> {
  const { limits, after } = server;
  if (Number(req.headers["content-length"] ?? 0) > limits.bodyBytes) return Promise.reject(tooLarge(server));
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
      if (size > limits.bodyBytes) finish(() => reject(tooLarge(server)));
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      finish(() => resolve({ bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }));
    const onCut = (): void => finish(() => reject(new HydrantError("malformed", "The request broke off.")));
    const stopTimer = after(limits.bodyMs, () => finish(() => reject(new HydrantError("request_timeout"))));
    req.on("data", onData).on("end", onEnd).on("error", onCut).on("close", onCut);
  });
}
