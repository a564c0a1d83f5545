import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { bothWays, settled } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();
const NUMBER = { apart: [/Invoice \d+/g] };

const field = (page: Page, name: string) => page.locator(`.stage [name="${name}"]`);
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const total = (page: Page) => page.locator(".total output").innerText();
const whats = (page: Page) =>
  page.locator('.stage [name$=".what"]').evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));

async function fillLine(page: Page, index: number, [what, quantity, price]: readonly [string, string, string]) {
  await field(page, `items[${index}].what`).fill(what);
  await field(page, `items[${index}].quantity`).fill(quantity);
  await field(page, `items[${index}].price`).fill(price);
}

async function fillHead(page: Page): Promise<void> {
  await field(page, "customer").fill("Mill & Sons");
  await field(page, "issued").fill("2026-05-01");
  await field(page, "due").fill("2026-05-31");
}

test("an invoice with faults is refused beside each field of each line", () =>
  bothWays(gallery, "/invoice", async ({ page, send }) => {
    await fillLine(page, 0, ["Oil", "2", "3.50"]);
    const added = await send(() => button(page, "Add a line").click());
    expect(added.status).toBe(200);
    expect(added.messages).toEqual({});
    await fillLine(page, 1, ["", "1.5", "-1"]);
    await field(page, "issued").fill("2026-05-01");
    await field(page, "due").fill("2026-04-30");
    const shown = await send(() => button(page, "Write the invoice").click());
    expect(shown.status).toBe(422);
    expect(shown.messages).toEqual({
      customer: "Say who it is for.",
      due: "Not before the day it is issued.",
      "items[1].what": "Say what it is for.",
      "items[1].quantity": "Whole ones only.",
      "items[1].price": "Nothing less than nothing.",
    });
    expect(shown.values).toEqual({
      customer: "",
      issued: "2026-05-01",
      due: "2026-04-30",
      currency: "EUR",
      "items[0].what": "Oil",
      "items[0].quantity": "2",
      "items[0].price": "3.50",
      "items[1].what": "",
      "items[1].quantity": "1.5",
      "items[1].price": "-1",
    });
    expect(shown.focus).toBe("customer");
  }));

test("lines come and go with what was typed, and the finished invoice adds up", () =>
  bothWays(
    gallery,
    "/invoice",
    async ({ page, send }) => {
      await fillHead(page);
      await field(page, "currency").selectOption("GBP");
      await fillLine(page, 0, ["Wheel", "1", "1250.5"]);
      await send(() => button(page, "Add a line").click());
      await fillLine(page, 1, ["Paint", "4", "9.99"]);
      await send(() => button(page, "Add a line").click());
      await fillLine(page, 2, ["Grease", "12", "0.1"]);
      const removed = await send(() => button(page, "Remove line 2").click());
      expect(await whats(page)).toEqual(["Wheel", "Grease"]);
      expect(removed.text).toContain("Total £1,251.70");
      const made = await send(() => button(page, "Write the invoice").click());
      expect(made.status).toBe(200);
      expect(made.text).toContain("1 × Wheel £1,250.50 12 × Grease £1.20 Total £1,251.70");
      const next = await send(() => button(page, "Write another invoice").click());
      expect(next.values).toMatchObject({ customer: "", currency: "EUR", "items[0].what": "" });
    },
    NUMBER,
  ));

test("the last line cannot be removed, and the twenty-first not added", () =>
  bothWays(gallery, "/invoice", async ({ page, send }) => {
    expect(await button(page, "Remove line 1").isDisabled()).toBe(true);
    for (let lines = 2; lines <= 20; lines++) await send(() => button(page, "Add a line").click());
    expect(await page.locator("[data-row]").count()).toBe(20);
    expect(await button(page, "Add a line").isDisabled()).toBe(true);
    await send(() => button(page, "Remove line 20").click());
    expect(await button(page, "Add a line").isDisabled()).toBe(false);
  }));

test("amounts and total follow while one types", async () => {
  const page = await gallery.visit("/invoice");
  await field(page, "items[0].price").pressSequentially("19.99");
  await expect.poll(() => total(page), SOON).toBe("€19.99");
  await field(page, "items[0].quantity").fill("3");
  await expect.poll(() => total(page), SOON).toBe("€59.97");
  await field(page, "currency").selectOption("USD");
  await expect.poll(() => total(page), SOON).toBe("US$59.97");
  await field(page, "items[0].price").fill("");
  await expect.poll(() => page.locator(".amount").innerText(), SOON).toContain("–");
  expect(await total(page)).toBe("US$0.00");
});

test("a line that is removed while the next one is being typed takes nothing of it along", async () => {
  const page = await gallery.visit("/invoice");
  await button(page, "Add a line").click();
  await expect.poll(() => page.locator("[data-row]").count(), SOON).toBe(2);
  await field(page, "items[0].what").fill("First");
  await field(page, "items[1].what").fill("Second");
  await button(page, "Remove line 1").click();
  await expect.poll(() => whats(page), SOON).toEqual(["Second"]);
  await settled(page);
  expect(await whats(page)).toEqual(["Second"]);
});

test("a new line has the focus in its first field", async () => {
  const page = await gallery.visit("/invoice");
  await button(page, "Add a line").click();
  await expect
    .poll(() => field(page, "items[1].what").evaluate((one) => one === document.activeElement), SOON)
    .toBe(true);
});

test("an invoice of two lines can be written with the keyboard", () =>
  bothWays(
    gallery,
    "/invoice",
    async ({ page, send }) => {
      const type = async (at: Locator, text: string) => {
        await tabTo(page, at);
        await page.keyboard.type(text);
      };
      await skipToContent(page);
      await type(field(page, "customer"), "Mill & Sons");
      await tabTo(page, field(page, "issued"));
      await page.keyboard.type("05012026");
      await tabTo(page, field(page, "due"));
      await page.keyboard.type("05312026");
      await type(field(page, "items[0].what"), "Wheel");
      await type(field(page, "items[0].price"), "80");
      await tabTo(page, button(page, "Add a line"));
      await send(() => page.keyboard.press("Enter"));
      if (!(await field(page, "items[1].what").evaluate((one) => one === document.activeElement)))
        await tabTo(page, field(page, "items[1].what"));
      await page.keyboard.type("Oil");
      await type(field(page, "items[1].quantity"), "2");
      await type(field(page, "items[1].price"), "1.5");
      await tabTo(page, button(page, "Write the invoice"));
      const made = await send(() => page.keyboard.press("Space"));
      expect(made.text).toContain("1 × Wheel €80.00 2 × Oil €3.00 Total €83.00");
      expect(made.text).toContain("2026-05-31");
    },
    NUMBER,
  ));

test.each(["light", "dark"] as const)(
  "the form is without faults for people with disabilities in %s colours, with messages and after sending",
  async (colorScheme) => {
    const page = await gallery.visit("/invoice", { colorScheme });
    await fillHead(page);
    await button(page, "Add a line").click();
    await expect.poll(() => page.locator("[data-row]").count(), SOON).toBe(2);
    await button(page, "Write the invoice").click();
    await expect.poll(() => page.locator("[data-form-errors] li").count(), SOON).toBe(5);
    await settled(page);
    expect(await violations(page)).toEqual([]);
    await fillLine(page, 0, ["Wheel", "1", "80"]);
    await fillLine(page, 1, ["Oil", "2", "1.50"]);
    await button(page, "Write the invoice").click();
    await expect.poll(() => page.locator(".outcome").count(), SOON).toBe(1);
    expect(await violations(page)).toEqual([]);
  },
);

/** Writes an invoice as a new visitor, and says which number it got. */
async function numberOfInvoice(
  javaScriptEnabled: boolean,
  press: (button: Locator) => Promise<void> = (one) => one.click(),
): Promise<{ page: Page; number: number }> {
  const page = await gallery.visit("/invoice", { javaScriptEnabled });
  await fillHead(page);
  await fillLine(page, 0, ["Wheel", "1", "80"]);
  await press(button(page, "Write the invoice"));
  await expect.poll(() => page.locator(".outcome").count(), SOON).toBe(1);
  await settled(page);
  return { page, number: await shownNumber(page) };
}

const shownNumber = async (page: Page) =>
  Number((await page.locator(".outcome h3").innerText()).replace("Invoice ", ""));

test("without JavaScript a page that is loaded again writes no second invoice", async () => {
  const { page, number } = await numberOfInvoice(false);
  await Promise.all([page.waitForRequest((request) => request.method() === "POST"), page.reload()]);
  expect(await shownNumber(page)).toBe(number);
  expect((await numberOfInvoice(false)).number).toBe(number + 1);
});

test.each([true, false])("a double click writes one invoice, JavaScript: %s", async (javaScriptEnabled) => {
  const { number } = await numberOfInvoice(javaScriptEnabled);
  expect((await numberOfInvoice(javaScriptEnabled, (one) => one.dblclick())).number).toBe(number + 1);
  expect((await numberOfInvoice(javaScriptEnabled)).number).toBe(number + 2);
});
