import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Component, type ComponentServer, createComponentServer, SafeHtml } from "hydrant";
import { componentsOf, hydrantKoa } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import Koa from "koa";
import { LAST_WORDS } from "./reader.js";

const PIECE_BYTES = 1_024;

class Feed extends Component {
  static override template = "feed.njk";
  static override topics = () => ["news"];
}

/** A piece of exactly 1 KB; each has an id of its own, so that a page could tell it apart. */
function pieceOf(count: number): string {
  const begin = `<li id="news-${String(count).padStart(6, "0")}">`;
  const end = `${LAST_WORDS}</li>`;
  return begin + "a piece of news ".repeat(PIECE_BYTES / 16).slice(0, PIECE_BYTES - begin.length - end.length) + end;
}

export interface FeedApplication {
  readonly server: ComponentServer;
  readonly app: Koa;
  readonly broadcast: () => Promise<unknown>;
}

/** One page with one feed; whoever opens it is somebody new. */
export function feedApplication(): FeedApplication {
  const server = createComponentServer({
    components: { feed: Feed },
    renderer: nunjucksRenderer(fileURLToPath(new URL("../../bench/live/templates", import.meta.url))),
    keys: [randomBytes(32).toString("base64url")],
    log: { info() {}, warn() {}, error: console.error },
  });
  const app = new Koa();
  // Readers that leave are no news.
  app.silent = true;
  app.use(hydrantKoa(server));
  app.use((ctx) => componentsOf(ctx).render("page.njk"));
  let count = 0;
  return { server, app, broadcast: () => server.append("news", "items", new SafeHtml(pieceOf(++count))) };
}
