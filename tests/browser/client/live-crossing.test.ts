import { Component } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { template } from "../../support/live-app.js";
import { board, counter, current, listen, messages, Quiet, shared, templates } from "./live-stage.js";
import { gates, settled, shows, stage } from "./stage.js";
import { network, Script } from "./stream-stage.js";

const gate = gates();
const line = network();
const script = new Script();

/** Streams, and is told of changes. */
class Ticker extends Component<{ text: string; heard: number }> {
  static override template = "ticker";
  static override events = { run: null };
  static override topics = () => ["board"];

  override mount() {
    this.state = { text: "", heard: 0 };
  }

  async *on_run() {
    for await (const piece of script.read(this.signal)) {
      this.state.text = piece;
      yield;
    }
  }

  override changed(change: unknown) {
    if (typeof change === "number") this.state.heard += change;
  }
}

const on = stage({
  components: { board: board(gate), quiet: Quiet, ticker: Ticker },
  templates: {
    ...templates,
    ticker: template<{ text: string; heard: number }>(
      ({ state, root, on: send }) =>
        html`<section ${root()}><button class="run" ${send("run")}>Run</button><pre>${state.text}</pre><output class="heard">${state.heard}</output><i class="news">${shared.news}</i></section>`,
    ),
  },
  before: line.pass,
  pages: {
    "/": ({ component }) => component("board"),
    "/two": ({ component }) => html`${component("board")}${component("board", { key: "two", topic: "other" })}`,
    "/both": ({ component }) => html`${component("board", { key: "one" })}${component("board", { key: "two" })}`,
    "/ticker": ({ component }) => component("ticker"),
  },
});

beforeEach(async () => {
  Object.assign(shared, { news: "", items: [], note: "", secret: "" });
  await script.clear();
});

async function tell(news: string, change?: unknown) {
  shared.news = news;
  await on.app.server.publish("board", change);
}

async function ready(path = "/"): Promise<Page> {
  const page = await on.open(path);
  await current(page);
  return page;
}

const refreshes = counter(() => on.app, /POST .*_refresh/);
const announcements = counter(() => on.app, /POST .*_live/);

describe("an event and an update that cross", () => {
  it("the update comes while the event is carried out: in the end both are shown, and the change is heard once", async () => {
    const page = await ready("/two");
    refreshes();
    // The answer is made from the old news and the new count.
    await page.click("#c-board .late");
    await gate.reached("late");
    await listen(page);
    await tell("new", 5);
    await expect.poll(() => messages(page)).toBe(1);
    expect(await page.textContent(".news")).toBe("");
    gate.open("late");
    await shows(page, ".count", "1");
    await shows(page, ".news", "new");
    await shows(page, ".heard", "5");
    await settled(page);
    expect(await page.textContent(".count")).toBe("1");
    expect(refreshes()).toBe(1);
    const announced = page.waitForResponse((answer) => answer.url().endsWith("/_live"));
    await page.click("#c-board .add");
    await shows(page, ".count", "2");
    await announced;
    // What the first would be told once more comes before what the second is told.
    await on.app.server.publish("other", 1);
    await shows(page, "#c-two .heard", "1");
    expect(await page.textContent("#c-board .heard")).toBe("5");
  });

  it("the update was made before the event and comes after its answer: in the end both are shown", async () => {
    const page = await ready();
    line.hold(/GET .*_live/);
    await tell("new", 5);
    await expect.poll(() => line.held()).toBeGreaterThan(0);
    await page.click(".late");
    gate.open("late");
    await shows(page, ".count", "1");
    line.release();
    await shows(page, ".news", "new");
    await shows(page, ".heard", "5");
    expect(await page.textContent(".count")).toBe("1");
  });

  it("one instance is busy and another is not: both hear of the change, each once", async () => {
    const page = await ready("/both");
    await page.click("#c-one .late");
    await gate.reached("late");
    await tell("new", 5);
    await shows(page, "#c-two .heard", "5");
    gate.open("late");
    await shows(page, "#c-one .count", "1");
    await shows(page, "#c-one .heard", "5");
    expect(await page.textContent("#c-two .heard")).toBe("5");
  });

  it("the event changes nothing: the update is shown after it", async () => {
    const page = await ready();
    refreshes();
    await page.click(".nothing");
    await gate.reached("nothing");
    await listen(page);
    await tell("new", 5);
    await page.click(".add");
    await expect.poll(() => messages(page)).toBe(1);
    expect(await page.textContent(".news")).toBe("");
    gate.open("nothing");
    await shows(page, ".heard", "5");
    await shows(page, ".count", "1");
    expect(await page.textContent(".news")).toBe("new");
  });

  it("however many updates come during one event, the page asks once", async () => {
    const page = await ready();
    refreshes();
    await page.click(".nothing");
    await gate.reached("nothing");
    await listen(page);
    for (const count of [1, 2, 3]) {
      await tell(`news ${count}`);
      await expect.poll(() => messages(page)).toBe(count);
    }
    gate.open("nothing");
    await shows(page, ".news", "news 3");
    await settled(page);
    await current(page);
    expect(refreshes()).toBe(1);
  });

  it("where the page shows something else than the server thinks it asks for the newest", async () => {
    const page = await ready();
    refreshes();
    shared.news = "newest";
    await page.fill(".note", "private");
    await page.click(".fail");
    await page.waitForSelector('[data-code="forbidden"]');
    const asked = page.waitForRequest(/_refresh$/);
    await page.evaluate(async () => {
      const { htmx } = window as unknown as { htmx: { hydrant: { updates: { show(html: string): Promise<void> } } } };
      const wrong = '<section id="c-board" data-component="board" data-rev="9999999999999">wrong</section>';
      await htmx.hydrant.updates.show(
        `<hx-partial data-base="7" hx-target="#c-board" hx-swap="outerMorph">${wrong}</hx-partial>`,
      );
    });
    await shows(page, ".news", "newest");
    expect(refreshes()).toBe(1);
    expect([...new URLSearchParams((await asked).postData() ?? "").keys()]).toEqual(["state"]);
    expect(await page.inputValue(".note")).toBe("private");
    expect(await page.textContent("body")).not.toContain("wrong");
    expect(await page.locator('[data-code="forbidden"]').count()).toBe(1);
  });

  it("an update waits while the instance streams, and is shown when that is over", async () => {
    const page = await ready("/ticker");
    announcements();
    await page.click(".run");
    script.say("one");
    await shows(page, "pre", "one");
    await listen(page);
    await tell("new", 5);
    await expect.poll(() => messages(page)).toBe(1);
    script.say("two");
    await shows(page, "pre", "two");
    expect([await page.textContent(".heard"), announcements()]).toEqual(["0", 0]);
    script.end();
    await shows(page, ".heard", "5");
    expect(await page.textContent("pre")).toBe("two");
    expect(await page.textContent(".news")).toBe("new");
  });

  it("a lost announcement is made again, and nothing published meanwhile is missed", async () => {
    const page = await ready();
    await page.evaluate(() => {
      Math.random = () => 0;
    });
    line.refuse(/POST .*_live/, 503);
    await page.click(".add");
    await shows(page, ".count", "1");
    await tell("new", 5);
    line.refuse(/POST .*_live/, undefined);
    await shows(page, ".heard", "5");
    expect(await page.textContent(".count")).toBe("1");
    await tell("newer", 2);
    await shows(page, ".heard", "7");
  });

  it("a hundred of each, as they come, end with the newest of both", async () => {
    const page = await ready();
    const clicking = page.evaluate(async () => {
      for (let click = 0; click < 100; click++) {
        document.querySelector<HTMLElement>(".add")?.click();
        await new Promise((wake) => setTimeout(wake, (click * 7) % 23));
      }
    });
    for (let push = 1; push <= 100; push++) {
      await tell(`news ${push}`, { heard: push });
      await new Promise((wake) => setTimeout(wake, (push * 5) % 17));
    }
    await clicking;
    // A slow machine has clicks waiting; when none does any more all of them count.
    await settled(page);
    expect(await page.textContent(".count")).toBe("100");
    await shows(page, ".news", "news 100");
    await shows(page, ".heard", "100");
    await settled(page);
    await tell("calm", { heard: 101 });
    await shows(page, ".heard", "101");
    expect(await page.textContent(".count")).toBe("100");
  });
});
