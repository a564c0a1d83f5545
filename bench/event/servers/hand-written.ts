import { fileURLToPath } from "node:url";
import bodyParser from "@koa/bodyparser";
import Router from "@koa/router";
import Koa from "koa";
import nunjucks from "nunjucks";
import { serve } from "../../socket/serve.js";
import { ANSWER_HEADERS, newSession, openState, sessionOf, signState, stepOf } from "../signed-state.js";

const folder = fileURLToPath(new URL("../../../bench/event/templates", import.meta.url));
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), { autoescape: true });
const app = new Koa();
const router = new Router({ prefix: "/components" });

function counterHtml(id: string, count: number, session: string): string {
  return environment.render("hand-written.njk", { id, count, step: 1, state: signState({ id, count }, session) });
}

router.post("/:component/:event", (ctx) => {
  if (ctx.params.component !== "counter" || ctx.params.event !== "increment") return ctx.throw(404);
  if (ctx.get("Sec-Fetch-Site") !== "same-origin") return ctx.throw(403);
  const session = sessionOf(ctx.headers.cookie);
  const { state: token } = ctx.request.body as { state?: unknown };
  const state = openState(token, session);
  if (state === undefined) return ctx.throw(400, "state_invalid");
  const by = stepOf(ctx.query.by);
  if (by === undefined) return ctx.throw(422);
  ctx.set(ANSWER_HEADERS);
  ctx.type = "html";
  ctx.body = counterHtml(state.id, state.count + by, session);
});

app.use(bodyParser());
app.use(router.routes());
app.use((ctx) => {
  const session = newSession();
  ctx.set("Set-Cookie", `session=${session}; Path=/; HttpOnly; SameSite=Lax`);
  ctx.type = "html";
  ctx.body = `<!doctype html><title>Counter</title>${counterHtml("c-counter", 1, session)}`;
});
// Refusals are part of the check before timing; they are not news.
app.silent = true;

serve(app.callback());
