import {
  type ComponentClass,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  type View,
} from "hydrant";
import { componentsOf, hydrantKoa } from "hydrant/koa";
import { html, type TaggedTemplate, taggedRenderer } from "hydrant/tagged";
import Koa, { type Context, type Middleware } from "koa";
import { type Listening, listen } from "./http.js";
import { testLog } from "./log.js";

/** What the content of a page is written with. */
export type PageHelpers = Pick<View, "component" | "lazy">;
type SafeHtml = ReturnType<typeof html>;

export interface LiveAppOptions {
  readonly components: Readonly<Record<string, ComponentClass>>;
  readonly templates: Readonly<Record<string, TaggedTemplate>>;
  /** Bodies of pages by path; each stands in a whole HTML page with the scripts of the client. */
  readonly pages: Readonly<Record<string, (helpers: PageHelpers) => SafeHtml>>;
  /** Runs before everything else, as a proxy would. */
  readonly before?: Middleware;
  readonly server?: Partial<ComponentServerOptions>;
  /** Adds to the Content-Security-Policy of every page. */
  readonly policy?: string;
  /** Stands in the head, before the scripts. */
  readonly head?: SafeHtml;
  /** Stands in the head, after the scripts. */
  readonly scripts?: SafeHtml;
}

/** A request under `/components/`, as it arrived. */
export interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly url: string;
  readonly headers: Context["req"]["headers"];
}

export interface LiveApp {
  readonly url: string;
  readonly server: ComponentServer;
  /** Events and mounts so far, the oldest first. */
  readonly arrivals: readonly Arrival[];
  close(): Promise<void>;
}

/** Templates that name the type of the state they show. */
export function template<State extends object>(
  write: (view: View & { readonly state: State }) => SafeHtml,
): TaggedTemplate {
  return (view) => write(view as View & { readonly state: State });
}

const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'";

/** A real Koa application on a free port, its components and pages written with the tagged renderer. */
export async function liveApp(options: LiveAppOptions): Promise<LiveApp> {
  const { components, templates, pages, before = (_ctx, next) => next(), policy = "", head, scripts } = options;
  const arrivals: Arrival[] = [];
  const page = (data: Readonly<Record<string, unknown>>) => {
    const { path, assets, ...helpers } = data as { path: string; assets: () => SafeHtml } & PageHelpers;
    return html`<!doctype html><html lang="en"><head><title>${path}</title>${head}${assets()}${scripts}</head><body>${pages[path]?.(helpers)}</body></html>`;
  };
  const renderer = taggedRenderer({ templates, pages: { page } });
  const server = createComponentServer({
    components,
    renderer,
    mode: "development",
    log: testLog(),
    ...options.server,
  });
  const app = new Koa();
  app.use(before);
  app.use((ctx, next) => {
    const { method, path, url, headers } = ctx;
    if (path.startsWith("/components/") && !path.includes("/_assets/")) arrivals.push({ method, path, url, headers });
    ctx.set("Content-Security-Policy", POLICY + policy);
    return next();
  });
  app.use(hydrantKoa(server));
  app.use(async (ctx) => {
    if (pages[ctx.path] === undefined) return;
    const own = componentsOf(ctx);
    await own.render("page", { path: ctx.path, assets: own.assets });
  });
  const listening: Listening = await listen(app.callback());
  return { url: listening.origin, server, arrivals, close: listening.close };
}
