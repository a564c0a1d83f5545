import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ComponentClass, type ComponentServer, type ComponentServerOptions, createComponentServer } from "hydrant";
import { type ComponentsContext, health, hydrantKoa, type KoaDoorOptions } from "hydrant/koa";
import { memoryLimitStore } from "hydrant/limits";
import { nunjucksRenderer } from "hydrant/nunjucks";
import Koa from "koa";
import type { Example } from "./example.js";
import { type SourceFile, sourceFiles } from "./source-files.js";

const EXAMPLES_FOLDER = fileURLToPath(new URL("..", import.meta.url));

/** What the pages may load and where they may stand: nothing from elsewhere, no inline script or style. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const FILES: Readonly<Record<string, string>> = {
  "/gallery/gallery.css": "text/css; charset=utf-8",
  "/gallery/icon.svg": "image/svg+xml",
};

/** The gallery's stylesheet and icon, read once. */
function staticFiles(): Koa.Middleware {
  const bodies = new Map(Object.keys(FILES).map((path) => [path, readFileSync(`${EXAMPLES_FOLDER}${path.slice(1)}`)]));
  return (ctx, next) => {
    const body = bodies.get(ctx.path);
    if (body === undefined) return next();
    ctx.set("Content-Type", FILES[ctx.path] as string);
    ctx.set("Cache-Control", "no-cache");
    ctx.body = body;
  };
}

async function guard(ctx: Koa.Context, next: Koa.Next): Promise<void> {
  ctx.set("Content-Security-Policy", POLICY);
  ctx.set("X-Content-Type-Options", "nosniff");
  ctx.set("Referrer-Policy", "same-origin");
  await next();
}

function componentsOf(examples: readonly Example[]): Record<string, ComponentClass> {
  return Object.assign({}, ...examples.map(({ components }) => components));
}

function serverOf(examples: readonly Example[]): Partial<ComponentServerOptions> {
  return Object.assign({}, ...examples.map(({ server }) => server));
}

/** What a door needs to know beside the server. */
export function doorOf(examples: readonly Example[]): KoaDoorOptions {
  return Object.assign({}, ...examples.map(({ door }) => door));
}

/** An index, and a page for each example with its source beside it. One example alone is the index itself. */
function pages(examples: readonly Example[]): Koa.Middleware<Koa.DefaultState, ComponentsContext> {
  const shown = new Map<string, { example: Example; sources: SourceFile[] }>(
    examples.map((example) => [`/${example.name}`, { example, sources: sourceFiles(EXAMPLES_FOLDER, example) }]),
  );
  const alone = examples.length === 1 ? [...shown.keys()][0] : undefined;
  return async (ctx) => {
    const { path, query } = ctx;
    const page = shown.get(path);
    if (page !== undefined) {
      await ctx.components.render(`${page.example.name}/page.njk`, { ...page, examples, path, query });
    } else if (path === "/" && alone === undefined) {
      await ctx.components.render("gallery/index.njk", { examples, path });
    } else if (path === "/") {
      ctx.redirect(alone as string);
    } else {
      await ctx.components.render("gallery/missing.njk", { examples, path });
      ctx.status = 404;
    }
  };
}

/** The gallery's application and the server behind it, which other doors answer for as well. */
export interface Gallery {
  readonly app: Koa<Koa.DefaultState, ComponentsContext>;
  readonly server: ComponentServer;
}

/** Makes ready what shows the given examples. */
export function openGallery(examples: readonly Example[], options: Partial<ComponentServerOptions> = {}): Gallery {
  const server = createComponentServer({
    components: componentsOf(examples),
    renderer: nunjucksRenderer(EXAMPLES_FOLDER),
    limitStore: memoryLimitStore(),
    ...serverOf(examples),
    ...options,
  });
  const app = new Koa<Koa.DefaultState, ComponentsContext>();
  app.use(health(server));
  app.use(guard);
  app.use(staticFiles());
  app.use(hydrantKoa(server, doorOf(examples)));
  app.use(pages(examples));
  for (const { live } of examples) live?.(server);
  return { app, server };
}

/** A Koa application that shows the given examples. */
export function galleryApp(
  examples: readonly Example[],
  options: Partial<ComponentServerOptions> = {},
): Gallery["app"] {
  return openGallery(examples, options).app;
}
