import { FormComponent } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { focused, formTemplate, message, named } from "./forms-stage.js";
import { gates, settled, shows, stage } from "./stage.js";

const gate = gates();
let ran: string[] = [];
/** Where the server waits before it adds a row. */
let held = "";

const schema = z.object({
  name: z.string().min(2, "Two letters at least."),
  lines: z.array(z.object({ text: z.string().min(1, "Say something.") })).max(9),
});

class Order extends FormComponent<typeof schema, { count: number }> {
  static override template = "order";
  static override schema = schema;
  static override events = { again: null, keep: null };

  override async mount(params: object) {
    await super.mount(params);
    this.state.count = 0;
  }

  on_again() {
    this.state.count += 10;
  }

  async on_keep() {
    ran.push("keep");
    await gate.pass("keep");
    this.state.count += 100;
  }

  override async on_submit({ name, lines }: z.output<typeof schema>) {
    ran.push(`submit ${name} ${lines.length}`);
    if (name.startsWith("slow")) await gate.pass(name);
    if (name.includes("broken")) throw new Error("the order book is lost");
    if (name.includes("away")) return this.redirect("/thanks");
    this.state.count += 1;
  }
}

const on = stage({
  components: { order: Order },
  templates: {
    order: formTemplate(
      ({ root, state, form, field, on: send }) => html`<section ${root()}>
        <output>${state.count}</output>
        <button id="refresh" hx-sync="this:drop" ${send("again")}>Refresh</button>
        <form ${form()}>
          ${field("name")} ${field("lines")}
          <button>Send</button>
          <button id="keep" formnovalidate ${send("keep")}>Keep</button>
          <button id="once" name="how" value="once" hx-sync="#refresh:drop" formnovalidate ${send("keep")}>Keep if free</button>
        </form>
      </section>`,
    ),
  },
  pages: { "/": ({ component }) => component("order"), "/thanks": () => html`<h1>Thanks</h1>` },
  before: async (ctx, next) => {
    if (ctx.path === "/thanks") await gate.pass("thanks");
    if (ctx.path.endsWith("/add_row")) await gate.pass(held);
    return next();
  },
});

const SEND = "text=Send";
/** What a button says of itself to people and to their machines. */
const stateOf = (page: Page, button: string) =>
  page.$eval(button, (one) => ({
    busy: one.getAttribute("aria-busy"),
    off: one.getAttribute("aria-disabled"),
    disabled: (one as HTMLButtonElement).disabled,
  }));
const BUSY = { busy: "true", off: "true", disabled: false };
const FREE = { busy: null, off: null, disabled: false };

describe("a form that is being sent", () => {
  afterEach(() => {
    ran = [];
  });

  it("says so on the button that was pressed, which keeps the focus, until the answer is there", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow Ada");
    expect(await stateOf(page, SEND)).toEqual(FREE);
    await page.focus(SEND);
    await page.keyboard.press("Enter");
    await gate.reached("slow Ada");
    expect(await stateOf(page, SEND)).toEqual(BUSY);
    expect(await focused(page)).toBe("Send");
    gate.open("slow Ada");
    await shows(page, "output", "1");
    await expect.poll(() => stateOf(page, SEND)).toEqual(FREE);
    expect(await focused(page)).toBe("Send");
  });

  it("says so on its own button when Enter in a field sends it", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow Enter");
    await page.press(named("name"), "Enter");
    await gate.reached("slow Enter");
    expect(await stateOf(page, SEND)).toEqual(BUSY);
    gate.open("slow Enter");
    await expect.poll(() => stateOf(page, SEND)).toEqual(FREE);
  });

  it("is sent once when Enter is pressed twice", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow twice");
    await page.press(named("name"), "Enter");
    await page.press(named("name"), "Enter");
    await gate.reached("slow twice");
    await page.press(named("name"), "Enter");
    gate.open("slow twice");
    await shows(page, "output", "1");
    await settled(page);
    expect(ran).toEqual(["submit slow twice 0"]);
  });

  it("is sent once when its button is double-clicked", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow double");
    await page.dblclick(SEND);
    await gate.reached("slow double");
    gate.open("slow double");
    await shows(page, "output", "1");
    await settled(page);
    expect(ran).toEqual(["submit slow double 0"]);
  });

  it("can be sent again once it was answered", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    await page.click(SEND);
    await shows(page, "output", "1");
    await page.click(SEND);
    await shows(page, "output", "2");
  });

  it("can be sent again after it was refused", async () => {
    const page = await on.open("/");
    await page.click("text=Add");
    await page.fill(named("name"), "Ada");
    await page.$eval("form[data-form]", (form) => form.setAttribute("novalidate", ""));
    await page.click(SEND);
    await expect.poll(() => message(page, "lines[0].text")).toBe("Say something.");
    await expect.poll(() => stateOf(page, SEND)).toEqual(FREE);
    await page.fill(named("lines[0].text"), "tea");
    await page.click(SEND);
    await shows(page, "output", "1");
  });

  it("can be sent again after the server failed", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow broken");
    await page.click(SEND);
    await gate.reached("slow broken");
    gate.open("slow broken");
    await page.waitForSelector("[data-component-error] [role=alert]");
    await expect.poll(() => stateOf(page, SEND)).toEqual(FREE);
    await page.fill(named("name"), "Ada");
    await page.click(SEND);
    await shows(page, "output", "1");
  });

  it("can be sent again when there was no answer", async () => {
    const page = await on.open("/");
    await page.route("**/order/submit", (route) => route.abort(), { times: 1 });
    await page.fill(named("name"), "Ada");
    on.complaints.length = 0;
    await page.click(SEND);
    await page.waitForSelector('[data-code="network"]');
    await expect.poll(() => stateOf(page, SEND)).toEqual(FREE);
    on.complaints.length = 0;
    await page.click(SEND);
    await shows(page, "output", "1");
  });

  it("can be sent again when the sending was stopped", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow stop");
    await page.click(SEND);
    await gate.reached("slow stop");
    await page.$eval("form[data-form]", (form) => form.dispatchEvent(new Event("htmx:abort")));
    await expect.poll(() => stateOf(page, SEND)).toEqual(FREE);
    gate.open("slow stop");
  });

  it("still says so when something else is answered before it", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "slow other");
    await page.click(SEND);
    await gate.reached("slow other");
    await page.click("#refresh");
    await shows(page, "output", "10");
    expect(await stateOf(page, SEND)).toEqual(BUSY);
    gate.open("slow other");
    await expect.poll(() => stateOf(page, SEND)).toEqual(FREE);
  });

  it("is not sent again while the browser goes where the answer leads", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "away");
    // In the page itself, because the browser's driver would wait for the next page.
    await page.evaluate(() => {
      const form = document.querySelector<HTMLFormElement>("form[data-form]");
      const again = () => {
        form?.requestSubmit();
        sessionStorage.setItem("busy", String(document.querySelectorAll('[aria-busy="true"]').length));
      };
      document.addEventListener("htmx:finally:request", again, { once: true });
      form?.requestSubmit();
    });
    gate.open("thanks");
    await page.waitForSelector("h1");
    expect(ran).toEqual(["submit away 0"]);
    expect(await page.evaluate(() => sessionStorage.getItem("busy"))).toBe("1");
  });
});

describe("other buttons of a form", () => {
  afterEach(() => {
    ran = [];
  });

  it("a button with an event of its own says so itself, and is not pressed twice", async () => {
    const page = await on.open("/");
    await page.dblclick("#keep");
    await gate.reached("keep");
    expect(await stateOf(page, "#keep")).toEqual(BUSY);
    expect(await stateOf(page, SEND)).toEqual(FREE);
    gate.open("keep");
    await shows(page, "output", "100");
    await settled(page);
    expect(ran).toEqual(["keep"]);
    expect(await stateOf(page, "#keep")).toEqual(FREE);
  });

  it("a form sent while one of them is answered is sent right after", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    await page.click("#keep");
    await gate.reached("keep");
    await page.press(named("name"), "Enter");
    gate.open("keep");
    await shows(page, "output", "101");
    expect(ran).toEqual(["keep", "submit Ada 0"]);
  });

  it("a form sent while a row is being added is not sent without it", async () => {
    const page = await on.open("/");
    await page.fill(named("name"), "Ada");
    held = "row";
    await page.click("text=Add");
    await gate.reached("row");
    held = "";
    await page.press(named("name"), "Enter");
    gate.open("row");
    // The browser asks for what the new row lacks.
    await expect.poll(() => focused(page)).toBe("lines[0].text");
    await settled(page);
    expect(ran).toEqual([]);
    await page.keyboard.type("tea");
    await page.keyboard.press("Enter");
    await shows(page, "output", "1");
    expect(ran).toEqual(["submit Ada 1"]);
  });

  it("two quick presses add one row", async () => {
    const page = await on.open("/");
    await page.dblclick("text=Add");
    await page.waitForSelector(named("lines[0].text"));
    await settled(page);
    expect(await page.locator("[data-row]").count()).toBe(1);
  });

  it("a press that may not wait and is dropped leaves the form free", async () => {
    const page = await on.open("/");
    await page.route("**/order/again", () => undefined);
    await page.click("#refresh");
    await page.click("#once");
    expect(await stateOf(page, "#once")).toEqual(FREE);
    await page.fill(named("name"), "Ada");
    await page.click(SEND);
    await shows(page, "output", "1");
    expect(ran).toEqual(["submit Ada 0"]);
  });
});
