import { Component, type Payload } from "hydrant";
import { html } from "hydrant/tagged";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { template } from "../../support/live-app.js";
import { gates, settled, shows, stage } from "./stage.js";

const gate = gates();
let runs = 0;

const wait = z.object({ gate: z.string().default("") });
const events = { add: wait, next: null, drop: z.object({ row: z.string() }) };

class Tally extends Component<{ count: number; rows: string[] }> {
  static override template = "tally";
  static override events = events;

  override mount() {
    this.state = { count: 0, rows: ["a", "b", "c"] };
  }

  async on_add({ gate: name }: Payload<typeof events, "add">) {
    runs += 1;
    await gate.pass(name);
    this.state.count += 1;
  }

  on_next() {
    this.state.count += 1;
  }

  async on_drop({ row }: Payload<typeof events, "drop">) {
    await gate.pass(`drop-${row}`);
    this.state.rows = this.state.rows.filter((one) => one !== row);
    this.state.count += 1;
  }
}

interface TallyState {
  readonly count: number;
  readonly rows: readonly string[];
}

const templates = {
  // The root becomes another element with every count, so that nothing of it outlives an answer.
  tally: template<TallyState>(({ state: { count, rows }, root, on }) => {
    const inside = html`<output>${count}</output>
      <button id="add" ${on("add")}>+1</button>
      <button id="slow" ${on("add", { gate: "slow" })}>slow</button>
      <button id="old" hx-sync="this:drop" ${on("add", { gate: "old" })}>old</button>
      <button id="older" hx-sync="this:drop" ${on("add", { gate: "older" })}>older</button>
      <ul>${rows.map((row) => html`<li data-key="${row}"><button ${on("drop", { row })}>drop ${row}</button></li>`)}</ul>
      ${count % 2 === 0 ? html`<p><a ${on("next")} class="next">next</a></p>` : html`<div><b ${on("next")} class="next">next</b></div>`}`;
    return html`<section ${root()}>${inside}</section>`;
  }),
  shifting: template<TallyState>(({ state: { count }, root, on }) =>
    count % 2 === 0
      ? html`<section ${root()}><output>${count}</output><button ${on("add")}>+1</button></section>`
      : html`<article ${root()}><output>${count}</output><button ${on("add")}>+1</button></article>`,
  ),
};

class Shifting extends Tally {
  static override template = "shifting";
}

const on = stage({
  components: { tally: Tally, shifting: Shifting },
  templates,
  pages: {
    "/": ({ component }) => component("tally"),
    "/shifting": ({ component }) => component("shifting"),
  },
});

/** Clicks as fast as a script can, without waiting for anything. */
const clickTimes = (selector: string, times: number) => {
  for (let time = 0; time < times; time++) document.querySelector<HTMLElement>(selector)?.click();
};

describe("events of one instance", () => {
  it("ten quick clicks end at exactly 10 and run the handler ten times", async () => {
    const page = await on.open("/");
    runs = 0;
    await page.evaluate(`(${clickTimes})("#add", 10)`);
    await shows(page, "output", "10");
    await settled(page);
    expect(await page.textContent("output")).toBe("10");
    expect(runs).toBe(10);
  });

  it("ten quick clicks by a person's mouse end at exactly 10", async () => {
    const page = await on.open("/");
    runs = 0;
    for (let click = 0; click < 10; click++) await page.click("#add", { noWaitAfter: true });
    await shows(page, "output", "10");
    expect(runs).toBe(10);
  });

  it("every intent has a key of its own", async () => {
    const page = await on.open("/");
    const before = on.app.arrivals.length;
    await page.evaluate(`(${clickTimes})("#add", 3)`);
    await shows(page, "output", "3");
    const keys = on.app.arrivals.slice(before).map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(3);
    expect(keys.every((key) => typeof key === "string" && key.length >= 16)).toBe(true);
  });

  it("clicks that wait are all answered when the root becomes another element each time", async () => {
    const page = await on.open("/shifting");
    runs = 0;
    await page.evaluate(`(${clickTimes})("button", 6)`);
    await shows(page, "output", "6");
    expect(runs).toBe(6);
  });

  it("what waits behind an event of a row that is gone is answered in order", async () => {
    const page = await on.open("/");
    await page.click("text=drop a");
    await gate.reached("drop-a");
    // The second click waits in the queue, and its row is gone when its turn comes.
    await page.click("text=drop a");
    await page.click("#add");
    await page.click("#add");
    gate.open("drop-a");
    await gate.reached("drop-a");
    await shows(page, "output", "1");
    await page.click("#add");
    expect(await page.textContent("output")).toBe("1");
    gate.open("drop-a");
    await shows(page, "output", "5");
  });

  it("two elements that replace each other take every click", async () => {
    const page = await on.open("/");
    await page.click(".next");
    await shows(page, "output", "1");
    await page.click(".next");
    await shows(page, "output", "2");
  });
});

describe("late answers", () => {
  it("a slow old answer does not overwrite a fast new one", async () => {
    const page = await on.open("/");
    await page.click("#old");
    await gate.reached("old");
    await page.click("#add");
    await page.click("#add");
    await shows(page, "output", "2");
    const answer = page.waitForResponse(/gate=old/);
    gate.open("old");
    await (await answer).finished();
    await settled(page);
    expect(await page.textContent("output")).toBe("2");
    await page.click("#add");
    await shows(page, "output", "3");
  });

  it("of two answers to the same state the one sent later stays", async () => {
    const page = await on.open("/");
    const seal = () => page.getAttribute("[data-component]", "hx-vals:inherited");
    await page.click("#older");
    await gate.reached("older");
    await page.click("#old");
    await gate.reached("old");
    gate.open("old");
    await shows(page, "output", "1");
    const shown = await seal();
    const answer = page.waitForResponse(/gate=older/);
    gate.open("older");
    await (await answer).finished();
    await settled(page);
    expect(await seal()).toBe(shown);
  });

  it("the answer sent later wins when it comes later", async () => {
    const page = await on.open("/");
    const seal = () => page.getAttribute("[data-component]", "hx-vals:inherited");
    await page.click("#older");
    await gate.reached("older");
    await page.click("#old");
    await gate.reached("old");
    gate.open("older");
    await shows(page, "output", "1");
    const shown = await seal();
    gate.open("old");
    await expect.poll(seal).not.toBe(shown);
  });
});

describe("two tabs of one visitor", () => {
  it("each counts on its own", async () => {
    const first = await on.open("/");
    const second = await on.openBeside(first, "/");
    await first.click("#add");
    await first.click("#add");
    await second.click("#add");
    await shows(first, "output", "2");
    await shows(second, "output", "1");
  });
});
