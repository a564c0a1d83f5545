import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useGallery } from "./gallery.js";

const gallery = useGallery();
const visit = (path: string) => gallery.visit(path, { javaScriptEnabled: false });
const output = (page: Page, within = ".stage") => page.locator(`${within} output`).first().innerText();

/** The page a person sees is the whole one: navigation, heading, live part and source. */
async function expectWholePage(page: Page, heading: string): Promise<void> {
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe(heading);
  expect(await page.getByRole("navigation", { name: "Examples" }).getByRole("link").count()).toBe(gallery.names.length);
  expect(await page.locator("header [aria-current=page]").innerText()).toBe(heading);
  expect(await page.locator(".source pre").count()).toBeGreaterThan(0);
}

test("counter: counts up, as often as one likes", async () => {
  const page = await visit("/counter");
  for (const count of ["6", "7", "8"]) {
    await page.getByRole("button", { name: "+1" }).click();
    expect(await output(page)).toBe(count);
    await expectWholePage(page, "Counter");
  }
});

test("two counters: the one that was asked counts", async () => {
  const page = await visit("/two-counters");
  await page.locator("#c-pears").getByRole("button").click();
  await page.locator("#c-pears").getByRole("button").click();
  expect(await output(page, "#c-pears")).toBe("12");
  expect(await output(page, "#c-apples")).toBe("3");
  await expectWholePage(page, "Two counters");
});

test("to-do list: add, tick off, move, remove", async () => {
  const page = await visit("/todo");
  const titles = () => page.getByRole("checkbox").allInnerTexts();
  await page.getByLabel("What is there to do?").fill("Buy bread & <butter>");
  await page.getByRole("button", { name: "Add" }).click();
  expect((await titles()).at(-1)).toBe("Buy bread & <butter>");
  expect(await page.getByLabel("What is there to do?").inputValue()).toBe("");
  await page.getByRole("checkbox", { name: "Mend the bicycle" }).click();
  expect(await page.getByRole("checkbox", { name: "Mend the bicycle" }).getAttribute("aria-checked")).toBe("true");
  await page.getByRole("button", { name: "Move Mend the bicycle up" }).click();
  await page.getByRole("button", { name: "Remove Water the plants" }).click();
  expect(await titles()).toEqual(["Mend the bicycle", "Answer Ada's letter", "Buy bread & <butter>"]);
  await expectWholePage(page, "To-do list");
});

test("to-do list: an empty line is refused with a message, and what was typed stays", async () => {
  const page = await visit("/todo");
  await page.getByLabel("What is there to do?").fill("  ");
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.getByRole("button", { name: "Add" }).click(),
  ]);
  expect(answer.status()).toBe(422);
  expect(await page.locator("[data-field-error]").innerText()).toBe("Write down what there is to do.");
  expect(await page.getByLabel("What is there to do?").inputValue()).toBe("  ");
  expect(await page.getByRole("checkbox").count()).toBe(3);
  await expectWholePage(page, "To-do list");
  await page.getByLabel("What is there to do?").fill("Something");
  await page.getByRole("button", { name: "Add" }).click();
  expect(await page.locator("[data-field-error]").count()).toBe(0);
  expect(await page.getByRole("checkbox").count()).toBe(4);
});

test("tabs: tabs and lazy places are links", async () => {
  const page = await visit("/tabs");
  await page.getByRole("link", { name: "Mountains" }).click();
  expect(await page.locator(".stage [aria-current]").innerText()).toBe("Mountains");
  await page.getByRole("link", { name: "Show" }).click();
  expect(await page.locator("caption").innerText()).toBe("Mountains");
  await expectWholePage(page, "Lazy tabs");
  await page.getByRole("button", { name: "Name" }).click();
  expect(await page.locator("td").first().innerText()).toBe("K2");
  await expectWholePage(page, "Lazy tabs");
  await page.getByRole("link", { name: "Lakes" }).click();
  expect(await page.locator(".stage [aria-current]").innerText()).toBe("Lakes");
});

test("card: a counter inside counts, the card is painted, the shelf adds a counter", async () => {
  const page = await visit("/card");
  await page.getByRole("button", { name: "+1" }).nth(1).click();
  expect(await page.locator("[data-component=counter] output").allInnerTexts()).toEqual(["10", "21"]);
  await expectWholePage(page, "Card with slots");
  await page.getByRole("button", { name: "Paint the card" }).click();
  expect(await page.locator("[data-component=card]").getAttribute("data-tone")).toBe("sage");
  await page.getByRole("button", { name: "Add a counter" }).click();
  await page.getByRole("button", { name: "Add a counter" }).click();
  expect(await page.locator("[data-component=counter]").count()).toBe(4);
  await expectWholePage(page, "Card with slots");
});

test("contacts: list and detail follow each other", async () => {
  const page = await visit("/contacts");
  await page.getByRole("button", { name: "Bruno Keller" }).click();
  expect(await page.locator("[data-component=person] h3").innerText()).toBe("Bruno Keller");
  expect(await page.locator(".stage [aria-current] strong").innerText()).toBe("Bruno Keller");
  await page.getByLabel("Name").fill("Bruno Keller-Sato");
  await page.getByRole("button", { name: "Save" }).click();
  expect(await page.locator(".stage [aria-current] strong").innerText()).toBe("Bruno Keller-Sato");
  expect(await page.locator("[data-component=person] h3").innerText()).toBe("Bruno Keller-Sato");
  await expectWholePage(page, "List and detail");
  await page.getByLabel("Name").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  expect(await page.locator("[data-field-error]").innerText()).toBe("A person needs a name.");
  expect(await page.locator("[data-component=person] h3").innerText()).toBe("Bruno Keller-Sato");
});

test("notebook: write, turn the page, and meet a conflict without losing what was typed", async () => {
  const page = await visit("/notebook");
  const field = page.getByLabel("What did you see today?");
  await field.fill("A heron on the roof");
  await page.getByRole("button", { name: "Write" }).click();
  expect(await page.locator(".stage li").first().innerText()).toContain("A heron on the roof");
  await page.getByRole("button", { name: "Older" }).click();
  expect(await page.getByText("Page 2 of 188").count()).toBe(1);
  await expectWholePage(page, "Notebook");

  const [second] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("button", { name: "Open it in a second tab" }).click(),
  ]);
  await second.waitForLoadState();
  await second.getByLabel("What did you see today?").fill("Written in the second tab");
  await second.getByRole("button", { name: "Write" }).click();
  await field.fill("Typed in the first");
  await page.getByRole("button", { name: "Write" }).click();
  expect(await page.locator("[data-component-error] p").innerText()).toBe(
    "This was changed elsewhere. Here is how it stands now.",
  );
  expect(await field.inputValue()).toBe("Typed in the first");
  expect(await page.locator(".stage li").first().innerText()).toContain("Written in the second tab");
  await page.getByRole("button", { name: "Write" }).click();
  expect(await page.locator(".stage li").first().innerText()).toContain("Typed in the first");
});

test.each([
  "//elsewhere.example/x",
  "https://elsewhere.example/",
  "javascript:alert(1)",
  "/components/counter/increment",
  "/no-such-page",
])("a form that says it stands in %s is answered all the same, and leads nowhere else", async (where) => {
  const page = await visit("/counter");
  const state = await page.locator("input[name=state]").first().inputValue();
  const answer = await page.request.post("/components/counter/increment?by=1", {
    form: { state, _page: where },
    headers: { origin: new URL(page.url()).origin },
  });
  expect(answer.status()).toBe(200);
  const html = await answer.text();
  expect(html).toContain("<output>6</output>");
  expect(html).not.toContain("elsewhere");
  expect(html).not.toContain("javascript:");
});
