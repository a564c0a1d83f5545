import type { Middleware } from "koa";
import type { ComponentServer } from "../../core/index.js";

/** Options of {@link health}. */
export interface HealthOptions {
  /** Where it answers. Default `/health`. */
  readonly path?: string;
}

/**
 * Answers `200 ready`, and `503 stopping` once the node is about to stop, so that whatever spreads the load sends nobody
 * here any more.
 */
export function health(server: ComponentServer, { path = "/health" }: HealthOptions = {}): Middleware {
  return (ctx, next) => {
    if (ctx.path !== path || (ctx.method !== "GET" && ctx.method !== "HEAD")) return next();
    const isReady = server.isReady();
    ctx.status = isReady ? 200 : 503;
    ctx.set("Cache-Control", "no-store");
    ctx.type = "text/plain; charset=utf-8";
    ctx.body = isReady ? "ready\n" : "stopping\n";
  };
}
