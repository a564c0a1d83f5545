import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useGallery } from "./gallery.js";

const gallery = useGallery();
const titles = (page: Page) => page.getByRole("checkbox").allInnerTexts();

test("a line is added with Enter, and the field is ready for the next one", async () => {
  const page = await gallery.visit("/todo");
  const field = page.getByLabel("What is there to do?");
  await field.fill("Buy bread");
  await field.press("Enter");
  await expect
    .poll(() => titles(page))
    .toEqual(["Water the plants", "Answer Ada's letter", "Mend the bicycle", "Buy bread"]);
  await expect.poll(() => field.inputValue()).toBe("");
  expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
  await field.fill("Bake it");
  await field.press("Enter");
  await expect.poll(async () => (await titles(page)).at(-1)).toBe("Bake it");
});

test("an empty line is refused with a message at the field; what was typed stays", async () => {
  const page = await gallery.visit("/todo");
  const field = page.getByLabel("What is there to do?");
  await field.fill("   ");
  await page.getByRole("button", { name: "Add" }).click();
  await expect
    .poll(() => page.locator("[data-field-error]").allInnerTexts())
    .toEqual(["Write down what there is to do."]);
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  const describedBy = await field.getAttribute("aria-describedby");
  expect(await page.locator(`#${describedBy}`).innerText()).toBe("Write down what there is to do.");
  expect(await field.inputValue()).toBe("   ");
  await field.fill("Something");
  await field.press("Enter");
  await expect.poll(() => page.locator("[data-field-error]").count()).toBe(0);
  expect(await titles(page)).toHaveLength(4);
});

test("a line is ticked off and taken back", async () => {
  const page = await gallery.visit("/todo");
  const letter = page.getByRole("checkbox", { name: "Answer Ada's letter" });
  await letter.click();
  await expect.poll(() => letter.getAttribute("aria-checked")).toBe("true");
  expect(await page.locator("output").innerText()).toBe("1");
  await letter.click();
  await expect.poll(() => letter.getAttribute("aria-checked")).toBe("false");
});

test("a row that moves is the same element as before and keeps the focus", async () => {
  const page = await gallery.visit("/todo");
  await page.evaluate(() => {
    for (const row of document.querySelectorAll<HTMLElement & { seen?: string }>("li[data-key]"))
      row.seen = row.dataset.key ?? "";
  });
  const up = page.getByRole("button", { name: "Move Mend the bicycle up" });
  await up.focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => titles(page)).toEqual(["Water the plants", "Mend the bicycle", "Answer Ada's letter"]);
  await page.keyboard.press("Enter");
  await expect.poll(() => titles(page)).toEqual(["Mend the bicycle", "Water the plants", "Answer Ada's letter"]);
  const rows = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement & { seen?: string }>("li[data-key]")].map((row) => [
      row.dataset.key,
      row.seen,
    ]),
  );
  expect(rows).toEqual([
    ["3", "3"],
    ["1", "1"],
    ["2", "2"],
  ]);
  expect(await up.evaluate((element) => element === document.activeElement)).toBe(true);
});

test("a line is removed, down to the last one", async () => {
  const page = await gallery.visit("/todo");
  for (const title of ["Answer Ada's letter", "Water the plants", "Mend the bicycle"]) {
    await page.getByRole("button", { name: `Remove ${title}` }).click();
    await expect.poll(() => page.getByRole("checkbox", { name: title }).count()).toBe(0);
  }
  await expect.poll(() => page.locator(".stage").getByText("Nothing left to do.").count()).toBe(1);
});

test("a thousand rows are filled in, and one of them still moves", async () => {
  const page = await gallery.visit("/todo");
  await page.getByRole("button", { name: "Fill with 1,000 rows" }).click();
  await expect.poll(() => page.locator("li[data-key]").count(), { timeout: 15_000 }).toBe(1_000);
  const rows = page.locator("li[data-key]");
  await rows.nth(499).getByRole("button", { name: "Move Row 500 up" }).click();
  await expect.poll(() => rows.nth(498).getByRole("checkbox").innerText(), { timeout: 15_000 }).toBe("Row 500");
  expect(await rows.nth(499).getByRole("checkbox").innerText()).toBe("Row 499");
}, 60_000);
