import type { Context, Middleware, Next } from "koa";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { shows, stage } from "./stage.js";
import { formTemplateOfSpeaker, network, rawStream, Script, speaker, speakerTemplate } from "./stream-stage.js";

const script = new Script();
const line = network();

/** What the next requests are answered with in place of the server. */
const raw: (readonly string[])[] = [];

function pass(ctx: Context, next: Next): Promise<unknown> | undefined {
  const isMine = raw.length > 0 && /\/ask|_streams/.test(ctx.path);
  if (!isMine) return line.pass(ctx, next);
  rawStream(ctx, raw.shift() ?? [], "resume");
  return undefined;
}

const Form = speaker("resume", script);

const on = stage({
  components: {
    form: class extends Form {
      static override template = "form";
    },
    resumed: speaker("resume", script),
    again: speaker("restart", script),
    aborted: speaker("abort", script),
  },
  templates: { speaker: speakerTemplate, form: formTemplateOfSpeaker },
  before: pass as Middleware,
  pages: {
    "/resume": ({ component }) => component("resumed"),
    "/form": ({ component }) => component("form"),
    "/restart": ({ component }) => component("again"),
    "/abort": ({ component }) => component("aborted"),
  },
});

beforeEach(() => script.clear());

/** Nobody waits long: pauses are as short as chance can make them. */
async function open(path: string): Promise<Page> {
  const page = await on.open("/nowhere");
  await page.addInitScript(() => {
    Math.random = () => 0.01;
  });
  await page.goto(on.app.url + path);
  return page;
}

const text = (page: Page) => page.textContent("pre");
const streaming = (page: Page) => page.locator("[data-streaming]").count();
const FIELD = "[name=question]:not([type=hidden])";
const ALERT = '[data-component-error] [data-code="interrupted"]';
const sent = (what: RegExp) => on.app.arrivals.filter(({ method, url }) => what.test(`${method} ${url}`)).length;

describe("a stream that can be resumed", () => {
  it("goes on by itself after its connection was cut, and nothing is lost or shown twice", async () => {
    const page = await open("/resume");
    await page.click(".ask");
    script.say("one ", "two ");
    await shows(page, "pre", "one two ");
    for (const word of ["three ", "four ", "five "]) {
      expect(line.cut(/POST .*\/ask|GET .*_streams/)).toBe(1);
      script.say(word);
      await expect.poll(() => text(page)).toContain(word);
    }
    expect(await streaming(page)).toBe(1);
    script.end();
    await expect.poll(() => streaming(page)).toBe(0);
    expect(await text(page)).toBe("one two three four five ");
    expect(script.begun).toBe(1);
    expect(await page.locator(ALERT).count()).toBe(0);
  });

  it("whose end was cut off is found to be over", async () => {
    const page = await open("/resume");
    await page.click(".ask");
    script.say("all");
    await shows(page, "pre", "all");
    line.refuse(/GET .*_streams/, 503);
    line.cut(/POST .*\/ask/);
    script.end();
    await expect.poll(() => script.ended).toBe(1);
    line.refuse(/GET .*_streams/, undefined);
    await expect.poll(() => streaming(page)).toBe(0);
    expect(await text(page)).toBe("all");
    expect(await page.locator(ALERT).count()).toBe(0);
  });

  it("shows nothing twice that comes twice", async () => {
    const page = await open("/resume");
    const piece = (id: number) =>
      `id: ${id}\ndata: <hx-partial hx-target="#c-resumed--text" hx-swap="beforeend">${id} </hx-partial>\n\n`;
    raw.push(
      [piece(1), piece(2), "id: 3\ndata: <hx-"],
      [piece(1), piece(2), piece(3)],
      [piece(2), piece(3), piece(4), "id: 4\nevent: component:done\ndata: {}\n\n"],
    );
    await page.click(".ask");
    await expect.poll(() => raw.length).toBe(0);
    await expect.poll(() => streaming(page)).toBe(0);
    expect(await text(page)).toBe("1 2 3 4 ");
    expect(await page.locator(ALERT).count()).toBe(0);
  });

  it("waits until the browser is online again", async () => {
    const page = await open("/resume");
    await page.clock.install();
    await page.click(".ask");
    script.say("before ");
    await shows(page, "pre", "before ");
    const before = sent(/GET .*_streams/);
    await page.context().setOffline(true);
    const noticed = page.waitForEvent("requestfailed");
    line.cut(/POST .*\/ask/);
    await noticed;
    script.say("meanwhile ");
    // Longer than all tries take.
    await page.clock.runFor(120_000);
    expect(await streaming(page)).toBe(1);
    expect(sent(/GET .*_streams/)).toBe(before);
    await page.context().setOffline(false);
    await shows(page, "pre", "before meanwhile ");
    script.end();
    await expect.poll(() => streaming(page)).toBe(0);
  });

  it("is shown as interrupted where the server cannot be reached, and goes on from there with a button", async () => {
    const page = await open("/resume");
    await page.click(".ask");
    script.say("one ");
    await shows(page, "pre", "one ");
    line.refuse(/GET .*_streams/, 503);
    line.cut(/POST .*\/ask/);
    await page.waitForSelector(ALERT);
    expect(await page.textContent(ALERT)).toBe("This was interrupted. Continue");
    expect(await streaming(page)).toBe(0);
    script.say("two ");
    line.refuse(/GET .*_streams/, undefined);
    await page.focus(`${ALERT} button`);
    await page.keyboard.press("Enter");
    await shows(page, "pre", "one two ");
    expect(await streaming(page)).toBe(1);
    expect(await page.locator(ALERT).count()).toBe(0);
    script.end();
    await expect.poll(() => streaming(page)).toBe(0);
    await page.click(".count");
    await shows(page, ".counted", "1");
    expect(await text(page)).toBe("one two ");
    expect(script.begun).toBe(1);
  });

  it("goes on without what stands in the fields of its root", async () => {
    const page = await open("/form");
    await page.fill(FIELD, "private");
    await page.click(".ask");
    script.say("one ");
    await shows(page, "pre", "one ");
    line.refuse(/GET .*_streams/, 503);
    line.cut(/POST .*\/ask/);
    await page.waitForSelector(ALERT);
    line.refuse(/GET .*_streams/, undefined);
    await page.fill(FIELD, "");
    const asked = page.waitForRequest(/_streams/);
    await page.click(`${ALERT} button`);
    expect(new URL((await asked).url()).search).toBe("?after=2");
    script.say("two");
    script.end();
    await shows(page, "pre", "one two");
  });

  it("of which nothing is kept can only begin again", async () => {
    const page = await open("/resume");
    await page.fill(FIELD, "why");
    await page.click(".ask");
    script.say("one ");
    await shows(page, "pre", "one ");
    line.refuse(/GET .*_streams/, 404);
    line.cut(/POST .*\/ask/);
    await page.waitForSelector(ALERT);
    line.refuse(/GET .*_streams/, undefined);
    expect(await page.textContent(`${ALERT} button`)).toBe("Start again");
    await page.click(`${ALERT} button`);
    await expect.poll(() => script.begun).toBe(2);
    await expect.poll(() => streaming(page)).toBe(1);
    expect(await page.textContent(".question")).toBe("why");
  });
});

describe("a stream that may be sent again", () => {
  it("is sent again by itself, once", async () => {
    const page = await open("/restart");
    await page.fill(FIELD, "why");
    await page.click(".ask");
    script.say("lost ");
    await shows(page, "pre", "lost ");
    line.cut(/POST .*\/ask/);
    await expect.poll(() => [script.begun, script.ended]).toEqual([2, 1]);
    script.say("found ");
    await shows(page, "pre", "found ");
    expect(await page.textContent(".question")).toBe("why");
    line.cut(/POST .*\/ask/);
    await page.waitForSelector(ALERT);
    expect(await page.textContent(`${ALERT} button`)).toBe("Start again");
    expect(script.begun).toBe(2);
    await page.click(`${ALERT} button`);
    await expect.poll(() => [script.begun, script.ended]).toEqual([3, 2]);
    script.say("third");
    await shows(page, "pre", "third");
    script.end();
    await expect.poll(() => streaming(page)).toBe(0);
    expect(await text(page)).toBe("third");
    expect(await page.textContent(".question")).toBe("why");
  });
});

describe("a stream that ends with its connection", () => {
  it("is shown as interrupted, and what it showed stays", async () => {
    const page = await open("/abort");
    await page.evaluate(() => {
      document.addEventListener("component:error", (event) => {
        const { detail, target } = event as CustomEvent<{ code: string }>;
        document.title += ` ${(target as Element).id}:${detail.code}`;
      });
    });
    await page.click(".ask");
    script.say("half");
    await shows(page, "pre", "half");
    line.cut(/POST .*\/ask/);
    await page.waitForSelector(ALERT);
    expect(await page.textContent(ALERT)).toBe("This was interrupted. Start again");
    expect(await page.getAttribute(ALERT, "role")).toBe("alert");
    expect(await text(page)).toBe("half");
    expect(await streaming(page)).toBe(0);
    expect(await page.getAttribute("[data-component]", "aria-busy")).toBe(null);
    expect(await page.title()).toBe("/abort c-aborted:interrupted");
    await expect.poll(() => script.ended).toBe(1);
  });

  it("goes once more on request, with what was sent, and with the newest state", async () => {
    const page = await open("/abort");
    await page.fill(FIELD, "ünd & = +");
    await page.click(".ask");
    await expect.poll(() => script.begun).toBe(1);
    line.cut(/POST .*\/ask/);
    await page.waitForSelector(ALERT);
    await page.fill(FIELD, "something else by now");
    await page.click(`${ALERT} button`);
    await expect.poll(() => [script.begun, script.ended]).toEqual([2, 1]);
    script.say("done");
    script.end();
    await shows(page, "pre", "done");
    expect(await page.textContent(".question")).toBe("ünd & = +");
    expect(await page.inputValue(FIELD)).toBe("something else by now");
  });

  it("lets the events that wait behind it go when it is cut", async () => {
    const page = await open("/abort");
    await page.click(".ask");
    await expect.poll(() => streaming(page)).toBe(1);
    await page.click(".count");
    line.cut(/POST .*\/ask/);
    await shows(page, ".counted", "1");
  });

  it("whose connection is silent for too long is cut by the page", async () => {
    const page = await open("/abort");
    await page.clock.install();
    await page.click(".ask");
    await expect.poll(() => streaming(page)).toBe(1);
    await page.clock.fastForward(46_000);
    await page.waitForSelector(ALERT);
  });
});
