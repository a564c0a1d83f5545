import { type FieldChange, FormComponent } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { formTemplate, message, named } from "./forms-stage.js";
import { gates, settled, shows, stage } from "./stage.js";

const gate = gates();
/** Checks that ran, as `field=value`, and submits. */
const ran: string[] = [];

const schema = z.object({
  name: z.string().min(2, "Two letters at least."),
  email: z.email("That is no address."),
  note: z.string(),
  land: z.enum(["de", "fr"]).optional(),
  city: z.string(),
});

class SignUp extends FormComponent<typeof schema, { count: number }> {
  static override template = "sign-up";
  static override schema = schema;

  override async mount(params: object) {
    await super.mount(params);
    this.state.count = 0;
  }

  override async on_field_change({ field, value }: FieldChange) {
    ran.push(`${field}=${value}`);
    const text = String(value);
    if (text.startsWith("slow") && !text.includes("@")) await gate.pass(text);
    if (field === "land") this.state.formData.city = value === "fr" ? "Paris" : "Berlin";
  }

  override async on_submit({ name, note }: z.output<typeof schema>) {
    ran.push(`submit ${name}`);
    if (note.startsWith("slow")) await gate.pass(note);
    await this.reset();
    this.state.count += 1;
  }
}

const on = stage({
  components: { "sign-up": SignUp },
  templates: {
    "sign-up": formTemplate(
      ({ root, state, form, field }) => html`<section ${root()}>
        <output>${state.count}</output>
        <form ${form({ check: true, native: false })}>
          ${field("name")} ${field("email", { pending: "Asking …" })} ${field("note", { check: false })}
          ${field("land", { type: "select" })} ${field("city")}
          <button>Send</button>
        </form>
      </section>`,
    ),
  },
  pages: { "/": ({ component }) => component("sign-up") },
});

const checksIn = (from: number) => on.app.arrivals.slice(from).filter(({ path }) => path.endsWith("/field_change"));

/** Fills in and leaves a field, as a person does with the keyboard. */
async function fillIn(page: Page, name: string, text: string) {
  await page.focus(named(name));
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
  await page.keyboard.press("Tab");
}

describe("live checks", () => {
  afterEach(() => {
    ran.length = 0;
  });

  it("a field that was left shows what is wrong with it, and what is right with it", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "ada");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    await fillIn(page, "email", "ada@example.com");
    await expect.poll(() => message(page, "email")).toBe(null);
    expect(await message(page, "name")).toBe(null);
  });

  it("a check knows what the other fields hold", async () => {
    const page = await on.open("/");
    await page.fill(named("note"), "never checked itself");
    await fillIn(page, "name", "Ada");
    await settled(page);
    await page.click("text=Send");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    expect(await page.inputValue(named("note"))).toBe("never checked itself");
    expect(await page.getAttribute(named("note"), "value")).toBe("never checked itself");
  });

  it("a pause and leaving the field behind it ask once", async () => {
    const page = await on.open("/");
    const before = on.app.arrivals.length;
    await page.focus(named("name"));
    await page.keyboard.type("Ada");
    await expect.poll(() => ran).toEqual(["name=Ada"]);
    await page.keyboard.press("Tab");
    await fillIn(page, "email", "ada@example.com");
    await expect.poll(() => ran).toEqual(["name=Ada", "email=ada@example.com"]);
    await settled(page);
    expect(checksIn(before)).toHaveLength(2);
  });

  it("leaving the field while the check of the pause is slow asks once", async () => {
    const page = await on.open("/");
    await page.focus(named("name"));
    await page.keyboard.type("slow twin");
    await gate.reached("slow twin");
    await page.keyboard.press("Tab");
    gate.open("slow twin");
    await settled(page);
    expect(ran).toEqual(["name=slow twin"]);
  });

  it("what was asked before is asked again when it comes back", async () => {
    const page = await on.open("/");
    await fillIn(page, "name", "A");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await fillIn(page, "name", "Ada");
    await expect.poll(() => message(page, "name")).toBe(null);
    await fillIn(page, "name", "A");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await settled(page);
    expect(ran).toEqual(["name=A", "name=Ada", "name=A"]);
  });

  it("the newest answer stands when an older check is slow", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "slow older");
    await gate.reached("slow older");
    await fillIn(page, "email", "ada@example.com");
    await expect.poll(() => ran.length).toBe(2);
    await settled(page);
    gate.open("slow older");
    await fillIn(page, "name", "A");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    expect(await message(page, "email")).toBe(null);
    expect(await page.inputValue(named("email"))).toBe("ada@example.com");
  });

  it("text that goes on being typed stays as it is typed, with the caret where it was", async () => {
    const page = await on.open("/");
    await page.focus(named("email"));
    await page.keyboard.type("slow typist");
    await gate.reached("slow typist");
    await page.keyboard.type("@example.com");
    await page.keyboard.press("Home");
    gate.open("slow typist");
    await expect.poll(() => ran.length).toBe(2);
    await settled(page);
    await page.keyboard.type("very-");
    expect(await page.inputValue(named("email"))).toBe("very-slow typist@example.com");
  });

  it("what was entered elsewhere after the check was sent stays", async () => {
    const page = await on.open("/");
    await page.fill(named("note"), "first");
    await fillIn(page, "email", "slow note");
    await gate.reached("slow note");
    await page.fill(named("note"), "second");
    await page.focus(named("name"));
    gate.open("slow note");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    expect(await page.inputValue(named("note"))).toBe("second");
  });

  it("fields that were left one right after the other all show their messages", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "slow first");
    await gate.reached("slow first");
    await fillIn(page, "name", "A");
    gate.open("slow first");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await settled(page);
    expect(await message(page, "email")).toBe("That is no address.");
    expect(await message(page, "name")).toBe("Two letters at least.");
  });

  it("a field that depends on another takes what the other brings", async () => {
    const page = await on.open("/");
    await page.selectOption(named("land"), "fr");
    await expect.poll(() => page.inputValue(named("city"))).toBe("Paris");
  });

  it("only the field that is being checked says so", async () => {
    const page = await on.open("/");
    const says = (field: string) => page.isVisible(`[data-field="${field}"] > [data-field-pending]`);
    expect(await says("email")).toBe(false);
    await fillIn(page, "email", "slow sign");
    await gate.reached("slow sign");
    await expect.poll(() => says("email")).toBe(true);
    expect(await page.textContent('[data-field="email"] > [data-field-pending]')).toBe("Asking …");
    expect(await says("name")).toBe(false);
    gate.open("slow sign");
    await expect.poll(() => says("email")).toBe(false);
    await page.fill(named("email"), "ada@example.com");
    await page.fill(named("name"), "Ada");
    await page.fill(named("note"), "slow note of all");
    await settled(page);
    await page.click("text=Send");
    await gate.reached("slow note of all");
    expect(await page.locator("[data-field-pending]:visible").count()).toBe(0);
    gate.open("slow note of all");
    await shows(page, "output", "1");
  });
});

describe("live checks and sending", () => {
  afterEach(() => {
    ran.length = 0;
  });

  async function fillAll(page: Page, note = "") {
    await page.fill(named("note"), note);
    await fillIn(page, "name", "Ada");
    await fillIn(page, "email", "ada@example.com");
    await settled(page);
    ran.length = 0;
  }

  it("a slow check does not hold up the form, and its answer changes nothing afterwards", async () => {
    const page = await on.open("/");
    await fillAll(page);
    await page.focus(named("city"));
    await page.keyboard.type("slow city");
    await gate.reached("slow city");
    await page.keyboard.press("Enter");
    await shows(page, "output", "1");
    gate.open("slow city");
    await settled(page);
    expect(ran).toEqual(["city=slow city", "submit Ada"]);
    await shows(page, "output", "1");
    expect(await page.inputValue(named("name"))).toBe("");
    expect(await message(page, "name")).toBe(null);
  });

  it("a check that is answered while the form is being sent does not undo what was sent", async () => {
    const page = await on.open("/");
    await fillAll(page, "slow send");
    await page.focus(named("city"));
    await page.keyboard.type("slow town");
    await gate.reached("slow town");
    await page.keyboard.press("Enter");
    await gate.reached("slow send");
    gate.open("slow town");
    gate.open("slow send");
    await shows(page, "output", "1");
    await settled(page);
    await shows(page, "output", "1");
    expect(await page.inputValue(named("name"))).toBe("");
  });

  it("what is entered while the form is being sent stays, and is not checked against what was sent", async () => {
    const page = await on.open("/");
    await fillAll(page, "slow start");
    await page.click("text=Send");
    await gate.reached("slow start");
    await fillIn(page, "city", "Rome");
    gate.open("slow start");
    await shows(page, "output", "1");
    await settled(page);
    await shows(page, "output", "1");
    expect(await page.inputValue(named("city"))).toBe("Rome");
    expect(ran).toEqual(["submit Ada"]);
  });

  it("a message that comes while the button is being pressed does not move it away under the mouse", async () => {
    const page = await on.open("/");
    await page.focus(named("email"));
    await page.keyboard.type("ada");
    const box = await page.locator("text=Send").boundingBox();
    if (box === null) throw new Error("the button cannot be seen");
    await page.mouse.move(box.x + 4, box.y + box.height - 2);
    await page.mouse.down();
    // Much longer than a check takes.
    for (let times = 0; times < 5; times++) await page.evaluate(() => fetch("/").then((answer) => answer.text()));
    expect(ran).toEqual([]);
    await page.mouse.up();
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
  });

  it("a field that is left by pressing something else is checked when that is let go", async () => {
    const page = await on.open("/");
    await page.focus(named("email"));
    await page.keyboard.type("ada");
    await page.click("label:has-text('Note')");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    expect(ran).toEqual(["email=ada"]);
  });

  it("a check that is asked again asks about the fields as they are by then", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "slow again");
    await gate.reached("slow again");
    await page.fill(named("name"), "Ada");
    await page.click("text=Send");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    gate.open("slow again");
    await expect.poll(() => ran).toEqual(["email=slow again", "email=slow again"]);
    await gate.reached("slow again");
    gate.open("slow again");
    await settled(page);
    expect(await message(page, "name")).toBe(null);
    expect(await page.inputValue(named("name"))).toBe("Ada");
    expect(await page.getAttribute(named("name"), "value")).toBe("Ada");
  });

  it("after a refusal the field that was left meanwhile is checked", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "ada");
    await settled(page);
    await page.focus(named("land"));
    await page.evaluate(() => {
      const [form, land] = [document.querySelector("form"), document.querySelector("select")];
      if (!form || !land) return;
      land.value = "fr";
      land.dispatchEvent(new Event("change", { bubbles: true }));
      form.requestSubmit();
    });
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await expect.poll(() => page.inputValue(named("city"))).toBe("Paris");
    await settled(page);
    expect(await message(page, "name")).toBe("Two letters at least.");
    expect(await page.inputValue(named("land"))).toBe("fr");
  });
});
