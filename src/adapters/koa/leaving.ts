import type { Context } from "koa";

/** Aborts when the caller leaves before the answer is complete. Made only when somebody asks for it. */
export function signalOf(ctx: Context): () => AbortSignal {
  return () => {
    const controller = new AbortController();
    const leave = (): void => {
      if (!ctx.res.writableFinished) controller.abort(new DOMException("the caller left", "AbortError"));
    };
    if (ctx.res.closed) leave();
    else ctx.res.once("close", leave);
    return controller.signal;
  };
}
