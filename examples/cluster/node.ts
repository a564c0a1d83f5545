// One node, in a process of its own. Started by server.ts, which says in the environment what it needs.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { createComponentServer } from "hydrant";
import { type ComponentsContext, health, hydrantKoa, stopGracefully } from "hydrant/koa";
import { redisLimitStore } from "hydrant/limits";
import { nunjucksRenderer } from "hydrant/nunjucks";
import { redisStores } from "hydrant/redis";
import { ComponentWebSocketManager } from "hydrant/websocket";
import Koa from "koa";
import { Conversation, lineOf } from "../chat/conversation.js";
import { chatIn, counterOn } from "./components.js";
import { redisClient } from "./redis.js";
import { redisChatStore } from "./room-store.js";

const EXAMPLES_FOLDER = fileURLToPath(new URL("..", import.meta.url));
const { HYDRANT_KEY: key, REDIS_URL: url = "", NODE_NAME: node = "", NODE_NAMES: names = "" } = process.env;
const PORT = Number(process.env.PORT ?? 0);

const client = redisClient(url);
client.on("error", (error: Error) => console.warn(`${node}: Redis is gone (${error.message})`));
await client.connect();

const conversation = new Conversation(redisChatStore(client));
const server = createComponentServer({
  ...redisStores(client),
  components: { chat: chatIn(conversation), counter: counterOn(node) },
  renderer: nunjucksRenderer(EXAMPLES_FOLDER),
  limitStore: redisLimitStore(client),
  keys: [key],
});
conversation.onMessage((room, message) => server.append(`room:${room}`, "messages", lineOf(room, message)));

/** The proxy in front adds the address it sees. */
const DOOR = { trustedProxies: 1 };
const FILES = new Map(
  ["gallery/gallery.css", "gallery/icon.svg"].map((path) => [`/${path}`, readFileSync(EXAMPLES_FOLDER + path)]),
);

const app = new Koa<Koa.DefaultState, ComponentsContext>();
app.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever leaves before all was written is nobody's failure.
  if (error.code !== "EPIPE" && error.code !== "ECONNRESET") console.error(error);
});
app.use(health(server));
app.use(async (ctx, next) => {
  ctx.set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  const file = FILES.get(ctx.path);
  if (file === undefined) return next();
  ctx.type = extname(ctx.path);
  ctx.body = file;
});
app.use(hydrantKoa(server, DOOR));
app.use(async (ctx) => {
  if (ctx.path === "/") return ctx.redirect("/chat");
  if (ctx.path !== "/chat") return;
  const { room = "harbour", socket } = ctx.query;
  const data = { node, nodes: names.split(","), room, socket: socket !== undefined };
  await ctx.components.render("cluster/page.njk", data);
});

const http = createServer(app.callback());
const sockets = new ComponentWebSocketManager(server, DOOR);
sockets.listen(http, app);

async function close(): Promise<void> {
  await sockets.close();
  client.destroy();
}

process.once("SIGTERM", () => void stopGracefully(server, http, { withinMs: 20_000, close }));
// Ctrl+C goes to all processes of a terminal. The one that started this node ends it in its own time.
process.on("SIGINT", () => {});
// That one is gone.
process.once("disconnect", () => process.exit(1));
process.channel?.unref();

http.listen(PORT, "127.0.0.1");
await once(http, "listening");
process.send?.((http.address() as AddressInfo).port);
