import { FormComponent } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { formTemplate, message, named, questions } from "./forms-stage.js";
import { gates, settled, shows, stage } from "./stage.js";

const gate = gates();

const schema = z.object({
  name: z.string().min(2, "Two letters at least."),
  note: z.string(),
  land: z.enum(["de", "fr"]),
  fast: z.boolean(),
  lines: z.array(z.string()),
});

class Letter extends FormComponent<typeof schema, { count: number }> {
  static override template = "letter";
  static override schema = schema;

  override async mount(params: object) {
    await super.mount(params);
    this.state.count = 0;
  }

  override initial() {
    return { land: "fr", note: "as ever" };
  }

  override async on_submit({ name }: z.output<typeof schema>) {
    if (name.startsWith("slow")) await gate.pass(name);
    if (name.includes("away")) return this.redirect("/elsewhere");
    this.state.count += 1;
  }
}

class Checked extends Letter {
  static override template = "checked";
}

const letter = (check: boolean) =>
  formTemplate(
    ({ root, state, form, field }) => html`<section ${root()}>
      <output>${state.count}</output>
      <form ${form({ guard: true, check, native: false })}>
        ${field("name")} ${field("note", { type: "textarea" })} ${field("land")} ${field("fast")} ${field("lines")}
        <button>Send</button>
      </form>
    </section>`,
  );

const on = stage({
  components: { letter: Letter, checked: Checked },
  templates: { letter: letter(false), checked: letter(true) },
  pages: {
    "/": ({ component }) => html`<a id="link" href="/elsewhere">elsewhere</a>${component("letter")}`,
    "/checked": ({ component }) => html`<a id="link" href="/elsewhere">elsewhere</a>${component("checked")}`,
    "/boosted": ({ component }) =>
      html`<nav hx-boost:inherited="true"><a id="link" href="/elsewhere">elsewhere</a></nav>${component("letter")}`,
    "/plain": ({ component }) => html`<div hx-ignore>${component("letter")}</div>`,
    "/elsewhere": () => html`<h1>Elsewhere</h1>`,
  },
});

const SEND = "text=Send";

/** Follows the link. @returns what the person was asked, and whether the other page is there. */
async function leave(page: Page, go: boolean) {
  const asked = questions(page, go);
  const gone = async () => (await page.locator("h1").count()) === 1;
  await page.click("#link", { noWaitAfter: true });
  await expect.poll(async () => (await gone()) || (!go && asked.length > 0)).toBe(true);
  return { asked, gone: await gone() };
}

describe("leaving a page with a form", () => {
  it("asks nothing when nothing was entered", async () => {
    const page = await on.open("/");
    await page.focus(named("name"));
    expect(await leave(page, false)).toEqual({ asked: [], gone: true });
  });

  it("asks when something was entered, and whoever stays finds it again", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    expect(await leave(page, false)).toEqual({ asked: ["beforeunload"], gone: false });
    expect(await page.inputValue(named("name"))).toBe("Ada");
  });

  it("lets go whoever leaves all the same", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    expect(await leave(page, true)).toEqual({ asked: ["beforeunload"], gone: true });
  });

  it("asks for every kind of control", async () => {
    for (const change of [
      (page: Page) => page.check('[value="de"]'),
      (page: Page) => page.check(named("fast")),
      (page: Page) => page.fill(named("note"), ""),
    ]) {
      const page = await on.open("/");
      await change(page);
      expect(await leave(page, false)).toEqual({ asked: ["beforeunload"], gone: false });
    }
  });

  it("asks nothing when what was entered was taken back", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    await page.fill(named("name"), "");
    await page.check('[value="de"]');
    await page.check('[value="fr"]');
    expect(await leave(page, false)).toEqual({ asked: [], gone: true });
  });

  it("asks nothing after the form was sent", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    await page.click(SEND);
    await shows(page, "output", "1");
    expect(await leave(page, false)).toEqual({ asked: [], gone: true });
  });

  it("asks again when something was entered after the form was sent", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    await page.click(SEND);
    await shows(page, "output", "1");
    await page.fill(named("note"), "one more thing");
    expect(await leave(page, false)).toEqual({ asked: ["beforeunload"], gone: false });
  });

  it("asks when something was entered while the form was being sent", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow Ada");
    await page.click(SEND);
    await gate.reached("slow Ada");
    await page.fill(named("note"), "one more thing");
    gate.open("slow Ada");
    await shows(page, "output", "1");
    await settled(page);
    expect(await page.inputValue(named("note"))).toBe("one more thing");
    expect(await leave(page, false)).toEqual({ asked: ["beforeunload"], gone: false });
  });

  it("asks when the form was refused", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "A");
    await page.click(SEND);
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    expect(await leave(page, false)).toEqual({ asked: ["beforeunload"], gone: false });
  });

  it("asks nothing when the form itself leads elsewhere", async () => {
    const page = await on.open("/checked");
    const asked = questions(page, false);
    await page.fill(named("name"), "A");
    await page.click(SEND);
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await page.fill(named("name"), "away");
    await page.click(SEND);
    await page.waitForSelector("h1");
    expect(asked).toEqual([]);
  });

  it("asks nothing when the browser itself sends the form", async () => {
    const page = await on.open("/plain");
    const asked = questions(page, false);
    await page.fill(named("name"), "Ada");
    await page.click(SEND);
    await shows(page, "output", "1");
    expect(asked).toEqual([]);
  });

  it("asks when the server knows what was entered, from a check or from a row that was added", async () => {
    const checked = await on.open("/checked");
    await checked.fill(named("name"), "Ada");
    await checked.press(named("name"), "Tab");
    await checked.waitForSelector("[data-unsent]");
    await settled(checked);
    expect(await leave(checked, false)).toEqual({ asked: ["beforeunload"], gone: false });

    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    await page.click("text=Add");
    await page.waitForSelector(named("lines[0]"));
    await settled(page);
    expect(await leave(page, false)).toEqual({ asked: ["beforeunload"], gone: false });
  });

  it("asks after a form was sent, filled in anew and checked", async () => {
    const page = await on.open("/checked");
    await page.fill(named("name"), "Ada");
    await page.click(SEND);
    await shows(page, "output", "1");
    await page.fill(named("note"), "one more thing");
    await page.press(named("note"), "Tab");
    await page.waitForSelector("textarea:text-is('one more thing')", { state: "attached" });
    await settled(page);
    expect(await leave(page, false)).toEqual({ asked: ["beforeunload"], gone: false });
  });

  it("asks before a link of htmx puts another page in its place", async () => {
    const page = await on.open("/boosted");
    await page.fill(named("name"), "Ada");
    expect(await leave(page, false)).toEqual({ asked: ["confirm"], gone: false });
    expect(await page.inputValue(named("name"))).toBe("Ada");
    expect(new URL(page.url()).pathname).toBe("/boosted");
  });

  it("lets go whoever follows a link of htmx all the same, and asks nothing without a reason", async () => {
    const page = await on.open("/boosted");
    await page.fill(named("name"), "Ada");
    expect(await leave(page, true)).toEqual({ asked: ["confirm"], gone: true });
    const other = await on.open("/boosted");
    expect(await leave(other, false)).toEqual({ asked: [], gone: true });
  });
});
