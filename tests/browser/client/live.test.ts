import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { board, counter, current, Quiet, shared, stateOf, templates } from "./live-stage.js";
import { gates, settled, shows, stage } from "./stage.js";
import { network } from "./stream-stage.js";

const gate = gates();
const line = network();

const on = stage({
  components: { board: board(gate), quiet: Quiet },
  templates,
  before: line.pass,
  pages: {
    "/": ({ component }) => component("board"),
    "/two": ({ component }) =>
      html`${component("board", { key: "one" })}${component("board", { key: "two", topic: "other" })}`,
    "/quiet": ({ component }) => component("quiet"),
    "/lazy": ({ lazy }) => lazy("board", { key: "board" }),
  },
});

beforeEach(() => {
  Object.assign(shared, { news: "", items: [], note: "", secret: "" });
});

async function publish(change?: unknown, topic = "board") {
  await on.app.server.publish(topic, change);
}

async function tell(news: string) {
  shared.news = news;
  await publish();
}

async function ready(path = "/"): Promise<Page> {
  const page = await on.open(path);
  await current(page);
  return page;
}

const refreshes = counter(() => on.app, /POST .*_refresh/);
const announcements = counter(() => on.app, /POST .*_live/);
const connections = counter(() => on.app, /GET .*_live/);

describe("an update", () => {
  it("shows what changed elsewhere, and each instance is told of its own topics", async () => {
    const page = await ready("/two");
    await tell("first");
    await shows(page, "#c-one .news", "first");
    expect(await page.textContent("#c-two .news")).toBe("");
    await publish(undefined, "other");
    await shows(page, "#c-two .news", "first");
  });

  it("builds on what this page did before, and the next event builds on the update", async () => {
    const page = await ready("/two");
    for (const round of [1, 2, 3]) {
      const announced = page.waitForResponse((answer) => answer.url().endsWith("/_live") && answer.ok());
      await page.click("#c-one .add");
      await shows(page, "#c-one .count", `${round}`);
      await announced;
      // What the first would be told once more comes before what the second is told.
      await publish(1, "other");
      await shows(page, "#c-two .heard", `${round}`);
      expect(await page.textContent("#c-one .heard")).toBe(`${(round - 1) * 5}`);
      await publish(5);
      await shows(page, "#c-one .heard", `${round * 5}`);
      expect(await page.textContent("#c-one .count")).toBe(`${round}`);
    }
  });

  it("of something that changed while the page was being sent is not missed", async () => {
    const page = await on.open("/quiet");
    const html1 = await page.goto(`${on.app.url}/`, { waitUntil: "commit" });
    await tell("just after");
    expect(await html1?.text()).not.toContain("just after");
    await shows(page, ".news", "just after");
  });

  it("keeps focus, caret, half-typed text, ticks, open parts and children through fifty of them", async () => {
    const page = await ready();
    await page.click("summary");
    await page.check(".tick");
    await page.fill(".text", "half a tho");
    await page.fill(".own", "child's");
    await page.click(".more");
    await shows(page, ".quiet b", "1");
    await page.fill(".note", "hello world");
    await page.evaluate(() => {
      for (const what of [".note", ".text", ".own", ".quiet", "details"])
        Object.assign(document.querySelector(what) as Element, { isSame: true });
      (document.querySelector(".note") as HTMLInputElement).setSelectionRange(3, 7);
    });
    for (let push = 1; push <= 50; push++) {
      // What the server says of the fields changes as well.
      shared.note = `from the server ${push}`;
      await tell(`news ${push}`);
      await shows(page, ".news", `news ${push}`);
      if (push % 10 === 0) await page.keyboard.press("ArrowRight");
      if (push % 10 === 0) await page.keyboard.type("x");
    }
    const found = await page.evaluate(() => {
      const field = document.querySelector(".note") as HTMLInputElement;
      const same = [".note", ".text", ".own", ".quiet", "details"].map(
        (what) => (document.querySelector(what) as { isSame?: boolean } | null)?.isSame,
      );
      return {
        same,
        active: document.activeElement === field,
        value: field.value,
        caret: field.selectionStart,
        text: (document.querySelector(".text") as HTMLTextAreaElement).value,
        tick: (document.querySelector(".tick") as HTMLInputElement).checked,
        own: (document.querySelector(".own") as HTMLInputElement).value,
        open: (document.querySelector("details") as HTMLDetailsElement).open,
        child: document.querySelector(".quiet b")?.textContent,
      };
    });
    expect(found).toEqual({
      same: [true, true, true, true, true],
      active: true,
      value: "hello wxoxrxlxdx",
      caret: 16,
      text: "half a tho",
      tick: true,
      own: "child's",
      open: true,
      child: "1",
    });
  });

  it("leaves lists where they were scrolled to", async () => {
    shared.items = Array.from({ length: 200 }, (_, index) => `item ${index}`);
    const page = await ready();
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(".items { height: 100px; overflow: auto }");
      document.adoptedStyleSheets.push(sheet);
      (document.querySelector(".items") as Element).scrollTop = 333;
    });
    for (let push = 1; push <= 5; push++) {
      shared.items.push(`more ${push}`);
      await tell(`news ${push}`);
      await shows(page, ".news", `news ${push}`);
    }
    expect(await page.evaluate(() => document.querySelector(".items")?.scrollTop)).toBe(333);
    expect(await page.locator(".items li").count()).toBe(205);
  });

  it("changes fields that nobody touched", async () => {
    const page = await ready();
    shared.note = "new";
    await publish();
    await expect.poll(() => page.inputValue(".note")).toBe("new");
    expect(await page.inputValue(".text")).toBe("new");
  });

  it("does not take away an error that somebody has to read; the next event does", async () => {
    const page = await ready();
    await page.click(".fail");
    await page.waitForSelector('[data-code="forbidden"]');
    await tell("after");
    await shows(page, ".news", "after");
    expect(await page.locator('[data-code="forbidden"]').count()).toBe(1);
    await page.click(".add");
    await shows(page, ".count", "1");
    expect(await page.locator("[data-code]").count()).toBe(0);
  });

  it("comes without asking for anything", async () => {
    const page = await ready();
    const announced = page.waitForResponse((answer) => answer.url().endsWith("/_live") && answer.ok());
    await page.click(".add");
    await shows(page, ".count", "1");
    await announced;
    await settled(page);
    refreshes();
    announcements();
    for (let push = 1; push <= 10; push++) {
      await tell(`news ${push}`);
      await shows(page, ".news", `news ${push}`);
    }
    expect([refreshes(), announcements()]).toEqual([0, 0]);
  });
});

describe("pieces", () => {
  const append = async (text: string, id?: string) => {
    shared.items.push(text);
    const root = id === undefined ? html`<li>${text}</li>` : html`<li id="${id}">${text}</li>`;
    await on.app.server.append("board", "items", root);
  };
  const items = (page: Page) => page.locator(".items li").allTextContents();

  it("stand at the end of their place, and one that is there already is not shown again", async () => {
    const page = await ready();
    await append("one", "i-1");
    await append("two", "i-2");
    await expect.poll(() => items(page)).toEqual(["one", "two"]);
    await on.app.server.append("board", "items", html`<li id="i-2">two</li>`);
    await append("three", "i-3");
    await expect.poll(() => items(page)).toEqual(["one", "two", "three"]);
  });

  it("come again with the whole when an event goes over them", async () => {
    const page = await ready();
    await page.click(".late");
    await gate.reached("late");
    await append("one", "i-1");
    await expect.poll(() => items(page)).toEqual(["one"]);
    gate.open("late");
    await shows(page, ".count", "1");
    await settled(page);
    expect(await items(page)).toEqual(["one"]);
  });
});

describe("which instances are told", () => {
  it("none: then there is no connection", async () => {
    connections();
    const page = await on.open("/quiet");
    await page.click(".more");
    await shows(page, ".quiet b", "1");
    expect([connections(), await stateOf(page)]).toEqual([0, null]);
  });

  it("one that comes later: then there is one from then on, and nothing since it was asked for is missed", async () => {
    connections();
    const page = await on.open("/lazy");
    await page.waitForSelector(".news", { state: "attached" });
    await tell("early");
    await shows(page, ".news", "early");
    await current(page);
    await tell("late");
    await shows(page, ".news", "late");
    expect(connections()).toBe(1);
  });

  it("one that left: it is told of nothing more, and the others go on", async () => {
    const page = await ready("/two");
    await page.click("#c-one .drop");
    await expect.poll(() => page.locator("#c-one").count()).toBe(0);
    await tell("gone");
    await publish(3, "other");
    await shows(page, "#c-two .heard", "3");
    await page.click("#c-two .add");
    await shows(page, "#c-two .count", "1");
    await publish(4, "other");
    await shows(page, "#c-two .heard", "7");
  });

  it("one that may no longer be seen: its place says so", async () => {
    const page = await ready();
    shared.secret = "board";
    await publish();
    await page.waitForSelector('#c-board > [data-component-error] [data-code="forbidden"]');
    expect(await page.locator("[data-code]").count()).toBe(1);
  });
});
