import { readFileSync } from "node:fs";
import { componentsOf, hydrantKoa } from "hydrant/koa";
import Koa from "koa";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import { counterIn, counterServer, pageAt } from "../support/counter-app.js";

function appWith(...middleware: Koa.Middleware[]): ReturnType<typeof supertest> {
  const app = new Koa();
  app.silent = true;
  app.use(hydrantKoa(counterServer()));
  for (const one of middleware) app.use(one);
  return supertest(app.callback());
}

describe("scripts and styles", () => {
  it("are served under hashed names, for good", async () => {
    const agent = appWith(pageAt("/"));
    const { scripts } = counterIn((await agent.get("/")).text);
    expect(scripts.map((path) => path.replace(/\.[0-9a-f]{12}\./, ".HASH."))).toEqual([
      "/components/_assets/htmx.HASH.js",
      "/components/_assets/component-client.HASH.js",
    ]);
    const client = await agent.get(scripts[1] as string).expect(200);
    expect(client.headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": "text/javascript; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
    expect(client.headers["set-cookie"]).toBeUndefined();
    expect(client.text).toBe(readFileSync(new URL("../../public/component-client.js", import.meta.url), "utf8"));
  });

  it("answer HEAD like GET, without the body", async () => {
    const agent = appWith(pageAt("/"));
    const [script = ""] = counterIn((await agent.get("/")).text).scripts;
    const [head, get] = [await agent.head(script).expect(200), await agent.get(script).buffer(true)];
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
    expect(head.text ?? "").toBe("");
  });

  it("are not found under any other name", async () => {
    const agent = appWith();
    for (const file of [
      "htmx.js",
      "htmx.000000000000.js",
      "component-client.js",
      "..%2fpackage.json",
      "%2e%2e/package.json",
      "",
      "constructor",
      "__proto__",
      "x/y",
    ]) {
      await agent.get(`/components/_assets/${file}`).expect(404);
    }
  });
});

describe("a page with components", () => {
  it("is never kept for anybody else", async () => {
    const page = await appWith(pageAt("/")).get("/").expect(200);
    expect(page.headers["cache-control"]).toBe("no-cache, private");
    expect(page.headers.vary).toBe("HX-Request, HX-Request-Type, Accept");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  });

  it("keeps caching headers that the application chose", async () => {
    const strict: Koa.Middleware = async (ctx, next) => {
      ctx.set("Cache-Control", "no-store");
      await next();
    };
    const page = await appWith(strict, pageAt("/")).get("/");
    expect(page.headers["cache-control"]).toBe("no-store");
  });

  it("answers HEAD with the same headers", async () => {
    const page = await appWith(pageAt("/")).head("/").expect(200);
    expect(Number(page.headers["content-length"])).toBeGreaterThan(500);
    expect(page.text ?? "").toBe("");
  });

  it("gets its data and ctx.state, with the data's names first", async () => {
    const agent = appWith(
      async (ctx, next) => {
        ctx.state.title = "From the state";
        await next();
      },
      async (ctx) => componentsOf(ctx).render("page", { title: "<From> the data" }),
    );
    expect((await agent.get("/")).text).toContain("<title>&lt;From&gt; the data</title>");
  });

  it("may be made by any other engine: marks while it runs, components put in afterwards", async () => {
    const agent = appWith(async (ctx) => {
      const { assets, component, fill, lazy } = componentsOf(ctx);
      const html = `<!doctype html>${assets()}<main>${component("counter", { start: 5 })}${component("counter", { start: 6 })}${lazy("counter", { start: 7 })}</main>`;
      expect(html).not.toContain("data-component=");
      ctx.type = "html";
      ctx.body = await fill(html);
    });
    const page = (await agent.get("/").expect(200)).text;
    expect(page.match(/<output>\d+<\/output>/g)).toEqual(["<output>5</output>", "<output>6</output>"]);
    expect(page).toContain('id="c-counter"');
    expect(page).toContain('id="c-counter-2"');
    expect(page).toContain("data-lazy");
    expect(page).toContain('<meta name="htmx-config"');
  });

  it("gives a piece of a page for htmx ids of its own", async () => {
    const agent = appWith(pageAt("/"));
    const ids = async (headers: Record<string, string>) =>
      /<section id="([^"]+)"/.exec((await agent.get("/").set(headers)).text)?.[1];
    expect(await ids({ "HX-Request": "true" })).toMatch(/^c-counter-[a-z2-7]{8}$/);
    expect(await ids({ "HX-Request": "true", "HX-Request-Type": "full" })).toBe("c-counter");
    expect(await ids({ "HX-Request": "true", "HX-Boosted": "true" })).toBe("c-counter");
    expect(await ids({ "HX-History-Restore-Request": "true", "HX-Request-Type": "full" })).toBe("c-counter");
  });

  it("names a mistake in its template and answers 500, and the next page is served", async () => {
    const errors: Error[] = [];
    const app = new Koa();
    app.on("error", (error: Error) => errors.push(error));
    app.use(hydrantKoa(counterServer()));
    app.use(async (ctx, next) => {
      if (ctx.path === "/broken") componentsOf(ctx).component("cuonter");
      await next();
    });
    app.use(pageAt("/"));
    const agent = supertest(app.callback());
    await agent.get("/broken").expect(500);
    expect(errors.map(({ message }) => message)).toEqual([
      'a page places the component "cuonter", which is not registered. Registered: counter.',
    ]);
    await agent.get("/").expect(200);
  });

  it("says what is missing where the door was not used", async () => {
    const errors: Error[] = [];
    const app = new Koa();
    app.on("error", (error: Error) => errors.push(error));
    app.use(pageAt("/"));
    await supertest(app.callback()).get("/").expect(500);
    expect(errors[0]?.message).toContain("use hydrantKoa() before the pages");
  });
});

describe("addresses pushed by a handler", () => {
  it("are answered to htmx as headers", async () => {
    const { Component, createComponentServer } = await import("hydrant");
    const { html, taggedRenderer } = await import("hydrant/tagged");
    class Tabs extends Component {
      static override template = "tabs";
      static override mountable = true;
      static override events = { open: null, show: null };
      override mount() {
        this.state = {};
      }
      on_open() {
        this.pushUrl("/tabs/two?x=ä");
      }
      on_show() {
        this.replaceUrl("/tabs/three");
      }
    }
    const renderer = taggedRenderer({ templates: { tabs: ({ root }) => html`<div ${root()}></div>` } });
    const server = createComponentServer({
      components: { tabs: Tabs },
      renderer,
      keys: ["tabs-key-2wE5rT8yU1iO4pA7sD0fG3h"],
    });
    const app = new Koa();
    app.use(hydrantKoa(server, { caller: () => ({ user: { id: 1 } }) }));
    const agent = supertest(app.callback());
    const mounted = await agent.get("/components/tabs").set("Accept", "application/json").expect(200);
    const { state } = mounted.body as { state: string };
    const send = (event: string) =>
      agent.post(`/components/tabs/${event}`).set("HX-Request", "true").type("form").send({ state });
    expect((await send("open").expect(200)).headers["hx-push-url"]).toBe("/tabs/two?x=%C3%A4");
    expect((await send("show").expect(200)).headers["hx-replace-url"]).toBe("/tabs/three");
  });
});
