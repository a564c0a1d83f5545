import { hydrantKoa } from "hydrant/koa";
import Koa from "koa";
import { onTestFinished } from "vitest";
import { type EventAnswer, openEvents } from "./event-stream.js";
import { type Listening, listen, type RawAnswer } from "./http.js";
import { type LiveStage, shownIn } from "./live-stage.js";

export interface LiveHttp {
  readonly http: Listening;
  /** Opens the stream of updates of a page. */
  live(query: LiveAsk, user?: string, headers?: Readonly<Record<string, string>>): Promise<EventAnswer>;
  /** Posts what a page is told of. */
  post(change: unknown, user?: string): Promise<RawAnswer>;
}

export interface LiveAsk {
  readonly instances?: readonly { readonly component: string; readonly state: string }[];
  readonly cursor?: string;
  readonly shared?: boolean;
}

export function liveQuery({ instances = [], cursor, shared = false }: LiveAsk): string {
  const query = new URLSearchParams();
  for (const { component, state } of instances) {
    query.append("component", component);
    query.append("state", state);
  }
  if (cursor !== undefined) query.set("cursor", cursor);
  if (shared) query.set("shared", "");
  return query.toString();
}

/** The stage behind Koa on a free port. A person is who the header `x-user` says. */
export async function liveHttp({ server, log }: LiveStage): Promise<LiveHttp> {
  const app = new Koa();
  // Readers who leave in the middle of something are what is tried here.
  app.on("error", (error: Error & { code?: string }) => {
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") log.error({ error }, "an error reached Koa");
  });
  app.use(hydrantKoa(server, { caller: (ctx) => ({ user: { id: ctx.get("x-user") } }) }));
  const http = await listen(app.callback());
  onTestFinished(() => http.close());
  return {
    http,
    live: (query, user = "ann", headers = {}) =>
      openEvents(http.port, {
        method: "GET",
        path: `/components/_live?${liveQuery(query)}`,
        headers: { "x-user": user, Accept: "text/event-stream", ...headers },
      }),
    post: (change, user = "ann") =>
      http.request({
        method: "POST",
        path: "/components/_live",
        headers: { "x-user": user, "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(change),
      }),
  };
}

/** What a page was shown in unnamed messages: the roots in their partials. */
export function rootsIn({ events }: Pick<EventAnswer, "events">): readonly ReturnType<typeof shownIn>[] {
  return events
    .filter(({ event, data }) => event === undefined && data.includes("<section"))
    .map(({ data }) => shownIn(data));
}

/** What the greeting of a connection says. */
export function greetingOf({ events }: Pick<EventAnswer, "events">): {
  readonly connection: string;
  readonly cursor: string;
} {
  const first = events.find(({ event }) => event === "connected");
  if (first === undefined) throw new Error("the connection was not greeted");
  return JSON.parse(first.data) as { connection: string; cursor: string };
}
