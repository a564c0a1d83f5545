import { Component, HydrantError, type Payload } from "hydrant";
import { html } from "hydrant/tagged";
import type { Context, Next } from "koa";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { template } from "../../support/live-app.js";
import { gates, settled, shows, stage } from "./stage.js";

const gate = gates();
const CODES = ["malformed", "forbidden", "not_found", "rate_limited", "unavailable"] as const;
const events = {
  add: null,
  quiet: null,
  leave: null,
  announce: null,
  push: null,
  slow: null,
  fail: z.object({ code: z.enum(CODES) }),
  crash: null,
};

class Panel extends Component<{ count: number }> {
  static override template = "panel";
  static override events = events;

  override mount() {
    this.state = { count: 0 };
  }

  on_add() {
    this.state.count += 1;
  }

  on_quiet() {
    this.unchanged();
  }

  on_leave() {
    this.redirect("/elsewhere?from=panel");
  }

  on_announce() {
    this.state.count += 1;
    this.trigger("cart:changed", { items: this.state.count, name: "Zoë" });
  }

  on_push() {
    this.state.count += 1;
    this.pushUrl(`/?step=${this.state.count}`);
  }

  async on_slow() {
    await gate.pass("slow");
    this.state.count += 1;
    this.pushUrl("/?step=late");
  }

  on_fail({ code }: Payload<typeof events, "fail">) {
    throw new HydrantError(code);
  }

  on_crash() {
    throw new Error("a secret detail");
  }
}

/** What answers events instead of the application, as a proxy in front of it might. */
let instead: ((ctx: Context) => void) | undefined;

function proxy(ctx: Context, next: Next): Promise<unknown> | undefined {
  if (ctx.path === "/look") {
    ctx.body = `<i id="looked">${ctx.querystring}</i>`;
    return undefined;
  }
  if (instead === undefined || ctx.method !== "POST") return next();
  instead(ctx);
  return undefined;
}

const on = stage({
  components: { panel: Panel },
  before: proxy,
  policy: "; require-trusted-types-for 'script'; trusted-types hydrant",
  templates: {
    panel: template<{ count: number }>(
      ({ state, root, on: send }) => html`<section ${root()}>
        <output>${state.count}</output><input id="typed" name="typed">
        ${["add", "quiet", "leave", "announce", "push", "crash"].map((event) => html`<button id="${event}" ${send(event)}>${event}</button>`)}
        <button id="impatient" hx-config="timeout:200ms" ${send("slow")}>impatient</button>
        <button id="slow" hx-sync="this:drop" ${send("slow")}>slow</button>
        ${CODES.map((code) => html`<button id="${code}" ${send("fail", { code })}>${code}</button>`)}
        <button id="look" hx-get="/look" hx-target="#found" hx-swap="innerHTML">look</button><div id="found"></div>
        <form id="find" hx-get="/look" hx-target="#found" hx-swap="innerHTML"><input name="q" value="x"><input type="hidden" name="state" value="seal"><button>find</button></form>
        <div hx-boost:inherited="true"><a id="away" href="/elsewhere">away</a></div>
      </section>`,
    ),
  },
  pages: {
    "/": ({ component }) => component("panel", { key: "panel" }),
    "/elsewhere": () => html`<h1>elsewhere</h1>`,
    "/login": () => html`<h1>sign in</h1>`,
  },
});

afterEach(() => {
  instead = undefined;
});

/** Collects `component:error` events. */
async function listen(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate(() => {
    const heard: unknown[] = [];
    Object.assign(window, { heard });
    document.addEventListener("component:error", (event) => heard.push((event as CustomEvent).detail.code));
  });
  return () => page.evaluate(() => (window as unknown as { heard: unknown }).heard);
}

/** The component is as it was before, with what was typed, and answers again. */
async function standsAsBefore(page: Page): Promise<void> {
  expect(await page.textContent("output")).toBe("0");
  expect(await page.inputValue("#typed")).toBe("mine");
  expect(await page.title()).toBe("/");
  instead = undefined;
  await page.click("#add");
  await shows(page, "output", "1");
  expect(await page.locator("[role=alert]").count()).toBe(0);
}

describe("answers without a new root", () => {
  it("nothing to show leaves the component as it is, and it answers again", async () => {
    const page = await on.open("/");
    await page.fill("#typed", "mine");
    const answer = page.waitForResponse(/quiet/);
    await page.click("#quiet");
    expect((await answer).status()).toBe(204);
    await settled(page);
    await standsAsBefore(page);
  });

  it("a redirect leads to the other page", async () => {
    const page = await on.open("/");
    await page.click("#leave");
    await page.waitForURL(/\/elsewhere\?from=panel$/);
    expect(await page.textContent("h1")).toBe("elsewhere");
  });

  it("a triggered event arrives after the answer is in the page, with its detail", async () => {
    const page = await on.open("/");
    const heard = page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener("cart:changed", (event) =>
            resolve([(event as CustomEvent).detail.name, document.querySelector("output")?.textContent]),
          );
        }),
    );
    await page.click("#announce");
    expect(await heard).toEqual(["Zoë", "1"]);
  });
});

describe("the address bar", () => {
  it("follows the component, and going back shows a whole page whose component answers", async () => {
    const page = await on.open("/");
    await page.click("#push");
    await page.waitForURL(/step=1$/);
    await page.click("#push");
    await page.waitForURL(/step=2$/);
    await page.goBack();
    await page.waitForURL(/step=1$/);
    await shows(page, "output", "0");
    await page.click("#add");
    await shows(page, "output", "1");
    expect(await page.locator("[data-component]").count()).toBe(1);
  });

  it("is not changed by an answer that comes too late", async () => {
    const page = await on.open("/");
    await page.click("#slow");
    await gate.reached("slow");
    await page.click("#push");
    await page.click("#push");
    await page.waitForURL(/step=2$/);
    const answer = page.waitForResponse(/slow/);
    gate.open("slow");
    await (await answer).finished();
    await settled(page);
    expect(page.url()).toMatch(/step=2$/);
    expect(await page.textContent("output")).toBe("2");
  });

  it("never carries a seal: GET requests inside a component go without it", async () => {
    const page = await on.open("/");
    await page.click("#look");
    await page.waitForSelector("#looked", { state: "attached" });
    expect(await page.textContent("#looked")).toBe("");
    await page.click("#find button");
    await shows(page, "#looked", "q=x");
  });

  it("a boosted link inside a component leads to the page and not into the component", async () => {
    const page = await on.open("/");
    await page.click("#away");
    await page.waitForURL(/\/elsewhere$/);
    await shows(page, "h1", "elsewhere");
    expect(await page.locator("[data-component]").count()).toBe(0);
  });
});

describe("errors of the server", () => {
  it.each([
    ["malformed", "malformed"],
    ["forbidden", "forbidden"],
    ["not_found", "not_found"],
    ["rate_limited", "rate_limited"],
    ["unavailable", "unavailable"],
    ["crash", "internal"],
  ])("%s shows a message and leaves the component as it is", async (button, code) => {
    const page = await on.open("/");
    const heard = await listen(page);
    await page.fill("#typed", "mine");
    await page.click(`#${button}`);
    await page.waitForSelector(`[data-component-error] [role=alert][data-code="${code}"]`);
    expect(await page.textContent("[role=alert]")).not.toContain("secret");
    expect(await heard()).toEqual([code]);
    await standsAsBefore(page);
  });
});

const PAGE = "<!doctype html><html><head><title>Bad Gateway</title></head><body><h1>502</h1></body></html>";
const ATTACK = '<img src="/x" onerror="document.title=1"><section id="c-panel">stolen</section>';

describe("answers that no component gave", () => {
  it.each<[string, number, string, string]>([
    ["a proxy's page", 502, "text/html", PAGE],
    ["a page with status 200", 200, "text/html; charset=utf-8", PAGE],
    ["JSON", 200, "application/json", '{"ok":true}'],
    ["nothing at all", 200, "text/html", ""],
    ["markup as plain text", 500, "text/plain", ATTACK],
    ["a piece of HTML that is no component", 200, "text/html", ATTACK],
    ["a page without its beginning", 200, "text/html", "<title>Oops</title><h1>Oops</h1>"],
  ])("%s leaves the component as it is and says so", async (_what, status, type, body) => {
    const page = await on.open("/");
    const heard = await listen(page);
    await page.fill("#typed", "mine");
    instead = (ctx) => {
      ctx.status = status;
      ctx.body = body;
      ctx.type = type;
    };
    await page.click("#add");
    await page.waitForSelector('[data-component-error] [role=alert][data-code="unexpected"]');
    expect(await heard()).toEqual(["unexpected"]);
    await standsAsBefore(page);
  });

  it("a sign-in page behind a redirect is shown as the page it is", async () => {
    const page = await on.open("/");
    instead = (ctx) => {
      ctx.status = 303;
      ctx.set("Location", "/login");
    };
    await page.click("#add");
    await page.waitForURL(/\/login$/);
    expect(await page.textContent("h1")).toBe("sign in");
  });

  it("no answer at all leaves the component as it is and says so", async () => {
    const page = await on.open("/");
    const heard = await listen(page);
    await page.fill("#typed", "mine");
    instead = (ctx) => {
      ctx.respond = false;
      ctx.req.socket.destroy();
    };
    await page.click("#add");
    await page.waitForSelector('[data-component-error] [role=alert][data-code="network"]');
    expect(await heard()).toEqual(["network"]);
    // htmx reports the failure on the console, as it should.
    expect(on.complaints.splice(0).join()).toContain("Failed to fetch");
    await standsAsBefore(page);
  });

  it("an answer that takes too long is given up, and the component says so", async () => {
    const page = await on.open("/");
    await page.fill("#typed", "mine");
    await page.click("#impatient");
    await gate.reached("slow");
    await page.waitForSelector('[data-component-error] [role=alert][data-code="network"]');
    gate.open("slow");
    expect(on.complaints.splice(0).join()).toContain("timeout");
    await standsAsBefore(page);
  });
});
