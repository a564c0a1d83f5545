// What an author writes, checked against the declarations as they are published.
import { Component, ComponentRegistry, createComponentServer, type Payload } from "hydrant";
import { type ComponentsContext, hydrantKoa } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import { type RedisClient, redisStores } from "hydrant/redis";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor } from "hydrant/testing";
import { ComponentWebSocketManager } from "hydrant/websocket";
import Koa, { type DefaultState } from "koa";
import { z } from "zod";

const events = { increment: z.object({ by: z.coerce.number() }) };
const registry = new ComponentRegistry();

@registry.register("counter")
class Counter extends Component<{ count: number }, { start: number }> {
  static override readonly template = "counter.njk";
  static override readonly params = z.object({ start: z.number() });
  static override readonly events = events;

  override mount({ start }: { start: number }): void {
    this.state = { count: start };
  }

  on_increment({ by }: Payload<typeof events, "increment">): void {
    this.state.count += by;
  }
}

const renderer = nunjucksRenderer({
  folders: "templates",
  configure: (environment) => environment.addFilter("twice", (count: number) => count * 2),
});
const server = createComponentServer({ components: registry, renderer, mode: "development" });
const app = new Koa<DefaultState, ComponentsContext>();
app.use(hydrantKoa(server, { prefix: "/parts", caller: (ctx) => ({ user: null, session: ctx.ip }) }));
app.use((ctx) => ctx.components.render("page.njk", { title: "Hello" }));

export const answered: Promise<number> = createTestDoor(
  createComponentServer({
    components: { counter: Counter },
    renderer: taggedRenderer({ templates: { "counter.njk": ({ root }) => html`<p ${root()}></p>` } }),
    mode: "development",
  }),
)
  .mount("counter", { start: 1 })
  .then(({ answer }) => answer.status);

new ComponentWebSocketManager(server, { prefix: "/parts" }).attach(app);
export const onRedis = (client: RedisClient) =>
  createComponentServer({ components: registry, renderer, mode: "development", ...redisStores(client) });
