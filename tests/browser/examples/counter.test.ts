import { expect, test } from "vitest";
import { sees, useGallery } from "./gallery.js";

const gallery = useGallery();

test("a click counts up without loading the page anew", async () => {
  const page = await gallery.visit("/counter");
  await page.evaluate(() => document.body.setAttribute("data-seen", ""));
  await page.getByRole("button", { name: "+1" }).click();
  await sees(page, "output", "6");
  expect(await page.locator("body[data-seen]").count()).toBe(1);
  expect(new URL(page.url()).pathname).toBe("/counter");
});

test("ten quick clicks count exactly ten", async () => {
  const page = await gallery.visit("/counter");
  await page.evaluate(() => {
    for (let click = 0; click < 10; click++) document.querySelector<HTMLButtonElement>(".stage button")?.click();
  });
  await sees(page, "output", "15");
  await page.getByRole("button", { name: "+1" }).click();
  await sees(page, "output", "16");
});

test("the keyboard counts as well, and the focus stays on the button", async () => {
  const page = await gallery.visit("/counter");
  await page.getByRole("button", { name: "+1" }).focus();
  await page.keyboard.press("Enter");
  await sees(page, "output", "6");
  await page.keyboard.press("Space");
  await sees(page, "output", "7");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("+1");
});

test("when the connection is lost, the counter stays and says so; afterwards it goes on", async () => {
  const page = await gallery.visit("/counter");
  await page.route("**/increment*", (route) => route.abort("internetdisconnected"));
  const errors = page.locator("[data-component-error] p");
  page.removeAllListeners("console");
  await page.getByRole("button", { name: "+1" }).click();
  await expect.poll(() => errors.count(), { timeout: 5_000 }).toBe(1);
  expect(await page.locator("output").innerText()).toBe("5");
  await page.unroute("**/increment*");
  await page.getByRole("button", { name: "+1" }).click();
  await sees(page, "output", "6");
  expect(await errors.count()).toBe(0);
});
