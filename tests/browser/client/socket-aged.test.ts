import { Component, systemClock } from "hydrant";
import { html } from "hydrant/tagged";
import { expect, it } from "vitest";
import { template } from "../../support/live-app.js";
import { socketStage } from "./socket-stage.js";
import { shows } from "./stage.js";

class Counter extends Component<{ count: number }> {
  static override template = "counter";
  static override events = { add: null };
  override mount() {
    this.state = { count: 0 };
  }
  on_add() {
    this.state.count += 1;
  }
}

const SEAL_MS = 2_000;
/** Milliseconds by which the server's clock is ahead. */
let ahead = 0;
const on = socketStage({
  components: { counter: Counter },
  server: { sealMs: SEAL_MS, clock: { ...systemClock, now: () => Date.now() + ahead } },
  templates: {
    counter: template<{ count: number }>(
      ({ state, root, on: send }) => html`<section ${root()}>
        <output>${state.count}</output><input aria-label="typed"><button ${send("add")}>add</button></section>`,
    ),
  },
  pages: { "/": ({ component }) => component("counter") },
});

it("an event with a state that is too old begins anew with a notice, and keeps what was typed", async () => {
  const { page, sent } = await on.open("/");
  await page.click("button");
  await shows(page, "output", "1");
  await page.fill("input", "half");
  // A seal knows its age in whole seconds.
  ahead = SEAL_MS + 1_000;
  await page.click("button");
  await page.waitForSelector("[data-component-error] > *");
  expect(await page.textContent("output")).toBe("0");
  expect(await page.inputValue("input")).toBe("half");
  await page.click("button");
  await shows(page, "output", "1");
  expect(sent.filter((type) => type === "component_event")).toHaveLength(3);
  expect(on.requests.filter((one) => one.startsWith("POST"))).toEqual([]);
});
