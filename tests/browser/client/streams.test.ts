import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { Component } from "hydrant";
import { html } from "hydrant/tagged";
import type { Context, Next } from "koa";
import { describe, expect, it } from "vitest";
import { template } from "../../support/live-app.js";
import { shows, stage } from "./stage.js";

const counts = { beat: 0, load: 0, delayed: 0 };

class Pulse extends Component<{ count: number }> {
  static override template = "pulse";
  static override events = { add: null, beat: null, ready: null, delayed: null, watch: null };

  override mount() {
    this.state = { count: 0 };
  }

  on_add() {
    this.state.count += 1;
  }

  on_beat() {
    counts.beat += 1;
    this.unchanged();
  }

  on_ready() {
    counts.load += 1;
    this.state.count += 1;
  }

  on_delayed() {
    counts.delayed += 1;
    this.unchanged();
  }

  on_watch() {
    this.unchanged();
  }
}

let stream: ServerResponse | undefined;
let streamsClosed = 0;
const sse = readFileSync(createRequire(import.meta.url).resolve("htmx.org/dist/ext/hx-sse.js"));

/** Answers one event as a stream that the test writes, and serves htmx's extension that reads it. */
function beside(ctx: Context, next: Next): Promise<void> | undefined {
  if (ctx.path === "/hx-sse.js") {
    ctx.type = "text/javascript";
    ctx.body = sse;
    return undefined;
  }
  if (!ctx.path.endsWith("/watch")) return next() as Promise<void>;
  ctx.respond = false;
  stream = ctx.res;
  stream.on("close", () => {
    streamsClosed += 1;
  });
  stream.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  stream.flushHeaders();
  return undefined;
}

const on = stage({
  components: { pulse: Pulse },
  before: beside,
  scripts: html`<script src="/hx-sse.js"></script>`,
  templates: {
    pulse: template<{ count: number }>(
      ({ state, root, on: send }) => html`<section ${root()}>
        <output>${state.count}</output>
        <button id="add" ${send("add")}>+</button>
        <div hx-trigger="load" ${send("ready")}>loaded</div>
        <div hx-trigger="every 300ms" ${send("beat", { at: state.count })}>${state.count}</div>
        <input id="search" name="search" hx-trigger="input delay:400ms" ${send("delayed", { at: state.count })}>
        <p id="news"></p>
        <button id="watch" hx-sync="this:drop" hx-target="#news" hx-swap="innerMorph" ${send("watch", { at: state.count })}>watch ${state.count}</button>
      </section>`,
    ),
  },
  pages: { "/": ({ component }) => component("pulse") },
});

describe("what runs inside a component", () => {
  it("`load` fires once, however often the component is answered", async () => {
    counts.load = 0;
    const page = await on.open("/");
    await shows(page, "output", "1");
    await page.click("#add");
    await page.click("#add");
    await shows(page, "output", "3");
    expect(counts.load).toBe(1);
  });

  it("`every` goes on ticking, and a delayed event is sent although an answer came meanwhile", async () => {
    counts.delayed = 0;
    const page = await on.open("/");
    await shows(page, "output", "1");
    await page.locator("#search").pressSequentially("abc");
    await page.click("#add");
    await shows(page, "output", "2");
    await expect.poll(() => counts.delayed, { timeout: 3_000 }).toBe(1);
    const before = counts.beat;
    await expect.poll(() => counts.beat - before, { timeout: 3_000 }).toBeGreaterThan(1);
    expect(on.app.arrivals.filter(({ url }) => url.includes("beat?at=2")).length).toBeGreaterThan(0);
  });

  it("a stream goes on through the answers of other events", async () => {
    streamsClosed = 0;
    const page = await on.open("/");
    await shows(page, "output", "1");
    await page.click("#watch");
    await expect.poll(() => stream?.headersSent).toBe(true);
    stream?.write("data: <b>first</b>\n\n");
    await shows(page, "#news", "first");
    await page.click("#add");
    await shows(page, "output", "2");
    stream?.write("data: <b>second</b>\n\n");
    await shows(page, "#news", "second");
    expect(streamsClosed).toBe(0);
    stream?.end();
  });
});
