import { hydrantKoa, type KoaDoorOptions } from "hydrant/koa";
import Koa from "koa";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import { counterIn, counterServer, pageAt } from "../support/counter-app.js";

const OWN = { "Sec-Fetch-Site": "same-origin" } as const;

function appWith(options: KoaDoorOptions = {}, configure: (app: Koa) => void = () => {}): Koa {
  const app = new Koa();
  configure(app);
  app.use(hydrantKoa(counterServer(), options));
  app.use(pageAt("/"));
  return app;
}

function cookieOf(answer: supertest.Response): string | undefined {
  return (answer.headers["set-cookie"] as unknown as string[] | undefined)?.[0];
}

describe("an anonymous visitor", () => {
  it("gets a cookie that scripts cannot read and other sites do not send", async () => {
    const cookie = cookieOf(await supertest(appWith().callback()).get("/"));
    expect(cookie).toMatch(/^hydrant_components=[a-z2-7]{26}\.[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it("gets one that stays on https, also behind a proxy the application trusts", async () => {
    const behind = appWith({}, (app) => {
      app.proxy = true;
    });
    const secure = cookieOf(await supertest(behind.callback()).get("/").set("X-Forwarded-Proto", "https"));
    expect(secure).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
    const untrusted = cookieOf(await supertest(appWith().callback()).get("/").set("X-Forwarded-Proto", "https"));
    expect(untrusted).not.toContain("Secure");
  });

  it("gets it once, under the name the application chose, beside other cookies", async () => {
    const agent = supertest(appWith({ cookie: "visitor" }).callback());
    const [pair = ""] = (cookieOf(await agent.get("/")) ?? "").split(";");
    expect(pair).toMatch(/^visitor=/);
    expect(cookieOf(await agent.get("/").set("Cookie", `a=1; visitor2=x; ${pair}; b=2`))).toBeUndefined();
  });

  it("gets another one when it was not made here", async () => {
    const agent = supertest(appWith({ cookie: "visitor" }).callback());
    const [pair = ""] = (cookieOf(await agent.get("/")) ?? "").split(";");
    const forged = ["visitor=abc", "visitor=abc.def", "visitor=", `visitor=0${pair.slice(9)}`, `${pair}x`, "visitor=."];
    for (const cookie of forged) expect(cookieOf(await agent.get("/").set("Cookie", cookie))).toMatch(/^visitor=/);
  });

  it("gets none with an event", async () => {
    const app = appWith();
    const { state } = counterIn((await supertest.agent(app.callback()).get("/")).text);
    for (const headers of [{}, { Accept: "application/json" }, { "HX-Request": "true" }]) {
      const answer = await supertest(app.callback())
        .post("/components/counter/increment")
        .set(headers)
        .type("form")
        .send({ state });
      expect([answer.status, cookieOf(answer)]).toEqual([400, undefined]);
    }
  });

  it("cannot use what was sealed for another visitor", async () => {
    const callback = appWith().callback();
    const [ann, bob] = [supertest.agent(callback), supertest.agent(callback)];
    const { state, action } = counterIn((await ann.get("/")).text);
    await bob.get("/");
    await bob.post(action).set(OWN).type("form").send({ state }).expect(400);
    await ann.post(action).set(OWN).set("HX-Request", "true").type("form").send({ state }).expect(200);
  });
});

describe("somebody the application knows", () => {
  const options: KoaDoorOptions = { caller: (ctx) => ({ user: ctx.state.user as { id: string } | null }) };
  const signedIn = (app: Koa) =>
    app.use(async (ctx, next) => {
      const id = ctx.get("x-user");
      ctx.state.user = id === "" ? null : { id };
      await next();
    });

  it("needs no cookie and holds seals on every device", async () => {
    const agent = supertest(appWith(options, signedIn).callback());
    const page = await agent.get("/").set("x-user", "ann").expect(200);
    expect(cookieOf(page)).toBeUndefined();
    const { state, action } = counterIn(page.text);
    const send = (user: string) =>
      agent.post(action).set({ "x-user": user, "HX-Request": "true" }).type("form").send({ state });
    await send("ann").expect(200);
    await send("bob").expect(400);
    await send("").expect(400);
  });

  it("is told apart from a session of the same name", async () => {
    const agent = supertest(
      appWith({ caller: (ctx) => (ctx.get("as") === "user" ? { user: { id: "7" } } : { session: "7" }) }).callback(),
    );
    const { state, action } = counterIn((await agent.get("/").set("as", "user")).text);
    await agent.post(action).set("as", "session").type("form").send({ state }).expect(400);
    await agent.post(action).set({ as: "user", "HX-Request": "true" }).type("form").send({ state }).expect(200);
  });

  it("may be looked up badly: a caller function that throws is a failure, not a crash", async () => {
    const agent = supertest(
      appWith({
        caller: () => {
          throw new Error("the session store is gone");
        },
      }).callback(),
    );
    const answer = await agent.get("/components/counter").set("Accept", "application/json").expect(500);
    expect(JSON.stringify(answer.body)).not.toContain("session store");
  });
});

const ORIGIN = "http://shop.example";

/** Every mix of the three headers that decide, and whether the event is answered. */
const MATRIX: readonly (readonly [site: string | null, origin: string | null, cookie: boolean, answered: boolean])[] = [
  ["same-origin", ORIGIN, true, true],
  ["same-origin", null, true, true],
  ["same-origin", "null", true, true],
  ["same-site", ORIGIN, true, false],
  ["same-site", "http://blog.shop.example", true, false],
  ["same-site", null, false, false],
  ["cross-site", "https://evil.example", true, false],
  ["cross-site", null, false, false],
  ["cross-site", "null", true, false],
  ["none", null, true, true],
  [null, ORIGIN, true, true],
  [null, ORIGIN, false, true],
  [null, "https://shop.example", true, false],
  [null, "https://evil.example", true, false],
  [null, "https://evil.example", false, false],
  [null, "null", true, false],
  [null, "null", false, false],
  [null, null, true, false],
  [null, null, false, true],
  ["cross-site", "https://admin.example", true, true],
  [null, "https://admin.example", true, true],
  ["cross-site", "http://admin.example", true, false],
];

describe("an event from another site", () => {
  const app = appWith({ caller: () => ({ user: { id: 1 } }), origins: ["https://admin.example"] });

  it.each(MATRIX)(
    "with Sec-Fetch-Site %s, Origin %s and a cookie %s is answered: %s",
    async (site, origin, cookie, answered) => {
      const agent = supertest(app.callback());
      const { state, action } = counterIn((await agent.get("/")).text);
      const answer = await agent
        .post(action)
        .set({ Host: "shop.example", "HX-Request": "true" })
        .set(site === null ? {} : { "Sec-Fetch-Site": site })
        .set(origin === null ? {} : { Origin: origin })
        .set(cookie ? { Cookie: "any=1" } : {})
        .type("form")
        .send({ state });
      expect([answer.status, answer.text.includes("cross_site")]).toEqual(answered ? [200, false] : [403, true]);
    },
  );

  it("is judged by the https address behind a proxy the application trusts", async () => {
    const proxied = appWith({ caller: () => ({ user: { id: 1 } }) }, (one) => {
      one.proxy = true;
    });
    const agent = supertest(proxied.callback());
    const { state, action } = counterIn((await agent.get("/")).text);
    const send = (origin: string) =>
      agent
        .post(action)
        .set({ "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example", Origin: origin, "HX-Request": "true" })
        .type("form")
        .send({ state });
    await send("https://shop.example").expect(200);
    await send("http://shop.example").expect(403);
  });
});
