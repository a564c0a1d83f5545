import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { connected, cutAll, socketStage } from "./socket-stage.js";
import { settled, shows } from "./stage.js";
import { Script, speaker, speakerTemplate } from "./stream-stage.js";

const script = new Script();
const on = socketStage({
  components: {
    resumed: speaker("resume", script),
    again: speaker("restart", script),
    aborted: speaker("abort", script),
  },
  templates: { speaker: speakerTemplate },
  pages: {
    "/resume": ({ component }) => component("resumed"),
    "/restart": ({ component }) => component("again"),
    "/abort": ({ component }) => component("aborted"),
    "/two": ({ component }) => html`<main>${component("resumed")}</main><aside>${component("resumed")}</aside>`,
    "/elsewhere": () => html`<h1>elsewhere</h1>`,
  },
});

beforeEach(() => script.clear());

const text = (page: Page) => page.textContent("pre");
const streaming = (page: Page) => page.locator("[data-streaming]").count();
const over = (page: Page) => expect.poll(() => streaming(page)).toBe(0);
const ALERT = '[data-component-error] [role="alert"]';
const posts = () => on.requests.filter((one) => one.startsWith("POST"));
const asked = (what: RegExp) => on.requests.filter((one) => what.test(one)).length;

describe("a handler that streams over the socket", () => {
  it("shows each piece as it is said, with every space and newline", async () => {
    const { page } = await on.open("/abort");
    await page.click(".ask");
    script.say("  two spaces ", "\n\nlines\n", "\ttab \r\n", "<b>&amp;\u2028ü🙂 ");
    await shows(page, "pre", "  two spaces \n\nlines\n\ttab \r\n<b>&amp;\u2028ü🙂 ");
    expect(await streaming(page)).toBe(1);
    script.end();
    await over(page);
    expect(posts()).toEqual([]);
    expect(await page.locator(ALERT).count()).toBe(0);
  });

  it("shows whole renders one after the other, and what comes next waits until it is over", async () => {
    const { page } = await on.open("/abort");
    await page.click(".tell");
    script.say("one");
    await shows(page, "pre", "one");
    await page.click(".count");
    script.say("two");
    await shows(page, "pre", "two");
    expect(await page.textContent(".counted")).toBe("0");
    script.end();
    await shows(page, ".counted", "1");
    expect(await text(page)).toBe("two");
    expect(posts()).toEqual([]);
  });

  it("ends when somebody stops it, and what follows is carried out", async () => {
    const { page } = await on.open("/abort");
    const before = script.ended;
    await page.click(".ask");
    script.say("one ");
    await shows(page, "pre", "one ");
    await page.click("[data-stop]");
    await over(page);
    await expect.poll(() => script.ended).toBe(before + 1);
    await page.click(".count");
    await shows(page, ".counted", "1");
    expect(posts()).toEqual([]);
  });

  it("that fails in its third frame keeps the first two, and says that it failed", async () => {
    const { page } = await on.open("/abort");
    await page.click(".tell");
    script.say("one");
    await shows(page, "pre", "one");
    script.say("two");
    await shows(page, "pre", "two");
    script.say(new Error("secret"));
    await page.waitForSelector(`${ALERT}[data-code="internal"]`);
    expect(await page.textContent(ALERT)).not.toContain("secret");
    await over(page);
    expect(await text(page)).toBe("two");
    await page.click(".count");
    await shows(page, ".counted", "1");
    expect(posts()).toEqual([]);
  });

  it("changes the address and triggers events once, at its end", async () => {
    const { page } = await on.open("/abort");
    await page.evaluate(() => {
      document.addEventListener("told", (event) => {
        document.title += (event as CustomEvent<{ what: string }>).detail.what;
      });
    });
    await page.evaluate(() => document.querySelector(".effects")?.removeAttribute("hx-push-url"));
    await page.click(".effects");
    await shows(page, "pre", "two");
    await expect.poll(() => page.title()).toBe("/abortünïcode");
    await expect.poll(() => new URL(page.url()).pathname).toBe("/pushed");
  });

  it("leads to another page at its end", async () => {
    const { page } = await on.open("/abort");
    await page.click(".leave");
    await shows(page, "h1", "elsewhere");
  });

  it("ends on the server when its instance is taken off the page", async () => {
    const { page } = await on.open("/abort");
    const before = script.ended;
    await page.click(".ask");
    script.say("one ");
    await shows(page, "pre", "one ");
    await page.evaluate(() => document.querySelector("section")?.remove());
    await page.evaluate(() =>
      (window as unknown as { htmx: { process(e: Element): void } }).htmx.process(document.body),
    );
    script.say("two ");
    await expect.poll(() => script.ended).toBe(before + 1);
  });
});

describe("a socket that is lost while a handler streams", () => {
  it("is no loss where the stream can be resumed: it goes on over HTTP", async () => {
    const visit = await on.open("/resume");
    const { page } = visit;
    const begun = script.begun;
    await page.click(".ask");
    script.say("one ", "two ");
    await shows(page, "pre", "one two ");
    cutAll(on);
    script.say("three ");
    await shows(page, "pre", "one two three ");
    expect(asked(/_streams/)).toBeGreaterThan(0);
    expect(await streaming(page)).toBe(1);
    script.say("four");
    script.end();
    await over(page);
    expect(await text(page)).toBe("one two three four");
    expect(script.begun).toBe(begun + 1);
    await connected(visit, 2);
    await page.click(".count");
    await shows(page, ".counted", "1");
    expect(posts()).toEqual([]);
  });

  it("begins it again with a key of its own where that is wanted", async () => {
    const { page } = await on.open("/restart");
    const { begun, ended } = script;
    await page.click(".ask");
    script.say("one ");
    await shows(page, "pre", "one ");
    cutAll(on);
    await expect.poll(() => script.ended).toBe(ended + 1);
    await expect.poll(() => script.begun).toBe(begun + 2);
    script.say("anew");
    script.end();
    await shows(page, "pre", "anew");
    await over(page);
    expect(await page.locator(ALERT).count()).toBe(0);
  });

  it("shows it as interrupted otherwise, and a button begins it again over the new socket", async () => {
    const visit = await on.open("/abort");
    const { page } = visit;
    await page.click(".ask");
    script.say("one ");
    await shows(page, "pre", "one ");
    cutAll(on);
    await page.waitForSelector('[data-code="interrupted"]');
    await over(page);
    await connected(visit, 2);
    void script.clear();
    await page.click('[data-code="interrupted"] button');
    script.say("anew");
    script.end();
    await shows(page, "pre", "anew");
    await over(page);
    expect(posts()).toEqual([]);
  });
});

it("streams of two instances run beside each other and are stopped one by one", async () => {
  const { page } = await on.open("/two");
  await page.click("main .count");
  await shows(page, "main .counted", "1");
  await page.click("main .ask");
  await expect.poll(() => page.locator("main [data-streaming]").count()).toBe(1);
  await page.click("aside .count");
  await shows(page, "aside .counted", "1");
  await page.click("main [data-stop]");
  await over(page);
  await settled(page);
});
