import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useGallery } from "./gallery.js";

const gallery = useGallery();
const counts = (page: Page) => page.locator("[data-component=counter] output").allInnerTexts();

test("children keep their counts while the card around them is rendered again", async () => {
  const page = await gallery.visit("/card");
  const plus = page.getByRole("button", { name: "+1" });
  await plus.first().click();
  await plus.first().click();
  await plus.nth(1).click();
  await expect.poll(() => counts(page)).toEqual(["12", "21"]);
  await page.getByRole("button", { name: "Paint the card" }).click();
  await expect.poll(() => page.locator("[data-component=card]").getAttribute("data-tone")).toBe("sage");
  expect(await counts(page)).toEqual(["12", "21"]);
  await plus.nth(1).click();
  await expect.poll(() => counts(page)).toEqual(["12", "22"]);
});

test("the shelf adds a counter to the card, and neither card nor counters start anew", async () => {
  const page = await gallery.visit("/card");
  await page.getByRole("button", { name: "Paint the card" }).click();
  await page.getByRole("button", { name: "+1" }).first().click();
  await expect.poll(() => counts(page)).toEqual(["11", "20"]);
  await page.getByRole("button", { name: "Add a counter" }).click();
  await expect.poll(() => counts(page)).toEqual(["11", "20", "30"]);
  expect(await page.getByRole("button", { name: "Add a counter" }).innerText()).toBe("Add a counter (3)");
  expect(await page.locator("[data-component=card]").getAttribute("data-tone")).toBe("sage");
  await page.getByRole("button", { name: "+1" }).nth(2).click();
  await expect.poll(() => counts(page)).toEqual(["11", "20", "31"]);
  await page.getByRole("button", { name: "Paint the card" }).click();
  await expect.poll(() => page.getByText("Times painted: 2").count()).toBe(1);
  expect(await counts(page)).toEqual(["11", "20", "31"]);
});

test("the shelf is full at six", async () => {
  const page = await gallery.visit("/card");
  const add = page.getByRole("button", { name: "Add a counter" });
  for (const count of [3, 4, 5, 6]) {
    await add.click();
    await expect.poll(() => page.getByRole("button", { name: "+1" }).count()).toBe(count);
  }
  expect(await add.isDisabled()).toBe(true);
});
