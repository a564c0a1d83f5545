import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import { hydrantKoa } from "hydrant/koa";
import Koa from "koa";
import mount from "koa-mount";
import { createSession } from "koa-session";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import { counterIn, counterPage, counterServer, pageAt } from "../support/counter-app.js";

const OWN = { "Sec-Fetch-Site": "same-origin" } as const;

/** An application, and the path of its page with the counter. */
interface Case {
  readonly title: string;
  readonly page: string;
  /** Where events go. */
  readonly base: string;
  readonly app: () => Koa;
}

function appOf(...middleware: Koa.Middleware[]): () => Koa {
  return () => {
    const app = new Koa();
    for (const one of middleware) app.use(one);
    return app;
  };
}

const door = (prefix?: string) => hydrantKoa(counterServer(), prefix === undefined ? {} : { prefix });

function routed(): Koa {
  const router = new Router();
  const components = door();
  router.all(/^\/components\//, components);
  router.get("/shop", components, counterPage);
  return appOf(router.routes() as Koa.Middleware, router.allowedMethods() as Koa.Middleware)();
}

function withKoaSession(): Koa {
  const app = new Koa();
  app.keys = ["session-key-6hG2jK8lP4"];
  app.use(createSession({ key: "app.session" }, app));
  const caller = (ctx: Koa.Context) => {
    const session = ctx.session as unknown as { visitor?: string };
    session.visitor ??= crypto.randomUUID();
    return { session: session.visitor };
  };
  app.use(hydrantKoa(counterServer(), { caller }));
  app.use(pageAt("/shop"));
  return app;
}

/** A parser that keeps no raw text, as koa-body does. */
const onlyParsed: Koa.Middleware = async (ctx, next) => {
  if (ctx.method === "POST" && ctx.is("json", "urlencoded")) {
    let text = "";
    for await (const chunk of ctx.req) text += String(chunk);
    const body = ctx.is("json") ? (JSON.parse(text) as object) : Object.fromEntries(new URLSearchParams(text));
    (ctx.request as { body?: unknown }).body = body;
  }
  await next();
};

const inside = appOf(door(), pageAt("/shop"));

const CASES: readonly Case[] = [
  { title: "with app.use", page: "/shop", base: "/components", app: inside },
  { title: "under another prefix", page: "/shop", base: "/my/parts", app: appOf(door("/my/parts"), pageAt("/shop")) },
  { title: "inside @koa/router", page: "/shop", base: "/components", app: routed },
  { title: "under koa-mount", page: "/deep/shop", base: "/deep/components", app: appOf(mount("/deep", inside())) },
  {
    title: "under koa-mount, when the page is the mount's own path",
    page: "/deep",
    base: "/deep/components",
    app: appOf(mount("/deep", appOf(door(), pageAt("/"))())),
  },
  {
    title: "under koa-mount twice",
    page: "/very/deep/shop",
    base: "/very/deep/components",
    app: appOf(mount("/very", appOf(mount("/deep", inside()))())),
  },
  {
    title: "after a mount that passed the request on",
    page: "/shop",
    base: "/components",
    app: appOf(
      mount("/shop", async (_ctx, next) => next()),
      door(),
      pageAt("/shop"),
    ),
  },
  {
    title: "behind @koa/bodyparser",
    page: "/shop",
    base: "/components",
    app: appOf(bodyParser(), door(), pageAt("/shop")),
  },
  {
    title: "before @koa/bodyparser",
    page: "/shop",
    base: "/components",
    app: appOf(door(), bodyParser(), pageAt("/shop")),
  },
  {
    title: "behind a parser that keeps no text",
    page: "/shop",
    base: "/components",
    app: appOf(onlyParsed, door(), pageAt("/shop")),
  },
  { title: "beside koa-session, which knows the visitor", page: "/shop", base: "/components", app: withKoaSession },
];

describe.each(CASES)("a door $title", ({ app, base, page }) => {
  it("puts addresses into the page that lead back to it", async () => {
    const shown = counterIn((await supertest(app().callback()).get(page).expect(200)).text);
    expect(shown.address).toBe(`${base}/counter/increment?by=1`);
    expect(shown.action).toBe(`${base}/counter/increment`);
    expect(shown.scripts).toHaveLength(2);
  });

  it("serves the scripts its pages name", async () => {
    const agent = supertest(app().callback());
    for (const script of counterIn((await agent.get(page)).text).scripts) {
      expect(script.startsWith(`${base}/_assets/`)).toBe(true);
      await agent.get(script).expect(200).expect("Content-Type", "text/javascript; charset=utf-8");
    }
  });

  it("answers events in every kind of body", async () => {
    const agent = supertest.agent(app().callback());
    const { state, action } = counterIn((await agent.get(page)).text);
    const send = () => agent.post(action).set(OWN).set("HX-Request", "true");
    const answers = [
      await send().type("form").send({ state, by: 2 }),
      await send().send({ state, by: 2 }),
      ...(page === "/shop" && app === CASES[9]?.app ? [] : [await send().field("state", state).field("by", "2")]),
    ];
    expect(answers.map(({ status, text }) => [status, counterIn(text).count])).toEqual(answers.map(() => [200, 7]));
  });

  it("answers a plain form with the page it stands in", async () => {
    const agent = supertest.agent(app().callback());
    const { state, action } = counterIn((await agent.get(page)).text);
    const answer = await agent
      .post(action)
      .set(OWN)
      .set("Referer", `http://127.0.0.1${page}`)
      .set("Host", "127.0.0.1")
      .type("form")
      .send({ state, by: 3 });
    expect([answer.status, counterIn(answer.text).count]).toEqual([200, 8]);
    expect(answer.text).toContain("<h1>Shop</h1>");
    const again = await agent
      .post(action)
      .set(OWN)
      .set("HX-Request", "true")
      .type("form")
      .send({ state: counterIn(answer.text).state, by: 1 });
    expect([again.status, counterIn(again.text).count]).toEqual([200, 9]);
  });

  it("styles its plain pages from where it is mounted", async () => {
    const agent = supertest.agent(app().callback());
    const { action } = counterIn((await agent.get(page)).text);
    const refused = await agent.post(action).set(OWN).type("form").send({ state: "x" }).expect(400);
    const style = /href="([^"]+\.css)"/.exec(refused.text)?.[1] ?? "";
    await agent.get(style).expect(200).expect("Content-Type", "text/css; charset=utf-8");
  });

  it("leaves other addresses to the application", async () => {
    const agent = supertest(app().callback());
    await agent.get("/elsewhere").expect(404);
    await agent.get(`${base}x/counter`).expect(404);
  });
});

describe("two servers", () => {
  const apart = [
    { title: "with different keys", other: { keys: ["other-key-1aS5dF9gH3jK7lZ2xC6vB8n"] } },
    { title: "with one key and different app names", other: { app: "other" } },
  ];

  it.each(apart)("in one process $title do not open each other's seals", async ({ other }) => {
    const caller = () => ({ user: { id: 1 } });
    const agents = [{}, other].map((options) =>
      supertest(appOf(hydrantKoa(counterServer(options), { caller }), pageAt("/shop"))().callback()),
    );
    const [mine, theirs] = agents as [(typeof agents)[0], (typeof agents)[0]];
    const { state, action } = counterIn((await mine.get("/shop")).text);
    await mine.post(action).type("form").send({ state }).expect(200);
    const refused = await theirs
      .post(action)
      .set("Accept", "application/json")
      .type("form")
      .send({ state })
      .expect(400);
    expect((refused.body as { error: { code: string } }).error.code).toBe("state_invalid");
  });

  it("under two prefixes of one application do not meet", async () => {
    const first = hydrantKoa(counterServer(), { prefix: "/one" });
    const second = hydrantKoa(counterServer({ keys: ["other-key-1aS5dF9gH3jK7lZ2xC6vB8n"] }), { prefix: "/two" });
    const agent = supertest.agent(appOf(first, pageAt("/first"), second, pageAt("/second"))().callback());
    const one = counterIn((await agent.get("/first")).text);
    const two = counterIn((await agent.get("/second")).text);
    expect([one.action, two.action]).toEqual(["/one/counter/increment", "/two/counter/increment"]);
    const send = (path: string, state: string) =>
      agent.post(path).set(OWN).set("HX-Request", "true").type("form").send({ state });
    await send(one.action, one.state).expect(200);
    await send(two.action, two.state).expect(200);
    await send(two.action, one.state).expect(400);
    await send(one.action, two.state).expect(400);
  });

  it("of one key under two prefixes give an anonymous visitor a session each", async () => {
    const server = counterServer();
    const doors = ["/one", "/two"].map((prefix) => hydrantKoa(server, { prefix }));
    const [first, second] = doors as [Koa.Middleware, Koa.Middleware];
    const agent = supertest.agent(appOf(first, pageAt("/first"), second, pageAt("/second"))().callback());
    const one = counterIn((await agent.get("/first")).text);
    await agent.get("/second");
    await agent.post("/two/counter/increment").set(OWN).type("form").send({ state: one.state }).expect(400);
  });
});
