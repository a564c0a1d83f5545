import { Component, type Payload } from "hydrant";
import { html } from "hydrant/tagged";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { template } from "../../support/live-app.js";
import { gates, settled, shows, stage } from "./stage.js";

const gate = gates();
const events = {
  touch: z.object({ gate: z.string().default("") }),
  suggest: z.object({ title: z.string() }),
  tick: null,
  open: null,
  add: z.object({ title: z.string().min(2), note: z.string().default("") }),
};

interface DeskState {
  readonly count: number;
  readonly title: string;
  readonly note: string;
  readonly done: boolean;
  readonly colour: string;
  readonly open: boolean;
}

class Desk extends Component<{ -readonly [Name in keyof DeskState]: DeskState[Name] }> {
  static override template = "desk";
  static override events = events;

  override mount() {
    this.state = { count: 0, title: "", note: "", done: false, colour: "red", open: false };
  }

  async on_touch({ gate: name }: Payload<typeof events, "touch">) {
    await gate.pass(name);
    this.state.count += 1;
  }

  on_suggest({ title }: Payload<typeof events, "suggest">) {
    this.state.title = title;
    this.state.note = title;
    this.state.colour = "blue";
    this.state.done = true;
    this.state.count += 1;
  }

  /** Does not accept the tick. */
  on_tick() {
    this.state.count += 1;
  }

  on_open() {
    this.state.open = !this.state.open;
    this.state.count += 1;
  }

  on_add() {
    this.state.count += 1;
  }
}

const templates = {
  desk: template<DeskState>(
    ({ state, root, on, control, error, value }) => html`<section ${root()}>
      <output>${state.count}</output>
      <button id="touch" ${on("touch")}>touch</button>
      <button id="slow" hx-sync="this:drop" hx-disable="this" ${on("touch", { gate: "slow" })}>slow</button>
      <button id="suggest" ${on("suggest", { title: "from the server" })}>suggest</button>
      <button id="open" ${on("open")}>open</button>
      <label><input id="free" name="free" value="${state.title}"></label>
      <label><textarea id="area" name="area">${state.note}</textarea></label>
      <input type="checkbox" id="box" name="box"${state.done ? html` checked` : ""}>
      <input type="checkbox" id="vain" name="vain" ${on("tick")}>
      <input type="radio" id="red" name="colour" value="red"${state.colour === "red" ? html` checked` : ""}>
      <input type="radio" id="blue" name="colour" value="blue"${state.colour === "blue" ? html` checked` : ""}>
      <select id="pick" name="pick">${[...(state.count > 0 ? ["amber"] : []), "red", "green", "blue"].map((one) => html`<option${one === state.colour ? html` selected` : ""}>${one}</option>`)}</select>
      <div id="scroll" class="low"><p>${"long text ".repeat(300)}${state.count}</p></div>
      <details id="more"><summary>more</summary>${state.count}</details>
      <details id="told"${state.open ? html` open` : ""}><summary>told</summary>${state.count}</details>
      <dialog id="box-dialog"><button>inside ${state.count}</button></dialog>
      <form id="form" ${on("add")}>
        <label><input ${control("title")} value="${value("title")}" autofocus></label>${error("title")}
        <label><input id="note" ${control("note")} value="${value("note")}"></label>
        <button id="save">save</button>
      </form>
      <p><input id="last" name="last"></p>
    </section>`,
  ),
};

let now = Date.UTC(2026, 5, 1);
const clock = {
  now: () => now,
  after: (ms: number, task: () => void) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

const on = stage({
  components: { desk: Desk },
  templates,
  pages: { "/": ({ component }) => component("desk", { key: "desk" }) },
  server: { clock, sealMs: 3_600_000 },
});

const active = () => document.activeElement?.id ?? "";

describe("what the person typed", () => {
  it("stays with caret and focus when an answer arrives while somebody types", async () => {
    const page = await on.open("/");
    await page.click("#slow");
    await gate.reached("slow");
    await page.locator("#free").pressSequentially("hello world");
    for (let step = 0; step < 5; step++) await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("big ");
    gate.open("slow");
    await shows(page, "output", "1");
    await page.keyboard.type("wide ");
    expect(await page.inputValue("#free")).toBe("hello big wide world");
    expect(await page.evaluate(active)).toBe("free");
  });

  it("stays in every field the server says nothing new about", async () => {
    const page = await on.open("/");
    await page.fill("#free", "mine");
    await page.fill("#area", "my lines");
    await page.fill("#last", "at the end");
    await page.check("#box");
    await page.check("#blue");
    await page.selectOption("#pick", "green");
    await page.click("#touch");
    await shows(page, "output", "1");
    expect(await page.inputValue("#free")).toBe("mine");
    expect(await page.inputValue("#area")).toBe("my lines");
    expect(await page.inputValue("#last")).toBe("at the end");
    expect(await page.inputValue("#pick")).toBe("green");
    expect(await page.isChecked("#box")).toBe(true);
    expect(await page.isChecked("#blue")).toBe(true);
  });

  it("gives way where the server says something new, except in the field that has the focus", async () => {
    const page = await on.open("/");
    await page.fill("#area", "my lines");
    await page.uncheck("#box");
    await page.check("#blue");
    await page.check("#red");
    await page.selectOption("#pick", "green");
    await page.fill("#free", "still typing");
    await page.evaluate(() => document.querySelector<HTMLElement>("#suggest")?.dispatchEvent(new Event("click")));
    await shows(page, "output", "1");
    expect(await page.inputValue("#free")).toBe("still typing");
    expect(await page.inputValue("#area")).toBe("from the server");
    expect(await page.inputValue("#pick")).toBe("blue");
    expect(await page.isChecked("#box")).toBe(true);
    expect(await page.isChecked("#blue")).toBe(true);
    expect(await page.isChecked("#red")).toBe(false);
  });

  it("a box that sent itself shows what the server made of it", async () => {
    const page = await on.open("/");
    await page.click("#vain");
    await shows(page, "output", "1");
    await settled(page);
    expect(await page.isChecked("#vain")).toBe(false);
  });

  it("leaves a submitted form empty as the server sent it, but not what was typed since", async () => {
    const page = await on.open("/");
    await page.fill("[name=title]", "first");
    await page.fill("#free", "elsewhere");
    await page.focus("[name=title]");
    await page.keyboard.press("Enter");
    await shows(page, "output", "1");
    await expect.poll(() => page.inputValue("[name=title]")).toBe("");
    expect(await page.inputValue("#free")).toBe("elsewhere");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("title");
  });

  it("stays in a refused form, and the first field to mend gets the focus", async () => {
    const page = await on.open("/");
    await page.fill("[name=title]", "x");
    await page.fill("[name=note]", "a note");
    await page.click("#save");
    await page.waitForSelector('[aria-invalid="true"]');
    expect(await page.inputValue("[name=title]")).toBe("x");
    expect(await page.inputValue("[name=note]")).toBe("a note");
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("title");
  });

  it("is not interrupted when a refusal arrives while somebody types elsewhere", async () => {
    const page = await on.open("/");
    await page.fill("[name=title]", "x");
    await page.evaluate(() => document.querySelector<HTMLFormElement>("#form")?.requestSubmit());
    await page.locator("#last").pressSequentially("other");
    await page.waitForSelector('[aria-invalid="true"]');
    await settled(page);
    await page.keyboard.type(" words");
    expect(await page.inputValue("#last")).toBe("other words");
  });

  it("stays in all fields when the state was too old and the instance began anew", async () => {
    const page = await on.open("/");
    await page.click("#suggest");
    await shows(page, "output", "1");
    await page.fill("#free", "long thought");
    await page.fill("#area", "long lines");
    await page.fill("[name=title]", "a title");
    now += 7_200_000;
    await page.click("#save");
    await page.waitForSelector("[data-component-error] [role=alert], [data-component-error]:not(:empty)");
    expect(await page.textContent("output")).toBe("0");
    expect(await page.inputValue("#free")).toBe("long thought");
    expect(await page.inputValue("#area")).toBe("long lines");
    expect(await page.inputValue("[name=title]")).toBe("a title");
    await page.click("#save");
    await shows(page, "output", "1");
    expect(await page.inputValue("#free")).toBe("long thought");
  });
});

describe("what the person opened, scrolled and focused", () => {
  it("stays open, scrolled and focused through an answer", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("#scroll { height: 50px; width: 200px; overflow: auto }");
      document.adoptedStyleSheets.push(sheet);
      document.querySelector("#scroll")?.scrollTo(0, 120);
    });
    await page.click("#more summary");
    await page.evaluate(() => document.querySelector<HTMLDialogElement>("#box-dialog")?.show());
    await page.focus("#last");
    await page.evaluate(() => document.querySelector<HTMLElement>("#touch")?.dispatchEvent(new Event("click")));
    await shows(page, "output", "1");
    expect(await page.evaluate(() => document.querySelector<HTMLDetailsElement>("#more")?.open)).toBe(true);
    expect(await page.evaluate(() => document.querySelector<HTMLDialogElement>("#box-dialog")?.open)).toBe(true);
    expect(await page.evaluate(() => document.querySelector("#scroll")?.scrollTop)).toBe(120);
    expect(await page.evaluate(active)).toBe("last");
  });

  it("opens and closes when the server says so", async () => {
    const page = await on.open("/");
    const told = () => page.evaluate(() => document.querySelector<HTMLDetailsElement>("#told")?.open);
    await page.click("#open");
    await shows(page, "output", "1");
    expect(await told()).toBe(true);
    await page.click("#told summary");
    await page.click("#touch");
    await shows(page, "output", "2");
    expect(await told()).toBe(false);
    await page.click("#open");
    await shows(page, "output", "3");
    expect(await told()).toBe(false);
  });

  it("a button disabled for its own request stays disabled until the answer, whatever else is answered", async () => {
    const page = await on.open("/");
    await page.click("#slow");
    await gate.reached("slow");
    await page.click("#touch");
    await shows(page, "output", "1");
    expect(await page.isDisabled("#slow")).toBe(true);
    gate.open("slow");
    await expect.poll(() => page.isDisabled("#slow")).toBe(false);
  });

  it("the field with autofocus does not take the focus back at every answer", async () => {
    const page = await on.open("/");
    await page.focus("#last");
    await page.evaluate(() => document.querySelector<HTMLElement>("#touch")?.dispatchEvent(new Event("click")));
    await shows(page, "output", "1");
    await settled(page);
    expect(await page.evaluate(active)).toBe("last");
  });
});
