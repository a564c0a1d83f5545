import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { bothWays, settled } from "./both-ways.js";
import { SOON, sees, useGallery } from "./gallery.js";
import { skipToContent, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();

const WAIT = /^Too many requests\. Please try again in \d+ seconds?\.$/;
const bell = (page: Page) => page.getByRole("button", { name: "Ring the bell" });

/** Rings as often as that is allowed. */
async function ringOut(page: Page): Promise<void> {
  for (const count of ["1", "2", "3"]) {
    await bell(page).click();
    await sees(page, ".stage output", count);
    await settled(page);
  }
  // The browser reports the refusal that follows as a failed load.
  page.removeAllListeners("console");
}

test("three rings are counted", () =>
  bothWays(gallery, "/limited", async ({ page, send }) => {
    for (const text of ["Rung 1 time", "Rung 2 times", "Rung 3 times"]) {
      const shown = await send(() => bell(page).click());
      expect([shown.status, shown.text]).toEqual([200, `${text} Ring the bell`]);
    }
  }));

test("the fourth is refused where the bell is, and the count stays", async () => {
  const page = await gallery.visit("/limited");
  await ringOut(page);
  const [answer] = await Promise.all([page.waitForResponse("**/ring"), bell(page).click()]);
  expect(answer.status()).toBe(429);
  expect(Number(answer.headers()["retry-after"])).toBeGreaterThan(0);
  await expect.poll(() => page.getByRole("alert").allInnerTexts(), SOON).toEqual([expect.stringMatching(WAIT)]);
  expect(await page.locator(".stage output").innerText()).toBe("3");
  expect(await bell(page).evaluate((element) => element === document.activeElement)).toBe(true);
});

test("without JavaScript the fourth leads to a page that says how long to wait, and back", async () => {
  const page = await gallery.visit("/limited", { javaScriptEnabled: false });
  await ringOut(page);
  await page.goto("/limited");
  const [answer] = await Promise.all([page.waitForResponse("**/ring"), bell(page).click()]);
  expect(answer.status()).toBe(429);
  expect(await page.getByRole("heading").innerText()).toMatch(WAIT);
  await page.getByRole("link", { name: "Go back to the page" }).click();
  expect(new URL(page.url()).pathname).toBe("/limited");
  expect(await bell(page).count()).toBe(1);
});

test.each([true, false])("a second tab is no second visitor, JavaScript: %s", async (javaScriptEnabled) => {
  const page = await gallery.visit("/limited", { javaScriptEnabled });
  await ringOut(page);
  const second = await page.context().newPage();
  second.removeAllListeners("console");
  await second.goto("/limited");
  await bell(second).click();
  await expect.poll(() => second.getByText(WAIT).count(), SOON).toBe(1);
  const other = await gallery.visit("/limited", { javaScriptEnabled });
  await bell(other).click();
  await sees(other, ".stage output", "1");
});

test("the keyboard is enough", () =>
  bothWays(gallery, "/limited", async ({ page, send }) => {
    await skipToContent(page);
    await tabTo(page, bell(page));
    const shown = await send(() => page.keyboard.press("Space"));
    expect(shown.text).toBe("Rung 1 time Ring the bell");
  }));

test.each(["light", "dark"] as const)(
  "the refusal is without faults for people with disabilities in %s colours, on the page and on a page of its own",
  async (colorScheme) => {
    const page = await gallery.visit("/limited", { colorScheme });
    await ringOut(page);
    await bell(page).click();
    await expect.poll(() => page.getByRole("alert").count(), SOON).toBe(1);
    expect(await violations(page)).toEqual([]);
    // As a browser without JavaScript sends it; axe itself needs JavaScript.
    await page.reload();
    await page.locator("form[hidden]").evaluate((form: HTMLFormElement) => {
      form.action = "/components/bell/ring";
      form.submit();
    });
    await page.getByRole("link", { name: "Go back to the page" }).waitFor();
    expect(await page.getByRole("heading").innerText()).toMatch(WAIT);
    expect(await violations(page)).toEqual([]);
  },
);
