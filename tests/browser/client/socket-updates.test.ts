import { Component, HasPermission } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { template } from "../../support/live-app.js";
import { connected, cutAll, socketStage, type Visit } from "./socket-stage.js";
import { gates, shows } from "./stage.js";

const gate = gates();

class Board extends Component<{ count: number; said: string[]; filler: string }, { filler: number }> {
  static override template = "board";
  static override params = z.object({ filler: z.number().default(0) });
  static override events = { add: null, slow: null };
  static override topics = (): readonly string[] => ["hall"];
  override mount({ filler }: { filler: number }) {
    this.state = { count: 0, said: [], filler: "x".repeat(filler) };
  }
  override changed(change: unknown) {
    // What crosses an event may be told twice.
    if (change !== null && !this.state.said.includes(String(change))) this.state.said.push(String(change));
  }
  on_add() {
    this.state.count += 1;
  }
  async on_slow() {
    await gate.pass("slow");
    this.state.count += 1;
  }
}

class Guarded extends Board {
  static override permissions = new HasPermission("board.see");
}

const on = socketStage({
  components: { board: Board, guarded: Guarded },
  messageBytes: 8_192,
  templates: {
    board: template<{ count: number; said: string[] }>(
      ({ state, root, on: send, appends }) => html`<section ${root()}>
        <output>${state.count}</output><b>${state.said.join(" ")}</b><input class="typed" aria-label="typed">
        <button class="add" ${send("add")}>add</button><button class="slow" ${send("slow")}>slow</button>
        <ul ${appends("log")}></ul></section>`,
    ),
  },
  pages: {
    "/": ({ component }) => component("board"),
    "/many": ({ component }) => html`${Array.from({ length: 8 }, () => component("board", { filler: 1_500 }))}`,
    "/guarded": ({ component }) => component("guarded"),
    "/plain": () => html`<h1>plain</h1>`,
  },
});

let visit: Visit;
beforeEach(() => {
  on.people.ann = { permissions: ["board.see"] } as never;
});

const live = (page: Page) => page.evaluate(() => document.documentElement.dataset.live);
const isLive = (page: Page, state = "current") => expect.poll(() => live(page), { timeout: 8_000 }).toBe(state);
const count = (list: readonly string[], type: string) => list.filter((one) => one === type).length;
const overHttp = () => on.requests.filter((one) => /_live/.test(one));

async function open(path = "/", who = "ann"): Promise<Page> {
  visit = await on.open(path, who);
  await isLive(visit.page);
  return visit.page;
}

describe("an update over the socket", () => {
  it("comes after events of which the page need not tell what the server answered itself", async () => {
    const page = await open();
    const told = count(visit.sent, "subscribe");
    for (const clicks of ["1", "2", "3"]) {
      await page.click(".add");
      await shows(page, "output", clicks);
    }
    await on.server.publish("hall", "news");
    await shows(page, "b", "news");
    expect(await page.textContent("output")).toBe("3");
    expect(count(visit.sent, "subscribe")).toBe(told);
  });

  it("leaves the focus and half-typed text alone", async () => {
    const page = await open();
    await page.focus(".typed");
    await page.keyboard.type("half a w");
    await on.server.publish("hall", "hello");
    await shows(page, "b", "hello");
    await page.keyboard.type("ord");
    expect(await page.inputValue(".typed")).toBe("half a word");
    expect(count(visit.received, "component_update")).toBe(1);
  });

  it("puts pieces at the end of a place", async () => {
    const page = await open();
    await on.server.append("hall", "log", "one ");
    await on.server.append("hall", "log", " two");
    await shows(page, "ul", "one  two");
  });

  it("that crosses an event undoes neither", async () => {
    const page = await open();
    await page.click(".slow");
    await gate.reached("slow");
    await on.server.publish("hall", "meanwhile");
    gate.open("slow");
    await shows(page, "output", "1");
    await shows(page, "b", "meanwhile");
    await page.click(".add");
    await shows(page, "output", "2");
    expect(await page.textContent("b")).toBe("meanwhile");
  });

  it("comes to each of two tabs over a socket of its own", async () => {
    const page = await open();
    const beside = await on.openBeside(visit, "/");
    await isLive(beside.page);
    await on.sockets.broadcast("hall", "both");
    await shows(page, "b", "both");
    await shows(beside.page, "b", "both");
    await page.close();
    await on.sockets.broadcast("hall", "one");
    await shows(beside.page, "b", "both one");
  });

  it("comes to every instance of a page that shows more than one message can name", async () => {
    const page = await open("/many");
    await expect.poll(() => count(visit.received, "subscribed")).toBeGreaterThan(1);
    await on.server.publish("hall", "all");
    await expect.poll(() => page.locator("b", { hasText: "all" }).count()).toBe(8);
    expect(visit.sockets).toBe(1);
  });

  it("says where an instance may not be seen any more", async () => {
    const page = await open("/guarded");
    on.people.ann = { permissions: [] } as never;
    await page.waitForSelector('[data-code="forbidden"]');
    await on.server.publish("hall", "secret");
    await page.click(".add");
    await expect.poll(() => count(visit.received, "error")).toBeGreaterThan(1);
    expect(await page.textContent("b")).toBe("");
  });
});

describe("a page whose socket is lost", () => {
  it("misses nothing, is told over HTTP meanwhile, and over the next socket after that", async () => {
    const page = await open();
    on.proxy.block();
    await on.server.publish("hall", "one");
    on.proxy.mend();
    await shows(page, "b", "one");
    await connected(visit, 2);
    await isLive(page);
    await on.server.publish("hall", "two");
    await shows(page, "b", "one two");
    await expect.poll(() => count(visit.received, "component_update")).toBeGreaterThan(0);
  });

  it("goes on over the socket of a server that was started again", async () => {
    const page = await open();
    await on.restart();
    await connected(visit, 2);
    await isLive(page);
    await page.click(".add");
    await shows(page, "output", "1");
    await on.server.publish("hall", "again");
    await shows(page, "b", "again");
    expect(count(visit.sent, "component_event")).toBe(1);
  });

  it("again and again, still shows all that was said", async () => {
    const page = await open();
    for (let time = 1; time <= 4; time++) {
      cutAll(on);
      await on.server.publish("hall", `${time}`);
      await connected(visit, time + 1);
      await isLive(page);
    }
    await shows(page, "b", "1 2 3 4");
  });

  it("by signing out says so and stays as it is", async () => {
    const page = await open();
    await page.clock.install();
    await page.reload();
    await isLive(page);
    await on.server.publish("hall", "before");
    await shows(page, "b", "before");
    on.people.ann = null;
    await on.server.signedOut({ user: { id: "ann" }, session: null });
    await isLive(page, "closed");
    expect(await page.textContent("b")).toBe("before");
    const { sockets } = visit;
    // Longer than any pause between two tries.
    await page.clock.runFor(120_000);
    expect(visit.sockets).toBe(sockets);
  });
});

it("a network that is gone without a word is noticed, and what was under way goes over HTTP", async () => {
  visit = await on.open("/", "ann");
  const { page } = visit;
  await page.clock.install();
  await page.reload();
  await connected(visit, 2);
  await page.click(".add");
  await shows(page, "output", "1");
  on.requests.length = 0;
  on.proxy.hold();
  await page.click(".add");
  await page.clock.runFor(35_000);
  on.proxy.release();
  await shows(page, "output", "2");
  expect(on.requests.filter((one) => one.startsWith("POST") && one.endsWith("/add")).length).toBe(1);
});

it("a page without live components opens a socket and nothing else", async () => {
  visit = await on.open("/plain");
  expect(visit.sockets).toBe(1);
  expect(on.requests.filter((one) => one !== "GET /components/_ws")).toEqual([]);
});

it("somebody who comes back finds the page told of changes again", async () => {
  const page = await open();
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await on.server.publish("hall", "away");
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await connected(visit, 2);
  await isLive(page);
  await shows(page, "b", "away");
  await page.click(".add");
  await shows(page, "output", "1");
  expect(count(visit.sent, "component_event")).toBe(1);
});

it("no page asks for updates over HTTP while it has a socket", async () => {
  const page = await open();
  await on.server.publish("hall", "one");
  await shows(page, "b", "one");
  const before = overHttp().length;
  await page.click(".add");
  await shows(page, "output", "1");
  await on.server.publish("hall", "two");
  await shows(page, "b", "one two");
  expect(overHttp()).toHaveLength(before);
});
