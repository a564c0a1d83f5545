import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { board, counter, current, Quiet, shared, stateOf, templates } from "./live-stage.js";
import { gates, shows, stage } from "./stage.js";
import { network } from "./stream-stage.js";

const line = network();
const on = stage({
  components: { board: board(gates()), quiet: Quiet },
  templates,
  before: line.pass,
  pages: { "/": ({ component }) => component("board") },
});

beforeEach(() => {
  Object.assign(shared, { news: "", items: [], note: "", secret: "" });
});

async function tell(news: string) {
  shared.news = news;
  await on.app.server.publish("board");
}

async function open(count: number): Promise<Page[]> {
  const first = await on.open("/");
  await current(first);
  const pages = [first];
  while (pages.length < count) pages.push(await on.openBeside(first, "/"));
  await current(...pages);
  return pages;
}

async function allShow(pages: readonly Page[], news: string) {
  for (const page of pages) await shows(page, ".news", news);
}

const connections = counter(() => on.app, /GET .*_live/);

describe("the tabs of a browser", () => {
  it("ten of them share one connection, each is told, and each keeps what is its own", async () => {
    connections();
    const pages = await open(10);
    expect(connections()).toBe(1);
    for (const [index, page] of pages.entries()) {
      for (let clicks = 0; clicks < index % 3; clicks++) await page.click(".add");
      await shows(page, ".count", String(index % 3));
    }
    await tell("for all");
    await allShow(pages, "for all");
    for (const [index, page] of pages.entries()) expect(await page.textContent(".count")).toBe(String(index % 3));
    await on.app.server.pushUpdate("c-board", 4);
    for (const page of pages) await shows(page, ".heard", "4");
    expect(connections()).toBe(0);
  });

  it("of two visitors do not share one", async () => {
    connections();
    const one = await on.open("/");
    const other = await on.open("/");
    await current(one, other);
    expect(connections()).toBe(2);
    await tell("for both");
    await allShow([one, other], "for both");
  });

  it("the next one takes over when the one that holds the connection is closed, and nothing is lost", async () => {
    connections();
    const [first, ...others] = await open(4);
    await tell("before");
    await allShow(others, "before");
    await first?.close();
    // Nobody waits until somebody took over.
    await tell("meanwhile");
    await allShow(others, "meanwhile");
    await current(...others);
    await tell("after");
    await allShow(others, "after");
    expect(connections()).toBe(2);
    for (const page of others.slice(0, -1)) await page.close();
    await tell("at last");
    await allShow(others.slice(-1), "at last");
  });

  it("one after the other can leave for another page without the others missing anything", async () => {
    const pages = await open(3);
    for (const [index, page] of pages.entries()) {
      await page.goto("about:blank");
      await tell(`without ${index}`);
      await allShow(pages.slice(index + 1), `without ${index}`);
    }
  });

  it("are told on when what they tell each other arrives in another order", async () => {
    const pages = await open(3);
    for (const [index, page] of pages.entries()) {
      await page.evaluate(() => new BroadcastChannel("/components/_live").postMessage({ say: "lost" }));
      await tell(`after ${index}`);
      await allShow(pages, `after ${index}`);
    }
    await current(...pages);
  });

  it("that crash are followed by another", async () => {
    const [first, second] = await open(2);
    const session = await first?.context().newCDPSession(first);
    const gone = first?.waitForEvent("crash");
    session?.send("Page.crash").catch(() => {}); // it does not live to answer
    await gone;
    await tell("still told");
    await allShow(second === undefined ? [] : [second], "still told");
    on.complaints.splice(0);
  });

  it("hidden ones are told as well", async () => {
    const [first, second] = await open(2);
    await second?.bringToFront();
    for (const page of [first, second]) {
      await page?.evaluate(() => {
        Object.defineProperty(document, "hidden", { value: true });
        Object.defineProperty(document, "visibilityState", { value: "hidden" });
        document.dispatchEvent(new Event("visibilitychange"));
      });
    }
    await tell("in the dark");
    await allShow(first && second ? [first, second] : [], "in the dark");
  });

  it("where they cannot agree each has a connection of its own", async () => {
    connections();
    const first = await on.open("/nowhere");
    await first.context().addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined }));
    await first.goto(`${on.app.url}/`);
    const second = await on.openBeside(first, "/");
    await current(first, second);
    expect(connections()).toBe(2);
    await tell("each");
    await allShow([first, second], "each");
    await first.close();
    await tell("alone");
    await allShow([second], "alone");
  });

  it("when one is closed the server forgets it, and its browser keeps the connection", async () => {
    connections();
    const left = counter(() => on.app, /POST .*_live/);
    const [first, second] = await open(2);
    left();
    await second?.close();
    await expect.poll(left).toBe(1);
    await tell("one");
    await allShow(first ? [first] : [], "one");
    expect(connections()).toBe(1);
  });

  it("one that comes back from the browser's cache is told what it missed", async () => {
    const [first, second] = await open(2);
    for (const page of [first, second]) {
      await page?.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
      await tell("while away");
      await shows((page === first ? second : first) as Page, ".news", "while away");
      expect(await page?.textContent(".news")).not.toBe("while away");
      await page?.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
      await shows(page as Page, ".news", "while away");
      await tell("back");
      await allShow([first as Page, second as Page], "back");
    }
    expect(await stateOf(first as Page)).toBe("current");
  });
});
