import { Readable } from "node:stream";
import type { Context } from "koa";
import type { OutgoingFile } from "../../core/index.js";

/** Characters that stand for themselves in an extended header value (RFC 8187, attr-char). */
function extended(name: string): string {
  return encodeURIComponent(name.replace(/\p{Surrogate}/gu, "\ufffd")).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Hands a file out as something to be saved. Whatever it holds, no browser runs or shows it as part of this site. */
export function sendFile(ctx: Context, { name, size, bytes }: OutgoingFile): void {
  ctx.status = 200;
  ctx.set("Content-Type", "application/octet-stream");
  ctx.set("Content-Length", String(size));
  ctx.set("Content-Disposition", `attachment; filename="file"; filename*=UTF-8''${extended(name)}`);
  ctx.set("Content-Security-Policy", "default-src 'none'; sandbox");
  ctx.set("X-Content-Type-Options", "nosniff");
  ctx.set("Cache-Control", "private, no-store");
  ctx.set("Cross-Origin-Resource-Policy", "same-origin");
  ctx.body = Readable.from(bytes);
  // Koa guesses a type for streams that have none; this one stays.
  ctx.set("Content-Type", "application/octet-stream");
  ctx.set("Content-Length", String(size));
}
