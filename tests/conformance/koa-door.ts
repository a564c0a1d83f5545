import { load } from "cheerio";
import { type ComponentsContext, hydrantKoa } from "hydrant/koa";
import Koa, { type DefaultState } from "koa";
import { listen, type RawAnswer } from "../support/http.js";
import {
  type Door,
  type Held,
  type HttpStage,
  personOf,
  type Reply,
  type StageOptions,
  type StageParts,
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
      async send(to, event, payload = {}, { user = "ann", idempotencyKey } = {}) {
        const intent: Record<string, string> =
          idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
        // What htmx says about the element that gets the answer; it names the instance.
        const target = to.component_id === "" ? {} : { "HX-Target": `section#${to.component_id}` };
        const answer = await http.request({
          method: "POST",
          path: `${prefix}/${encodeURI(to.component)}/${encodeURI(event)}`,
          headers: { ...JSON_ONLY, ...from(user), ...intent, ...target },
          body: JSON.stringify({ ...payload, state: to.state }),
        });
        return replyOf(to.component, answer);
      },
      close: () => http.close(),
    };
  },
};
