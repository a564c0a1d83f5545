// One node of a cluster, in a process of its own. Started by `startCluster`, which hands it a `NodeConfig`.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type ComponentServer, createComponentServer } from "hydrant";
import { componentsOf, health, hydrantKoa, stopGracefully } from "hydrant/koa";
import { redisLimitStore } from "hydrant/limits";
import { redisStores } from "hydrant/redis";
import { ComponentWebSocketManager } from "hydrant/websocket";
import Koa, { type Context } from "koa";
import { createClient } from "redis";
import { clusterComponents, clusterRenderer, itemHtml } from "./components.js";
import { openClusterDatabase } from "./database.js";

/** What a node is told when it is started. */
export interface NodeConfig {
  readonly name: string;
  readonly port: number;
  readonly redisUrl: string;
  /** Path of the database's file. */
  readonly database: string;
  readonly key: string;
  /** Milliseconds after which an intent is free again whose node died. */
  readonly leaseMs: number;
}

/** Items to be kept and published. */
export interface Publication {
  readonly topic: string;
  readonly from: number;
  readonly to: number;
  /** As changes, as pieces, or as nothing but the news that something changed. */
  readonly way: "publish" | "append" | "again";
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

const config = JSON.parse(process.argv[2] as string) as NodeConfig;
const database = openClusterDatabase(config.database);
const client = createClient({ url: config.redisUrl, disableOfflineQueue: true, commandsQueueMaxLength: 10_000 });
client.on("error", () => {});
// It goes on trying while Redis is not there; a node that waited for that could not be started meanwhile.
const connecting = client.connect().catch((error: unknown) => console.warn("the client of Redis gave up", error));
await Promise.race([connecting, new Promise((resolve) => setTimeout(resolve, 2_000))]);

const server = createComponentServer({
  ...redisStores(client, { leaseMs: config.leaseMs }),
  components: clusterComponents({ database, node: config.name }),
  renderer: clusterRenderer(),
  limitStore: redisLimitStore(client),
  topicAccess: () => true,
  keys: [config.key],
});

async function publish({ topic, from, to, way }: Publication): Promise<"everywhere" | "here"> {
  if (way === "again") return (await server.publish(topic)).reached;
  // All of them are handed over in one go, so that they stay in order.
  const all: ReturnType<ComponentServer["publish"]>[] = [];
  for (let seq = from; seq <= to; seq++) {
    database.add(topic, seq);
    all.push(way === "append" ? server.append(topic, "items", itemHtml(topic, seq)) : server.publish(topic, seq));
  }
  const reached = await Promise.all(all);
  return reached.find((one) => one.reached === "here")?.reached ?? "everywhere";
}

async function answer(ctx: Context): Promise<void> {
  if (ctx.path === "/publish") {
    ctx.body = { reached: await publish((await readJson(ctx.req)) as Publication), node: config.name };
  } else if (ctx.path === "/page") {
    const places = [ctx.query.place ?? []].flat().map((place) => place.split(":"));
    await componentsOf(ctx).render("page", { places: places.map(([name, topic = ""]) => [name, topic]) });
  } else if (ctx.path === "/slow") {
    await new Promise((resolve) => setTimeout(resolve, Number(ctx.query.ms)));
    ctx.body = "done";
  }
}

const app = new Koa();
app.on("error", (error) => console.error(error));
app.use(health(server));
app.use((ctx, next) => {
  ctx.set("X-Node", config.name);
  return next();
});
app.use(hydrantKoa(server));
app.use(answer);

const http = createServer(app.callback());
const sockets = new ComponentWebSocketManager(server);
sockets.listen(http, app);

async function close(): Promise<void> {
  await sockets.close();
  client.destroy();
  database.close();
}

process.once("SIGTERM", () => {
  stopGracefully(server, http, { close }).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// Whoever started it is gone.
process.once("disconnect", () => process.exit(1));
// Listening for that alone keeps no process alive that has ended everything else.
process.channel?.unref();

http.listen(config.port, "127.0.0.1");
await once(http, "listening");
process.send?.("ready");
