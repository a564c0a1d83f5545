import { FormComponent } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { focused, formTemplate, message, named } from "./forms-stage.js";
import { gates, settled, stage } from "./stage.js";

const gate = gates();

const schema = z.object({
  title: z.string().min(2, "Two letters at least."),
  colour: z.enum(["red", "green", "blue"]).meta({ title: "Colour" }),
  lines: z
    .array(z.object({ text: z.string().min(1, "Say something."), note: z.string() }))
    .min(1, "One line at least.")
    .max(3),
  password: z.string(),
});

class List extends FormComponent<typeof schema> {
  static override template = "list";
  static override schema = schema;
  static override sensitive = ["password"];
  static override events = { wait: null };

  override initial() {
    return { colour: "green", lines: [{ text: "first", note: "" }] };
  }

  async on_wait() {
    await gate.pass("wait");
  }

  override on_submit() {}
}

const tags = z.object({ tags: z.array(z.string()) });

class Tags extends FormComponent<typeof tags> {
  static override template = "tags";
  static override schema = tags;
  override on_submit() {}
}
class CheckedTags extends Tags {
  static override template = "checked";
}

const tagList = (check: boolean) =>
  formTemplate(
    ({ root, form, field, rows, add_row, remove_row }) => html`<section ${root()}>
      <form ${form({ check })}>
        ${rows("tags").map(
          (row) =>
            html`<p>${field(row.name)}<button ${remove_row("tags", row.index)}>Drop ${row.index + 1}</button></p>`,
        )}
        <button ${add_row("tags")}>More</button>
      </form>
    </section>`,
  );

const on = stage({
  components: { list: List, tags: Tags, checked: CheckedTags },
  templates: {
    list: formTemplate(
      ({ root, form, field, form_errors, on: send }) => html`<section ${root()}>
        <form ${form({ native: false })}>
          ${form_errors()} ${field("title")} ${field("colour")} ${field("lines")} ${field("password", { type: "password" })}
          <button>Send</button>
        </form>
        <button id="wait" ${send("wait")}>Wait</button>
      </section>`,
    ),
    tags: tagList(false),
    checked: tagList(true),
  },
  pages: {
    "/": ({ component }) => component("list"),
    "/tags": ({ component }) => component("tags"),
    "/checked": ({ component }) => component("checked"),
  },
});

async function press(page: Page, text: string) {
  await page.focus(`button:text-is("${text}")`);
  await page.keyboard.press("Enter");
  await settled(page);
}

const remove = (page: Page, label: string) => page.locator(`[aria-label="Remove ${label}"]`);

describe("rows of a form, by keyboard", () => {
  it("a new row has the focus in its first field", async () => {
    const page = await on.open("/");
    await press(page, "Add");
    await expect.poll(() => focused(page)).toBe("lines[1].text");
    await page.keyboard.type("second");
    expect(await page.inputValue(named("lines[1].text"))).toBe("second");
  });

  it("the last row that may be added has the focus too, although its button is off then", async () => {
    const page = await on.open("/");
    await press(page, "Add");
    await expect.poll(() => focused(page)).toBe("lines[1].text");
    await press(page, "Add");
    await expect.poll(() => focused(page)).toBe("lines[2].text");
    expect(await page.isDisabled('button:text-is("Add")')).toBe(true);
  });

  it("after a row was removed the focus is on the button of the row in its place", async () => {
    const page = await on.open("/");
    await press(page, "Add");
    await press(page, "Add");
    await page.fill(named("lines[1].text"), "second");
    await page.fill(named("lines[2].text"), "third");
    await remove(page, "Lines 2").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("[data-row]").count()).toBe(2);
    await settled(page);
    expect(await page.inputValue(named("lines[1].text"))).toBe("third");
    expect(await focused(page)).toBe("Remove Lines 2");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("[data-row]").count()).toBe(1);
    await settled(page);
    // No row may go any more, so the focus is in the one that stays.
    expect(await focused(page)).toBe("lines[0].text");
  });

  it("after the last row was removed the focus is on the button that adds one", async () => {
    const page = await on.open("/tags");
    await press(page, "More");
    await expect.poll(() => focused(page)).toBe("tags[0]");
    await press(page, "Drop 1");
    await expect.poll(() => focused(page)).toBe("More");
  });

  it("what was entered in a row that is gone does not stay in the one in its place", async () => {
    const page = await on.open("/tags");
    await press(page, "More");
    await press(page, "More");
    await page.fill(named("tags[0]"), "typed");
    await press(page, "Drop 1");
    await expect.poll(() => page.locator(named("tags[1]")).count()).toBe(0);
    expect(await page.inputValue(named("tags[0]"))).toBe("");
  });

  it("rows that were filled in right before another one was removed stay as they are", async () => {
    const page = await on.open("/checked");
    const texts = () => page.$$eval('[name^="tags"]', (all) => all.map((one) => (one as HTMLInputElement).value));
    for (const count of [1, 2, 3]) {
      await press(page, "More");
      await expect.poll(async () => (await texts()).length).toBe(count);
    }
    await page.fill(named("tags[0]"), "first");
    await page.fill(named("tags[1]"), "second");
    await page.fill(named("tags[2]"), "third");
    await page.click('button:text-is("Drop 2")');
    await expect.poll(texts).toEqual(["first", "third"]);
    await settled(page);
    expect(await texts()).toEqual(["first", "third"]);
    await page.fill(named("tags[0]"), "new first");
    await page.click('button:text-is("Drop 2")');
    await expect.poll(texts).toEqual(["new first"]);
    await settled(page);
    expect(await texts()).toEqual(["new first"]);
  });

  it("what is never sent back stays where it was typed", async () => {
    const page = await on.open("/");
    await page.fill(named("password"), "open sesame");
    await press(page, "Add");
    await expect.poll(() => focused(page)).toBe("lines[1].text");
    expect(await page.inputValue(named("password"))).toBe("open sesame");
  });

  it("whoever went on elsewhere before the row is there stays there", async () => {
    const page = await on.open("/");
    await page.click("#wait");
    await gate.reached("wait");
    await page.click('button:text-is("Add")');
    await page.focus(named("title"));
    await page.keyboard.type("A title");
    gate.open("wait");
    await page.waitForSelector(named("lines[1].text"));
    await settled(page);
    expect(await focused(page)).toBe("title");
    expect(await page.inputValue(named("title"))).toBe("A title");
  });
});

describe("the list of what is to be mended, by keyboard", () => {
  async function follow(page: Page, text: string) {
    await page.focus(`[data-form-errors] a:has-text("${text}")`);
    await page.keyboard.press("Enter");
    return focused(page);
  }

  it("a link leads into its field", async () => {
    const page = await on.open("/");
    await page.fill(named("title"), "");
    await page.fill(named("lines[0].text"), "");
    await press(page, "Send");
    await expect.poll(() => message(page, "title")).toBe("Two letters at least.");
    expect(await follow(page, "Say something.")).toBe("lines[0].text");
    await page.keyboard.type("mended");
    expect(await page.inputValue(named("lines[0].text"))).toBe("mended");
    expect(await follow(page, "Two letters at least.")).toBe("title");
    expect(new URL(page.url()).hash).toBe("");
  });

  it("a link to a group leads to what was chosen of it, or to its first control", async () => {
    const page = await on.open("/");
    await page.$eval('[value="green"]', (one) => one.setAttribute("value", "purple"));
    await press(page, "Send");
    await page.waitForSelector('[data-form-errors] a:has-text("Colour")');
    await page.check('[value="blue"]');
    expect(await follow(page, "Colour")).toBe("colour");
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).value)).toBe("blue");
    await page.$$eval('[name="colour"]', (all) => {
      for (const one of all) (one as HTMLInputElement).checked = false;
    });
    await follow(page, "Colour");
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).value)).toBe("red");
  });

  it("a link to a group of rows leads into the group", async () => {
    const page = await on.open("/");
    await page.$$eval('[name^="lines"]', (all) => {
      for (const one of all) one.removeAttribute("name");
    });
    await press(page, "Send");
    await expect.poll(() => message(page, "lines")).toBe("One line at least.");
    expect(await follow(page, "One line at least.")).not.toBe("");
    expect(
      await page.evaluate(() => document.activeElement?.closest("[data-field]")?.getAttribute("data-field")),
    ).toMatch(/^lines/);
  });
});
