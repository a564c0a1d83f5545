import type { Context } from "koa";
import { type Caller, type ComponentServer, type HeldInstance, type PageScope, SafeHtml } from "../../core/index.js";
import type { AssetName, Assets } from "./assets.js";

/** `ctx.components`: components in the pages of the application. */
export interface PageComponents {
  /**
   * Renders a page with the server's renderer and answers with it. The template has `component`, `lazy` and
   * `component_assets` beside the data and `ctx.state`.
   */
  render(template: string, data?: Readonly<Record<string, unknown>>): Promise<void>;
  /** For pages made by another engine: what to call while it runs. */
  readonly component: PageScope["component"];
  /** The same for a component that is mounted later. */
  readonly lazy: PageScope["lazy"];
  /**
   * Page configuration and scripts, for the `head` of every page that shows components. With `socket: true` events and
   * updates go over one WebSocket where there is one, and over HTTP where there is not.
   */
  assets(options?: AssetOptions): SafeHtml;
  /** Puts the components into the finished page. */
  fill(html: string): Promise<string>;
}

export interface AssetOptions {
  readonly socket?: boolean;
}

export interface PageComponentsOptions {
  /** What the page has seen of what is published, before it is rendered. */
  readonly cursor: string;
  readonly server: ComponentServer;
  readonly assets: Assets;
  readonly base: string;
  readonly caller: () => Caller;
  readonly held: readonly HeldInstance[];
}

/** What htmx must not swap; errors come as partials, which it shows all the same. */
const CONFIG = JSON.stringify({
  defaultSwap: "outerMorph",
  noSwap: [204, 304, 400, 401, 403, 404, 408, 413, 415, 429, "5xx"],
});

function headHtml(
  { base, assets, cursor, server }: PageComponentsOptions,
  { socket = false }: AssetOptions = {},
): SafeHtml {
  const { live, streams } = server.features;
  const names: readonly AssetName[] = socket ? [...assets.scripts, "socket-client"] : assets.scripts;
  // In order and without `defer`: htmx starts when the document is ready, and the extension must be there by then.
  const scripts = names.map((name) => `<script src="${base}/_assets/${assets.fileName(name)}"></script>`);
  const after = encodeURIComponent(cursor);
  const metas = [
    `<meta name="htmx-config" content='${CONFIG}'>`,
    live || streams ? `<meta name="hydrant-live" content="${base}/_live?cursor=${after}">` : "",
    socket ? `<meta name="hydrant-socket" content="${base}/_ws?cursor=${after}">` : "",
  ];
  return new SafeHtml(metas.join("") + scripts.join(""));
}

/** A request of htmx for a piece of a page; ids must not repeat those of the page it goes into. */
function isFragmentRequest({ headers }: Context["req"]): boolean {
  return headers["hx-request"] === "true" && headers["hx-request-type"] !== "full" && headers["hx-boosted"] !== "true";
}

export function pageComponents(ctx: Context, options: PageComponentsOptions): PageComponents {
  const { server, base, caller, held } = options;
  let opened: PageScope | undefined;
  const scope = (): PageScope => {
    opened ??= server.page({
      caller: caller(),
      base,
      held,
      page: ctx.originalUrl,
      wholePage: !isFragmentRequest(ctx.req),
    });
    return opened;
  };
  const head = (wanted?: AssetOptions): SafeHtml => headHtml(options, wanted);

  async function fill(html: string): Promise<string> {
    const filled = await scope().fill(html);
    if (filled.redirect !== undefined) ctx.redirect(filled.redirect);
    // Seals belong to one visitor, so the page that carries them does too.
    if (!ctx.response.get("Cache-Control")) ctx.set("Cache-Control", "no-cache, private");
    ctx.vary("HX-Request, HX-Request-Type, Accept");
    return filled.html;
  }

  return {
    component: (...args) => scope().component(...args),
    lazy: (...args) => scope().lazy(...args),
    assets: head,
    fill,
    async render(template, data = {}) {
      const page = server.pageTemplate(template);
      const { component, lazy } = scope();
      const html = await fill(page({ ...ctx.state, ...data, component, lazy, component_assets: head }));
      if (ctx.status >= 300 && ctx.status < 400) return;
      ctx.type = "html";
      ctx.body = html;
    },
  };
}
