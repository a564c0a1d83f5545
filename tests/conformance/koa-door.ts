import { load } from "cheerio";
import type { EventSourceMessage } from "eventsource-parser";
import { ERRORS, type ErrorCode } from "hydrant";
import { type ComponentsContext, hydrantKoa } from "hydrant/koa";
import Koa, { type DefaultState } from "koa";
import { openEvents } from "../support/event-stream.js";
import { listen, type RawAnswer, type RawRequest } from "../support/http.js";
import {
  type Door,
  type Held,
  type HttpStage,
  personOf,
  type Reply,
  type SendWith,
  type StageOptions,
  type StageParts,
  type StreamFrame,
  VISITOR,
} from "./stage.js";

const JSON_ONLY = { Accept: "application/json", "Content-Type": "application/json" } as const;

interface JsonAnswer {
  readonly html?: string;
  readonly state?: string;
  readonly component_id?: string;
  readonly slots?: Readonly<Record<string, string>>;
  readonly effects?: {
    readonly redirect?: string;
    readonly trigger?: Readonly<Record<string, unknown>>;
    readonly partials?: Reply["partials"];
    readonly removed?: true;
  };
  readonly stream_done?: boolean;
  readonly append?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly id: string; readonly fields?: object };
}

function replyOf(component: string, { status, body }: RawAnswer): Reply {
  const {
    html = "",
    state = "",
    component_id = "",
    slots = {},
    effects = {},
    error,
  }: JsonAnswer = body === "" ? {} : JSON.parse(body);
  return {
    component,
    component_id,
    status,
    html,
    state,
    slots,
    code: error?.code,
    message: error?.message,
    errorId: error?.id,
    fields: (error?.fields ?? {}) as Reply["fields"],
    redirect: effects.redirect,
    trigger: effects.trigger ?? {},
    partials: effects.partials ?? [],
    removed: effects.removed ?? false,
  };
}

/** What one message of a stream says; the named ones only say that it ended. */
function frameOf(component: string, { event, data }: EventSourceMessage): StreamFrame | undefined {
  if (event === undefined) {
    const { stream_done = false, append, error } = JSON.parse(data) as JsonAnswer;
    const status = error === undefined ? 200 : ERRORS[error.code as ErrorCode].status;
    return { ...replyOf(component, { status, headers: {}, body: data }), stream_done, append };
  }
  if (event !== "component:error") return undefined;
  const error = JSON.parse(data) as NonNullable<JsonAnswer["error"]>;
  const { status } = ERRORS[error.code as ErrorCode];
  const reply = replyOf(component, { status, headers: {}, body: JSON.stringify({ error }) });
  return { ...reply, stream_done: true, append: undefined };
}

/** Address of the fixture page that shows these components. */
export function pagePath(placed: readonly { readonly name: string; readonly args?: object }[]): string {
  const all = placed.map(({ name, args = {} }) => ({ name, args }));
  return `/page?placed=${encodeURIComponent(JSON.stringify(all))}`;
}

/** The seal an instance carries in a page. */
export function sealIn(html: string, id: string): string {
  const values = load(html)(`[id="${id}"]`).attr("hx-vals:inherited");
  if (values === undefined) throw new Error(`the page holds no instance ${id}:\n${html}`);
  return (JSON.parse(values) as { state: string }).state;
}

/** An instance in a page of HTML. */
export function heldIn(html: string, component: string, id = `c-${component}`): Held {
  const page = load(html);
  return { component, component_id: id, state: sealIn(html, id), html: page.html(page(`[id="${id}"]`)) ?? "" };
}

/** The headers by which the fixture application knows somebody; a visitor has a session of the application. */
export function from(user: string): Readonly<Record<string, string>> {
  return user === "" ? { "x-session": VISITOR } : { "x-user": user };
}

function fixtureApp(
  { server, log, people }: StageParts,
  { prefix = "/components", door }: StageOptions,
): Koa<DefaultState, ComponentsContext> {
  const app = new Koa<DefaultState, ComponentsContext>();
  // What Koa itself would write to the console must not happen either.
  // It reports broken connections of every application; those are the client's doing.
  app.on("error", (error: Error & { code?: string }) => {
    if (!/^(?:HPE_|ECONNRESET)/.test(error.code ?? "")) log.error({ error }, "an error reached Koa");
  });
  // `x-user` stands for whatever the application knows a person by; without it a visitor is anonymous.
  const caller = (ctx: Koa.Context) => ({
    user: personOf(people, ctx.get("x-user")),
    session: ctx.get("x-session") === "" ? null : ctx.get("x-session"),
  });
  app.use(hydrantKoa(server, { prefix, caller, origins: ["https://friend.example"], ...door }));
  app.use(async (ctx, next) => {
    if (ctx.path !== "/page") return next();
    const placed: unknown = JSON.parse(String(ctx.query.placed ?? "[]"));
    await ctx.components.render("page.njk", { placed });
  });
  return app;
}

/** An event as a caller of the JSON interface sends it. */
function eventRequest(
  prefix: string,
  to: Pick<Held, "component" | "component_id" | "state">,
  event: string,
  payload: Readonly<Record<string, unknown>>,
  { user = "ann", idempotencyKey }: SendWith,
): RawRequest {
  const intent: Record<string, string> = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
  // What htmx says about the element that gets the answer; it names the instance.
  const target = to.component_id === "" ? {} : { "HX-Target": `section#${to.component_id}` };
  return {
    method: "POST",
    path: `${prefix}/${encodeURI(to.component)}/${encodeURI(event)}`,
    headers: { ...JSON_ONLY, ...from(user), ...intent, ...target },
    body: JSON.stringify({ ...payload, state: to.state }),
  };
}

/** Koa on a real port. */
export const koaDoor: Door<HttpStage> = {
  name: "koa",
  async open(parts, options: StageOptions): Promise<HttpStage> {
    const { prefix = "/components" } = options;
    const app = fixtureApp(parts, options);
    const http = await listen(app.callback());
    return {
      ...parts,
      prefix,
      http,
      async mount(component, params = {}, user = "ann") {
        const path = pagePath([{ name: component, args: params }]);
        const page = await http.request({ path, headers: from(user) });
        return heldIn(page.body, component);
      },
      async ask(component, params = {}, user = "ann") {
        const path = `${prefix}/${component}?${new URLSearchParams(params)}`;
        return replyOf(component, await http.request({ path, headers: { ...JSON_ONLY, ...from(user) } }));
      },
      async mountTicket(component, ticket, user = "ann") {
        const path = `${prefix}/${component}?ticket=${ticket}`;
        return replyOf(component, await http.request({ path, headers: { ...JSON_ONLY, ...from(user) } }));
      },
      async send(to, event, payload = {}, options = {}) {
        return replyOf(to.component, await http.request(eventRequest(prefix, to, event, payload, options)));
      },
      async *stream(to, event, payload = {}, options = {}) {
        const { headers, ...sent } = eventRequest(prefix, to, event, payload, options);
        const accept = { Accept: "application/json, text/event-stream" };
        const answer = await openEvents(http.port, { ...sent, headers: { ...headers, ...accept } });
        try {
          if (answer.headers["content-type"] !== "text/event-stream; charset=utf-8") {
            const { status, headers: answered } = answer;
            const reply = replyOf(to.component, { status, headers: answered, body: await answer.body });
            yield { ...reply, stream_done: true, append: undefined };
            return;
          }
          let last: EventSourceMessage | undefined;
          for await (const message of answer.messages()) {
            last = message;
            const frame = frameOf(to.component, message);
            if (frame !== undefined) yield frame;
          }
          if (last?.event === undefined) throw new Error("the stream was cut before its closing event");
        } finally {
          answer.leave();
        }
      },
      close: () => http.close(),
    };
  },
};
