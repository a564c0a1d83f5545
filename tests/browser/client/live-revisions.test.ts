import { systemClock } from "hydrant";
import { beforeEach, expect, it } from "vitest";
import { board, current, listen, messages, Quiet, shared, templates } from "./live-stage.js";
import { gates, settled, shows, stage } from "./stage.js";
import { network } from "./stream-stage.js";

/** Time stands still, so that updates have the numbers events have. */
const now = Date.now();
const gate = gates();
const line = network();
const on = stage({
  components: { board: board(gate), quiet: Quiet },
  templates,
  before: line.pass,
  server: { clock: { ...systemClock, now: () => now } },
  pages: { "/": ({ component }) => component("board") },
});

beforeEach(() => {
  Object.assign(shared, { news: "", items: [], note: "", secret: "" });
});

async function tell(news: string, change: unknown) {
  shared.news = news;
  await on.app.server.publish("board", change);
}

it("an update is not shown over a click because it follows one that the page did not show but whose revision it has", async () => {
  const page = await on.open("/");
  await current(page);
  // What the page says comes too late.
  line.refuse(/POST .*_live/, 503);
  await listen(page);
  await page.click(".late");
  await gate.reached("late");
  for (const count of [1, 2]) {
    await tell(`news ${count}`, count);
    await expect.poll(() => messages(page)).toBe(count);
  }
  // The event, and the question how things stand: two revisions, as the two updates were.
  gate.open("late");
  await shows(page, ".count", "1");
  await settled(page);
  await tell("news 3", 3);
  await expect.poll(() => messages(page)).toBe(3);
  await settled(page);
  expect(await page.textContent(".count")).toBe("1");
  line.refuse(/POST .*_live/, undefined);
  await shows(page, ".news", "news 3");
  await shows(page, ".heard", "3");
  expect(await page.textContent(".count")).toBe("1");
});
