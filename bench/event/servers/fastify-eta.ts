import type { RequestListener } from "node:http";
import { fileURLToPath } from "node:url";
import formBody from "@fastify/formbody";
import { Eta } from "eta";
import fastify from "fastify";
import { serve } from "../../socket/serve.js";
import { ANSWER_HEADERS, newSession, openState, sessionOf, signState, stepOf } from "../signed-state.js";

const eta = new Eta({ views: fileURLToPath(new URL("../../../bench/event/templates", import.meta.url)), cache: true });
const app = fastify();

function counterHtml(id: string, count: number, session: string): string {
  return eta.render("fastify", { id, count, step: 1, state: signState({ id, count }, session) });
}

interface Increment {
  readonly Body: { readonly state?: unknown };
  readonly Querystring: { readonly by?: unknown };
}

app.register(formBody);
app.post<Increment>("/components/counter/increment", (request, reply) => {
  if (request.headers["sec-fetch-site"] !== "same-origin") return reply.code(403).send("cross_site");
  const session = sessionOf(request.headers.cookie);
  const state = openState(request.body.state, session);
  if (state === undefined) return reply.code(400).send("state_invalid");
  const by = stepOf(request.query.by);
  if (by === undefined) return reply.code(422).send("invalid");
  return reply
    .headers(ANSWER_HEADERS)
    .type("text/html; charset=utf-8")
    .send(counterHtml(state.id, state.count + by, session));
});
app.get("/", (_request, reply) => {
  const session = newSession();
  return reply
    .header("Set-Cookie", `session=${session}; Path=/; HttpOnly; SameSite=Lax`)
    .type("text/html; charset=utf-8")
    .send(`<!doctype html><title>Counter</title>${counterHtml("c-counter", 1, session)}`);
});
await app.ready();

serve(app.routing as RequestListener);
