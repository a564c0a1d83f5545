import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { ticker } from "../../../examples/dashboard/dashboard.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();

const stage = (page: Page) => page.locator(".stage");
const time = (page: Page) => stage(page).locator("header time").innerText();
const lines = (page: Page) => page.getByRole("img", { name: /^Line chart/ });
const drawn = (page: Page) => lines(page).locator("path").last().getAttribute("d");

async function moves(page: Page): Promise<void> {
  const before = await time(page);
  await expect.poll(() => time(page), SOON).not.toBe(before);
}

test("figures and charts are pushed every second, without a script beside Hydrant's", async () => {
  const page = await gallery.visit("/dashboard");
  await page.evaluate(() => document.body.setAttribute("data-seen", ""));
  const before = await drawn(page);
  await moves(page);
  expect(await drawn(page)).not.toBe(before);
  const began = Date.now();
  for (let second = 0; second < 3; second++) await moves(page);
  expect(Date.now() - began).toBeLessThan(6_000);
  const scripts = await page.locator("script").evaluateAll((all) => all.map((one) => (one as HTMLScriptElement).src));
  for (const script of scripts) expect(new URL(script).pathname).toMatch(/^\/components\/_assets\//);
  expect(await page.locator("body[data-seen]").count()).toBe(1);
});

test("two visitors see the same", async () => {
  const [one, other] = [await gallery.visit("/dashboard"), await gallery.visit("/dashboard")];
  await moves(one);
  await moves(other);
  const shown = async (page: Page) => [await time(page), await drawn(page)];
  await expect
    .poll(async () => JSON.stringify(await shown(one)) === JSON.stringify(await shown(other)), SOON)
    .toBe(true);
});

test("the tables say what the charts show, and stay open while they change", async () => {
  const page = await gallery.visit("/dashboard");
  await stage(page).locator("summary").click();
  await moves(page);
  await moves(page);
  expect(await page.getByRole("table", { name: "Every ten seconds" }).isVisible()).toBe(true);
  await page.getByRole("button", { name: "Hold" }).click();
  await page.getByRole("button", { name: "Go on" }).waitFor();
  const last = await page.getByRole("table", { name: "Every ten seconds" }).locator("tr").last().innerText();
  const [at = "", milliseconds = "", answers = ""] = last.split(/\s*\t\s*/);
  expect(at).toBe(await time(page));
  expect(await stage(page).locator("dd").first().innerText()).toMatch(new RegExp(`^${answers}\\b`));
  expect(await lines(page).getAttribute("aria-label")).toContain(`now ${milliseconds.replace(" ms", "")} milliseconds`);
  const bars = await page.getByRole("img", { name: /^Bar chart/ }).getAttribute("aria-label");
  const routes = page.getByRole("table", { name: "Answers in the last minute" }).locator("tbody tr");
  for (const row of await routes.allInnerTexts()) expect(bars).toContain(row.split(/\s*\t\s*/).join(" "));
});

test("held, it stands still and is sent nothing; then it goes on, and the button keeps the focus", async () => {
  const page = await gallery.visit("/dashboard");
  await moves(page);
  await skipToContent(page);
  await tabTo(page, page.getByRole("button", { name: "Hold" }));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Go on" }).waitFor();
  const [held, rev] = [await time(page), await stage(page).locator("[data-rev]").getAttribute("data-rev")];
  const other = await gallery.visit("/dashboard");
  for (let second = 0; second < 3; second++) await moves(other);
  expect([await time(page), await stage(page).locator("[data-rev]").getAttribute("data-rev")]).toEqual([held, rev]);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Go on");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Hold" }).waitFor();
  expect(await time(page)).not.toBe(held);
  await moves(page);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Hold");
});

test("while the server cannot be reached the page says so, and goes on by itself", async () => {
  const page = await gallery.visit("/dashboard");
  const notice = page.getByText("Waiting for the server …");
  await moves(page);
  expect(await notice.isVisible()).toBe(false);
  page.removeAllListeners("console");
  await page.route("**/_live**", (route) => route.abort("connectionrefused"));
  gallery.cut();
  await expect.poll(() => notice.isVisible(), SOON).toBe(true);
  expect(await violations(page)).toEqual([]);
  await page.unroute("**/_live**");
  await expect.poll(() => notice.isVisible(), { timeout: 25_000 }).toBe(false);
  await moves(page);
});

test("it ticks while somebody looks, stops when the last one left, and starts for the next", async () => {
  const page = await gallery.visit("/dashboard");
  await moves(page);
  expect(ticker.isTicking).toBe(true);
  await page.close();
  await expect.poll(() => ticker.isTicking, SOON).toBe(false);
  const next = await gallery.visit("/dashboard");
  await moves(next);
  await moves(next);
});

test("without JavaScript the page shows how things stand, and holding works", async () => {
  const page = await gallery.visit("/dashboard", { javaScriptEnabled: false });
  expect(await lines(page).count()).toBe(1);
  await page.getByRole("button", { name: "Hold" }).click();
  expect(await stage(page).locator("header p").innerText()).toMatch(/^As of \d\d:\d\d:\d\d UTC, held$/);
  await page.getByRole("button", { name: "Go on" }).click();
  expect(await stage(page).locator("header p").innerText()).toMatch(/UTC$/);
});

test.each(["light", "dark"] as const)(
  "with its tables open, moving and held, it is without faults for people with disabilities in %s colours",
  async (colorScheme) => {
    const page = await gallery.visit("/dashboard", { colorScheme });
    await stage(page).locator("summary").click();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Hold" }).click();
    await page.getByRole("button", { name: "Go on" }).waitFor();
    expect(await violations(page)).toEqual([]);
  },
);
