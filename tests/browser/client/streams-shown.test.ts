import { FormComponent, type Payload } from "hydrant";
import { html } from "hydrant/tagged";
import type { Context, Middleware, Next } from "koa";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { formTemplate, questions } from "./forms-stage.js";
import { settled, shows, stage } from "./stage.js";
import { network, rawStream, Script, speaker, speakerTemplate } from "./stream-stage.js";

const script = new Script();
const line = network();
/** Answers the next event in place of the server. */
let raw: ((root: string) => readonly string[]) | undefined;

const schema = z.object({ name: z.string().min(2), lines: z.array(z.string()) });
const letterEvents = { ask: z.object({ name: z.string() }) };

class Letter extends FormComponent<typeof schema, { sent: string }> {
  static override template = "letter";
  static override schema = schema;
  static override events = letterEvents;
  static override stream = "abort" as const;

  override on_submit() {}

  async *on_ask({ name }: Payload<typeof letterEvents, "ask">) {
    // It was all it was filled in for.
    Object.assign(this.state, { sent: name, touched: [] });
    yield;
    for await (const piece of script.read(this.signal)) {
      this.state.sent = piece;
      yield;
    }
  }
}

function pass(ctx: Context, next: Next): Promise<unknown> | undefined {
  if (raw === undefined || ctx.method !== "POST") return line.pass(ctx, next);
  rawStream(ctx, raw("c-aborted"));
  raw = undefined;
  return undefined;
}

const Speaker = speaker("abort", script);

const on = stage({
  components: { aborted: Speaker, letter: Letter },
  templates: {
    speaker: speakerTemplate,
    letter: formTemplate(
      ({ root, state, form, field }) => html`<section ${root()}>
        <form ${form({ guard: true, native: false, event: "ask" })}>${field("name")}${field("lines")}<button>Send</button></form>
        <output>${state.sent}</output>
      </section>`,
    ),
  },
  before: pass as Middleware,
  pages: {
    "/": ({ component }) => component("aborted"),
    "/two": ({ component }) => html`${component("aborted", { key: "one" })}${component("aborted", { key: "two" })}`,
    "/letter": ({ component }) => html`<a id="link" href="/elsewhere">elsewhere</a>${component("letter")}`,
    "/elsewhere": () => html`<h1>Elsewhere</h1>`,
  },
});

beforeEach(() => script.clear());

const ROOT = "[data-component]";
const FIELD = "[name=question]:not([type=hidden])";
const isStreaming = (page: Page) =>
  page.evaluate((root) => {
    const { attributes } = document.querySelector(root) as Element;
    return [attributes.getNamedItem("data-streaming")?.value, attributes.getNamedItem("aria-busy")?.value];
  }, ROOT);
const RUNS = ["", "true"];
const RESTS = [undefined, undefined];

describe("an instance whose handler streams", () => {
  it("is marked as long as that lasts, whatever the frames show", async () => {
    const page = await on.open("/");
    await page.evaluate((root) => {
      const changes: string[] = [];
      Object.assign(window, { changes });
      new MutationObserver((records) => {
        for (const { attributeName } of records) changes.push(`${attributeName}`);
      }).observe(document.querySelector(root) as Element, { attributeFilter: ["data-streaming", "aria-busy"] });
    }, ROOT);
    expect(await isStreaming(page)).toEqual(RESTS);
    await page.click(".tell");
    for (const word of ["one", "two", "three"]) {
      script.say(word);
      await shows(page, "pre", word);
      expect(await isStreaming(page)).toEqual(RUNS);
    }
    script.end();
    await expect.poll(() => isStreaming(page)).toEqual(RESTS);
    // Screen readers would hear of every change.
    expect(await page.evaluate(() => (window as unknown as { changes: string[] }).changes.length)).toBe(4);
  });

  it("keeps its other events waiting until the end, and they get the newest state", async () => {
    const page = await on.open("/");
    await page.click(".tell");
    script.say("one");
    await shows(page, "pre", "one");
    await page.click(".count");
    script.say("two");
    await shows(page, "pre", "two");
    expect(await page.textContent(".counted")).toBe("0");
    script.end();
    await shows(page, ".counted", "1");
    expect(await page.textContent("pre")).toBe("two");
  });

  it("streams on when a frame takes the button away that began it", async () => {
    const page = await on.open("/");
    await page.click(".once");
    await expect.poll(() => page.locator(".once").count()).toBe(0);
    script.say("still ", "here");
    await shows(page, "pre", "still here");
    expect(script.ended).toBe(0);
    script.end();
    await expect.poll(() => isStreaming(page)).toEqual(RESTS);
    expect(await page.textContent("pre")).toBe("still here");
    expect(await page.locator("[data-code]").count()).toBe(0);
  });

  it("streams beside another one", async () => {
    const page = await on.open("/two");
    await page.click("#c-one .ask");
    await page.click("#c-two .ask");
    await expect.poll(() => page.locator("[data-streaming]").count()).toBe(2);
    script.end();
    await expect.poll(() => page.locator("[data-streaming]").count()).toBe(0);
  });

  it("is stopped by its button, keeps what it showed, and answers the next event", async () => {
    const page = await on.open("/");
    await page.click(".tell");
    script.say("so far");
    await shows(page, "pre", "so far");
    await page.click("[data-stop]");
    await expect.poll(() => isStreaming(page)).toEqual(RESTS);
    await expect.poll(() => script.ended).toBe(1);
    expect(await page.locator("[data-code]").count()).toBe(0);
    await page.click(".count");
    await shows(page, ".counted", "1");
    expect(await page.textContent("pre")).toBe("so far");
  });

  it("says so when it cannot be stopped, and goes on", async () => {
    const page = await on.open("/");
    await page.click(".tell");
    await expect.poll(() => isStreaming(page)).toEqual(RUNS);
    line.refuse(/DELETE/, 503);
    await page.click("[data-stop]");
    await page.waitForSelector('[data-code="network"]');
    line.refuse(/DELETE/, undefined);
    expect(await isStreaming(page)).toEqual(RUNS);
    await page.click("[data-stop]");
    await expect.poll(() => isStreaming(page)).toEqual(RESTS);
  });

  it("ends its handler when the person leaves the page", async () => {
    const page = await on.open("/");
    await page.click(".tell");
    await expect.poll(() => script.begun).toBe(1);
    await page.goto("about:blank");
    await expect.poll(() => script.ended).toBe(1);
  });
});

describe("pieces of text", () => {
  it("arrive to the last space and newline, before and after the whole is shown", async () => {
    const pieces = ["  two ", "\n\nlines\n", " \ttab ", "<b>&amp;</b>", "a\r\nb\rc", "𝄞\u2028\u2029x", "\n", "\r", " "];
    const page = await on.open("/");
    await page.click(".ask");
    const shown = () => page.evaluate(() => document.querySelector("pre")?.textContent);
    for (const [index] of pieces.entries()) {
      script.say(pieces[index] as string);
      await expect.poll(shown).toBe(pieces.slice(0, index + 1).join(""));
    }
    script.end();
    await expect.poll(() => isStreaming(page)).toEqual(RESTS);
    expect(await shown()).toBe(pieces.join(""));
  });

  it("do not touch what somebody types meanwhile, not even the same once more", async () => {
    const page = await on.open("/");
    await page.fill(FIELD, "why");
    await page.click(".ask");
    await shows(page, ".question", "why");
    await expect.poll(() => page.inputValue(FIELD)).toBe("");
    await page.locator(FIELD).pressSequentially("why");
    script.say("because");
    await shows(page, "pre", "because");
    script.end();
    await expect.poll(() => isStreaming(page)).toEqual(RESTS);
    expect(await page.inputValue(FIELD)).toBe("why");
  });
});

describe("the end of a stream", () => {
  it("puts the address into the history once and tells the page", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      document.addEventListener(
        "told",
        ({ target, detail }: CustomEventInit<{ what: string }> & { target?: unknown }) => {
          document.title = `${(target as Element).className} ${detail?.what}`;
        },
      );
    });
    const before = await page.evaluate(() => history.length);
    await page.click(".effects");
    await expect.poll(() => page.title()).toBe("effects ünïcode");
    expect(new URL(page.url()).pathname).toBe("/pushed");
    expect(await page.evaluate(() => history.length)).toBe(before + 1);
    expect(await page.textContent("pre")).toBe("two");
  });

  it("is carried out also where it took the instance off the page", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      document.addEventListener("told", (event) => {
        document.title = (event as CustomEvent<{ what: string }>).detail.what;
      });
    });
    await page.click(".vanish");
    await expect.poll(() => page.title()).toBe("gone");
    expect(await page.locator("[data-component]").count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe("/pushed");
  });

  it("is there also where nothing was shown", async () => {
    const page = await on.open("/");
    const answered = page.waitForResponse(/\/nothing$/);
    await page.click(".nothing");
    await answered;
    await settled(page);
    await page.click(".count");
    await shows(page, ".counted", "1");
    expect(await page.locator("[data-code]").count()).toBe(0);
  });

  it("leads to another page", async () => {
    const page = await on.open("/");
    await page.click(".leave");
    await page.waitForSelector("h1");
    expect(new URL(page.url()).pathname).toBe("/elsewhere");
  });

  it("leads nowhere but to this site", async () => {
    for (const target of ["https://example.com/", "//example.com/x", "javascript:document.title='run'"]) {
      const page = await on.open("/");
      raw = () => [`event: component:redirect\ndata: ${target}\n\n`];
      await page.click(".tell");
      await settled(page);
      await expect.poll(() => isStreaming(page)).toEqual(RESTS);
      expect([page.url(), await page.title()]).toEqual([`${on.app.url}/`, "/"]);
    }
  });

  it("by an error in the third frame keeps the third frame, and says so once", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      document.addEventListener("component:error", (event) => {
        document.title += ` ${(event as CustomEvent<{ code: string }>).detail.code}`;
      });
    });
    await page.click(".tell");
    script.say("one", "two", "three", new Error("broken"));
    await page.waitForSelector('[data-component-error] [data-code="internal"]');
    expect(await page.textContent("pre")).toBe("three");
    await expect.poll(() => isStreaming(page)).toEqual(RESTS);
    expect(await page.title()).toBe("/ internal");
    await page.click(".count");
    await shows(page, ".counted", "1");
    expect(await page.textContent("pre")).toBe("three");
    expect(await page.locator("[data-code]").count()).toBe(0);
  });

  it("that is missing is said, also after a clean close and when nothing came at all", async () => {
    for (const chunks of [
      [],
      [": ping\n\n"],
      ['id: 1\ndata: <hx-partial hx-target="pre">x</hx-partial>\n\n'],
      ["id: 1\nda"],
    ]) {
      const page = await on.open("/");
      raw = () => chunks;
      await page.click(".tell");
      await page.waitForSelector('[data-code="interrupted"]');
      expect(await isStreaming(page)).toEqual(RESTS);
    }
  });

  it("is said where a message cannot be shown", async () => {
    const page = await on.open("/");
    raw = () => [
      'id: 1\ndata: <hx-partial hx-target="##">x</hx-partial>\n\n',
      "id: 2\nevent: component:done\ndata: {}\n\n",
    ];
    await page.click(".tell");
    await page.waitForSelector('[data-code="interrupted"]');
    expect(on.complaints.splice(0).length).toBeGreaterThan(0);
  });

  it("is said in the page's own words", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      const { htmx } = window as unknown as { htmx: { config: object } };
      Object.assign(htmx.config, { componentTexts: { interrupted: "Unterbrochen.", restart: "Noch einmal" } });
    });
    raw = () => [];
    await page.click(".tell");
    await page.waitForSelector('[data-code="interrupted"]');
    expect(await page.textContent('[data-code="interrupted"]')).toBe("Unterbrochen. Noch einmal");
  });
});

describe("a form that is answered by a stream", () => {
  it("is busy until the end, and asks nothing when somebody leaves after that", async () => {
    const page = await on.open("/letter");
    const asked = questions(page, false);
    await page.fill("[name=name]", "Ada");
    await page.click("text=Send");
    await shows(page, "output", "Ada");
    expect(await page.getAttribute("text=Send", "aria-busy")).toBe("true");
    script.say("more");
    await shows(page, "output", "more");
    script.end();
    await expect.poll(() => page.getAttribute("text=Send", "aria-busy")).toBe(null);
    await page.click("#link");
    await page.waitForSelector("h1");
    expect(asked).toEqual([]);
  });

  it("asks nothing after that either when an answer had repeated what was entered", async () => {
    const page = await on.open("/letter");
    const asked = questions(page, false);
    await page.fill("[name=name]", "Ada");
    await page.click("text=Add");
    await page.waitForSelector('[name="lines[0]"]');
    await settled(page);
    await page.click("text=Send");
    script.end();
    await shows(page, "output", "Ada");
    await expect.poll(() => page.getAttribute("text=Send", "aria-busy")).toBe(null);
    await page.click("#link", { noWaitAfter: true });
    await expect.poll(async () => asked.length > 0 || (await page.locator("h1").count())).toBeTruthy();
    expect(asked).toEqual([]);
  });

  it("asks about what was entered while it streamed", async () => {
    const page = await on.open("/letter");
    const asked = questions(page, false);
    await page.fill("[name=name]", "Ada");
    await page.click("text=Send");
    await shows(page, "output", "Ada");
    await page.fill("[name=name]", "Grace");
    script.end();
    await expect.poll(() => page.getAttribute("text=Send", "aria-busy")).toBe(null);
    await page.click("#link", { noWaitAfter: true });
    await expect.poll(() => asked).toEqual(["beforeunload"]);
    expect(await page.inputValue("[name=name]")).toBe("Grace");
  });
});
