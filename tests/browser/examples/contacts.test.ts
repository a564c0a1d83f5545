import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useGallery } from "./gallery.js";

const gallery = useGallery();
const shown = (page: Page) => page.locator("[data-component=person] h3").innerText();
const chosen = (page: Page) => page.locator(".stage button[aria-current] strong").allInnerTexts();

test("choosing a person in the list shows them beside it", async () => {
  const page = await gallery.visit("/contacts");
  expect(await shown(page)).toBe("Amara Okafor");
  await page.getByRole("button", { name: "Chiyo Tanaka" }).click();
  await expect.poll(() => shown(page)).toBe("Chiyo Tanaka");
  expect(await chosen(page)).toEqual(["Chiyo Tanaka"]);
  expect(await page.getByLabel("Role").inputValue()).toBe("Botanist");
  await page.getByRole("button", { name: "Bruno Keller" }).click();
  await expect.poll(() => shown(page)).toBe("Bruno Keller");
  expect(await page.getByLabel("Role").inputValue()).toBe("Clockmaker");
});

test("saving a new name changes the list as well", async () => {
  const page = await gallery.visit("/contacts");
  await page.getByRole("button", { name: "Dilan Aydın" }).click();
  await expect.poll(() => shown(page)).toBe("Dilan Aydın");
  await page.getByLabel("Name").fill("Dilan Aydın-Moreau");
  await page.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => shown(page)).toBe("Dilan Aydın-Moreau");
  expect(await chosen(page)).toEqual(["Dilan Aydın-Moreau"]);
  expect(await page.getByText("Saved", { exact: true }).count()).toBe(1);
});

test("a refused name leaves list and typed values as they are", async () => {
  const page = await gallery.visit("/contacts");
  await page.getByRole("button", { name: "Elsa Lindqvist" }).click();
  await expect.poll(() => shown(page)).toBe("Elsa Lindqvist");
  await page.getByLabel("Name").fill("");
  await page.getByLabel("Role").fill("Sailor");
  await page.getByLabel("Phone").fill("call me");
  await page.getByRole("button", { name: "Save" }).click();
  await expect
    .poll(() => page.locator("[data-field-error]").allInnerTexts())
    .toEqual(["A person needs a name.", "Use digits, spaces and a plus sign."]);
  expect(await page.getByLabel("Role").inputValue()).toBe("Sailor");
  expect(await page.getByLabel("Phone").inputValue()).toBe("call me");
  expect(await chosen(page)).toEqual(["Elsa Lindqvist"]);
});
