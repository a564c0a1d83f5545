import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { sees, useGallery } from "./gallery.js";

const gallery = useGallery();

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel("What did you see today?").fill(text);
  await page.getByRole("button", { name: "Write" }).click();
}
const newest = (page: Page) => page.locator(".stage ol li").first().innerText();
const notice = (page: Page) => page.locator("[data-component-error] p").allInnerTexts();

test("a written line stands first, and turning the pages finds the older ones", async () => {
  const page = await gallery.visit("/notebook");
  await write(page, "A heron on the roof");
  await expect.poll(() => newest(page)).toContain("A heron on the roof");
  await sees(page, ".stage output", "1501");
  await page.getByRole("button", { name: "Older" }).click();
  await expect.poll(() => page.getByText("Page 2 of 188").count()).toBe(1);
  await page.getByRole("button", { name: "Newer" }).click();
  await expect.poll(() => newest(page)).toContain("A heron on the roof");
  expect(await page.getByRole("button", { name: "Newer" }).isDisabled()).toBe(true);
});

test("what travels with an event is a small reference, not the 1,500 lines", async () => {
  const page = await gallery.visit("/notebook");
  const [request] = await Promise.all([
    page.waitForRequest((one) => one.method() === "POST"),
    page.getByRole("button", { name: "Older" }).click(),
  ]);
  expect(request.postData()?.length).toBeLessThan(1_000);
  await expect.poll(() => page.getByText("Page 2 of 188").count()).toBe(1);
});

test("an older tab is told that things have changed, keeps what was typed there, and can write it then", async () => {
  const first = await gallery.visit("/notebook");
  const [second] = await Promise.all([
    first.context().waitForEvent("page"),
    first.getByRole("button", { name: "Open it in a second tab" }).click(),
  ]);
  await second.waitForLoadState();
  await write(first, "Written in the first tab");
  await expect.poll(() => newest(first)).toContain("Written in the first tab");

  await write(second, "Typed in the second");
  await expect.poll(() => notice(second)).toEqual(["This was changed elsewhere. Here is how it stands now."]);
  expect(await newest(second)).toContain("Written in the first tab");
  expect(await second.getByLabel("What did you see today?").inputValue()).toBe("Typed in the second");

  await second.getByRole("button", { name: "Write" }).click();
  await expect.poll(() => newest(second)).toContain("Typed in the second");
  expect(await notice(second)).toEqual([]);
  expect(await second.locator(".stage li").nth(1).innerText()).toContain("Written in the first tab");
});
