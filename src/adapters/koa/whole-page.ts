import type { IncomingMessage } from "node:http";
import type { Context } from "koa";
import type { HeldInstance, Outcome } from "../../core/index.js";
import { write } from "./answer.js";
import { type PlainPages, pagePath } from "./plain-pages.js";

/**
 * Answers a plain form with the page the person was on, the component in its new state in its place: the application
 * is asked for that page again, and `ctx.components` puts the answered instances where it would mount new ones.
 */
export interface WholePage {
  /** Instances that were answered in the request this one was made for. */
  held(req: IncomingMessage): readonly HeldInstance[];
  answer(ctx: Context, outcome: Outcome, component: string, state: string): Promise<void>;
}

const BODY_HEADERS: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "expect",
]);

/** The same request, as if the page itself had been asked for. */
function pageRequest(req: IncomingMessage, path: string): IncomingMessage {
  const headers = Object.fromEntries(Object.entries(req.headers).filter(([name]) => !BODY_HEADERS.has(name)));
  return Object.create(req, {
    method: { value: "GET", writable: true },
    url: { value: path, writable: true },
    originalUrl: { value: path, writable: true },
    headers: { value: headers, writable: true },
  }) as IncomingMessage;
}

/** Every middleware of the application, as for a request of its own. Koa 3 has `compose`; its types do not. */
function runApplication(app: Context["app"], inner: ReturnType<Context["app"]["createContext"]>): Promise<unknown> {
  const { compose } = app as unknown as {
    compose: (middleware: typeof app.middleware) => (ctx: typeof inner) => Promise<unknown>;
  };
  return compose(app.middleware)(inner);
}

function heldInstances(outcome: Outcome, component: string, posted: string): HeldInstance[] {
  const { kind, component_id: id, state, refusal, code, partials } = outcome;
  const others = partials.flatMap(({ target, instance }) =>
    instance === undefined ? [] : [{ id: target, ...instance }],
  );
  if (kind === "removed") return [{ id, component, state, removed: true }, ...others];
  const notice = kind === "stale" ? code : undefined;
  return [{ id, component, state: kind === "nothing" ? posted : state, refusal, notice }, ...others];
}

export function wholePage(plain: PlainPages): WholePage {
  const heldBy = new WeakMap<IncomingMessage, readonly HeldInstance[]>();
  return {
    held: (req) => heldBy.get(req) ?? [],
    async answer(ctx, outcome, component, state) {
      const status = outcome.kind === "nothing" ? 200 : outcome.status;
      // Asked for as a page itself, it would ask for itself without end.
      if (heldBy.has(ctx.req)) return plain.show(ctx, status, outcome.html);
      const request = pageRequest(ctx.req, pagePath(ctx));
      heldBy.set(request, heldInstances(outcome, component, state));
      const inner = ctx.app.createContext(request, ctx.res);
      // As Koa begins every request; a page that answers sets its own.
      ctx.res.statusCode = 404;
      await runApplication(ctx.app, inner);
      const page = typeof inner.body === "string" ? inner.body : "";
      const placed = outcome.kind === "removed" || page.includes(`id="${outcome.component_id}"`);
      if (inner.status === 200 && page !== "" && placed) write(ctx, status, page);
      else plain.show(ctx, status, outcome.html);
    },
  };
}
