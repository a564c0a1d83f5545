import { memoryTopicLog } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { board, counter, current, Quiet, shared, stateOf, templates } from "./live-stage.js";
import { gates, shows, stage } from "./stage.js";
import { network } from "./stream-stage.js";

const line = network();
const log = memoryTopicLog();
type Follower = Parameters<typeof log.follow>[0];
let follower: Follower | undefined;
const on = stage({
  components: { board: board(gates()), quiet: Quiet },
  templates,
  before: line.pass,
  server: {
    topicLog: {
      ...log,
      follow(given) {
        follower = given;
        return log.follow(given);
      },
    },
  },
  pages: {
    "/": ({ component }) => component("board"),
    "/two": ({ component }) => html`${component("board")}${component("board", { key: "two", topic: "other" })}`,
  },
});

beforeEach(() => {
  Object.assign(shared, { news: "", items: [], note: "", secret: "" });
});

async function tell(news: string, change?: unknown) {
  shared.news = news;
  await on.app.server.publish("board", change);
}

/** A page on which no pause is long. */
async function open(beside?: Page, path = "/"): Promise<Page> {
  const page = await (beside ? on.openBeside(beside, "/nowhere") : on.open("/nowhere"));
  await page.addInitScript(() => {
    Math.random = () => 0;
    const states: string[] = [];
    Object.assign(window, { states });
    document.addEventListener("hydrant:live", (event) => {
      const { state, code } = (event as CustomEvent<{ state: string; code?: string }>).detail;
      states.push(code === undefined ? state : `${state} ${code}`);
    });
  });
  await page.goto(on.app.url + path);
  return page;
}

const states = (page: Page) => page.evaluate(() => (window as unknown as { states: string[] }).states);
const connections = counter(() => on.app, /GET .*_live/);
const LIVE = /GET .*_live/;

describe("the connection", () => {
  it("is made again after it was cut, and what changed meanwhile is shown", async () => {
    const page = await open();
    await current(page);
    await page.click(".add");
    await shows(page, ".count", "1");
    await tell("before", 1);
    await shows(page, ".heard", "1");
    line.refuse(/POST .*_live/, 503);
    expect(line.cut(LIVE)).toBe(1);
    await expect.poll(() => stateOf(page)).toBe("connecting");
    await tell("one", 2);
    line.refuse(/POST .*_live/, undefined);
    await shows(page, ".heard", "3");
    await current(page);
    expect(await page.textContent(".news")).toBe("one");
    expect(await page.textContent(".count")).toBe("1");
    expect(await states(page)).toEqual(["connecting", "current", "connecting", "current"]);
  });

  it("never carries a seal in an address", async () => {
    const page = await open();
    await current(page);
    await page.click(".add");
    await shows(page, ".count", "1");
    line.cut(LIVE);
    await tell("again");
    await shows(page, ".news", "again");
    const seal = JSON.parse((await page.getAttribute("[data-component]", "hx-vals:inherited")) ?? "{}").state.slice(
      0,
      20,
    );
    const asked = on.app.arrivals.filter(({ path }) => path.endsWith("/_live"));
    expect(asked.filter(({ method, url }) => method === "GET" && !url.endsWith("/_live?shared"))).toEqual([]);
    expect(asked.some(({ url }) => url.includes(seal))).toBe(false);
  });

  it("is tried again when the server answers with an error, and so is what the page has to say", async () => {
    for (const request of [LIVE, /POST .*_live/]) {
      line.refuse(request, 503);
      const page = await open();
      await page.waitForResponse((answer) => answer.status() === 503);
      expect(await stateOf(page)).toBe("connecting");
      await tell(`late ${request.source}`);
      line.refuse(request, undefined);
      await shows(page, ".news", `late ${request.source}`);
      await current(page);
    }
  });

  it("is given up when the server keeps refusing it", async () => {
    line.refuse(LIVE, 401);
    const page = await on.open("/nowhere");
    await page.clock.install();
    await page.goto(`${on.app.url}/`);
    const tries: string[] = [];
    page.on("request", (request) => {
      if (LIVE.test(`${request.method()} ${request.url()}`)) tries.push(request.url());
    });
    await expect
      .poll(
        async () => {
          await page.clock.fastForward(61_000);
          return stateOf(page);
        },
        { timeout: 10_000 },
      )
      .toBe("closed");
    const count = tries.length;
    expect(count).toBeLessThanOrEqual(11);
    line.refuse(LIVE, undefined);
    await page.clock.fastForward(3_600_000);
    await page.click(".add");
    await shows(page, ".count", "1");
    expect([tries.length, await stateOf(page)]).toEqual([count, "closed"]);
  });

  it("that history no longer reaches is caught up with by showing how things stand", async () => {
    const page = await open();
    await current(page);
    line.refuse(LIVE, 503);
    line.cut(LIVE);
    await expect.poll(() => stateOf(page)).toBe("connecting");
    shared.news = "while it was away";
    for (let count = 0; count < 20_100; count++) await on.app.server.publish("elsewhere", count);
    line.refuse(LIVE, undefined);
    await shows(page, ".news", "while it was away");
    await current(page);
    expect(await states(page)).toContain("stale");
    await tell("after");
    await shows(page, ".news", "after");
  });

  /** Two tabs on a node that does not hear the others any more. */
  async function cutOffTabs(): Promise<readonly [Page, Page]> {
    const first = await open();
    await current(first);
    const second = await open(first);
    await current(second);
    follower?.down(new Error("no log"));
    for (const page of [first, second]) await expect.poll(() => stateOf(page)).toBe("stale");
    return [first, second];
  }

  it("says when other nodes cannot be heard, to every tab, and when they can again", async () => {
    const [first, second] = await cutOffTabs();
    const third = await open(first);
    await expect.poll(() => stateOf(third)).toBe("stale");
    follower?.up();
    await current(first, second, third);
  });

  it("is told once more what each tab shows when other nodes can be heard again: that may have been lost with them", async () => {
    const told = new Set<string>();
    for (const page of await cutOffTabs()) {
      page.on("request", (request) => {
        const { page: name } =
          request.method() === "POST" ? (request.postDataJSON() as { page: string }) : { page: "" };
        if (name !== "") told.add(name);
      });
    }
    follower?.up();
    await expect.poll(() => told.size).toBe(2);
  });
});

describe("a visitor who is cut off", () => {
  async function signOut(page: Page) {
    const [cookie] = await page.context().cookies();
    const session = on.app.server.sessions.verify(decodeURIComponent(cookie?.value ?? "")) ?? null;
    await on.app.server.signedOut({ user: null, session });
  }

  it("is told so, and does not connect again until the page is loaded anew", async () => {
    const page = await open();
    await current(page);
    connections();
    await signOut(page);
    await expect.poll(() => stateOf(page)).toBe("closed");
    expect(await states(page)).toEqual(["connecting", "current", "closed unauthenticated"]);
    await page.click(".add");
    await shows(page, ".count", "1");
    await tell("unheard");
    expect([connections(), await page.textContent(".news")]).toEqual([0, ""]);
    await page.reload();
    await current(page);
    await tell("heard");
    await shows(page, ".news", "heard");
  });

  it("does not cut off another one who signed in in the same browser", async () => {
    const first = await open();
    await current(first);
    const left = await open(first);
    await current(left);
    await first.context().clearCookies();
    // Somebody else by now, on the connection of the one before until the server notices.
    const other = await open(first);
    await shows(other, ".count", "0");
    line.cut(LIVE);
    await current(other);
    await tell("for the new one");
    await shows(other, ".news", "for the new one");
    await expect.poll(() => stateOf(left)).toBe("closed");
    await expect.poll(() => stateOf(first)).toBe("closed");
    await tell("and again");
    await shows(other, ".news", "and again");
    expect(await left.textContent(".news")).toBe("");
  });

  it("who may no longer see what the page shows does not ask over and over", async () => {
    const page = await open();
    await current(page);
    shared.secret = "board";
    connections();
    await tell("secret");
    await page.waitForSelector('[data-code="forbidden"]');
    await expect.poll(() => states(page)).toContain("closed forbidden");
    expect(connections()).toBeLessThanOrEqual(1);
  });
});

describe("an instance that may no longer be seen", () => {
  it("is not asked for again, and the others go on", async () => {
    const page = await open(undefined, "/two");
    await current(page);
    shared.secret = "board";
    await tell("secret");
    await page.waitForSelector('#c-board [data-code="forbidden"]');
    const asked = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/_live"));
    line.cut(LIVE);
    expect((await asked).postDataJSON().subscribe.length).toBe(1);
    await on.app.server.publish("other", 3);
    await shows(page, "#c-two .heard", "3");
    expect(await page.locator("[data-code]").count()).toBe(1);
    shared.secret = "";
    await page.click("#c-board .add");
    await shows(page, "#c-board .count", "1");
    await on.app.server.publish("board", 2);
    await shows(page, "#c-board .heard", "2");
  });
});

describe("another way to be told", () => {
  it("can take over and give back, and nothing is lost in between", async () => {
    const page = await open();
    await current(page);
    await page.evaluate(() => {
      const { htmx } = window as unknown as { htmx: { hydrant: { updates: { take(tell?: unknown): void } } } };
      const told: unknown[] = [];
      Object.assign(window, { told });
      htmx.hydrant.updates.take(async (change: unknown) => {
        told.push(change);
        return [];
      });
    });
    const told = () => page.evaluate(() => (window as unknown as { told: { subscribe: unknown[] }[] }).told);
    await expect.poll(async () => (await told())[0]?.subscribe.length).toBe(1);
    await current(page);
    await tell("unheard");
    await page.click(".add");
    await shows(page, ".count", "1");
    await expect.poll(async () => (await told()).length).toBe(2);
    await page.evaluate(() => {
      const { htmx } = window as unknown as { htmx: { hydrant: { updates: { take(tell?: unknown): void } } } };
      htmx.hydrant.updates.take();
    });
    await tell("heard", 3);
    await shows(page, ".heard", "3");
    expect(await page.textContent(".news")).toBe("heard");
    await current(page);
  });
});
