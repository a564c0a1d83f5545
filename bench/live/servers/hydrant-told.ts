import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createComponentServer } from "hydrant";
import { componentsOf, hydrantKoa } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import Koa from "koa";
import { ToldCounter } from "../counters.js";
import { serveLasting } from "../serve.js";

serveLasting(() => {
  const server = createComponentServer({
    components: { counter: ToldCounter },
    renderer: nunjucksRenderer(fileURLToPath(new URL("../../../bench/event/templates", import.meta.url))),
    keys: [randomBytes(32).toString("base64url")],
    log: { info() {}, warn() {}, error: console.error },
  });
  const app = new Koa();
  // Readers that leave are no news.
  app.silent = true;
  app.use(hydrantKoa(server));
  app.use((ctx) => componentsOf(ctx).render("page.njk"));
  return { listener: app.callback(), broadcast: () => server.publish("count") };
});
