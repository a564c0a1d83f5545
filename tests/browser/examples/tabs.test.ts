import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useGallery } from "./gallery.js";

const gallery = useGallery();
const caption = (page: Page) => page.locator("caption:visible").allInnerTexts();
const firstCells = (page: Page) => page.locator("table:visible td:first-child").allInnerTexts();

test("the page is there before the first tab has its content", async () => {
  const page = await gallery.visit("/");
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/components/chapter?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/tabs");
  expect(await page.locator(".stage").getByText("Looking it up…").isVisible()).toBe(true);
  expect(await page.locator("table").count()).toBe(0);
  release();
  await expect.poll(() => caption(page)).toEqual(["Rivers"]);
});

test("a tab's content is fetched once, when it is opened, and stays as it was left", async () => {
  const page = await gallery.visit("/tabs");
  const fetched: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "GET") fetched.push(request.url());
  });
  await expect.poll(() => caption(page)).toEqual(["Rivers"]);
  expect(await firstCells(page)).toEqual(["Nile", "Amazon", "Yangtze", "Mississippi–Missouri"]);
  await page.getByRole("button", { name: "Name" }).click();
  await expect.poll(() => firstCells(page)).toEqual(["Amazon", "Mississippi–Missouri", "Nile", "Yangtze"]);

  fetched.length = 0;
  await page.getByRole("link", { name: "Lakes" }).click();
  await expect.poll(() => caption(page)).toEqual(["Lakes"]);
  expect(fetched).toHaveLength(1);
  expect(await page.getByRole("link", { name: "Lakes" }).getAttribute("aria-current")).toBe("true");

  await page.getByRole("link", { name: "Rivers" }).click();
  await expect.poll(() => caption(page)).toEqual(["Rivers"]);
  expect(await firstCells(page)).toEqual(["Amazon", "Mississippi–Missouri", "Nile", "Yangtze"]);
  expect(fetched).toHaveLength(1);
  expect(new URL(page.url()).search).toBe("");
});

test("a tab that is left before its content came is complete on return", async () => {
  const page = await gallery.visit("/tabs");
  await page.getByRole("link", { name: "Mountains" }).click();
  await page.getByRole("link", { name: "Lakes" }).click();
  await expect.poll(() => caption(page)).toEqual(["Lakes"]);
  await page.getByRole("link", { name: "Mountains" }).click();
  await expect.poll(() => caption(page)).toEqual(["Mountains"]);
  await page.getByRole("link", { name: "Rivers" }).click();
  await expect.poll(() => caption(page)).toEqual(["Rivers"]);
});

test("the address names a tab", async () => {
  const page = await gallery.visit("/tabs?chapter=mountains");
  await expect.poll(() => caption(page)).toEqual(["Mountains"]);
  await page.goto("/tabs?chapter=nothing-of-the-kind");
  await expect.poll(() => caption(page)).toEqual(["Rivers"]);
});
