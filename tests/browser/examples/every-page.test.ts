import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { examples } from "../../../examples/all.js";
import { SOON, useGallery } from "./gallery.js";
import { tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();
const paths = ["/", ...examples.map(({ name }) => `/${name}`)];

/** Lazy content has come. */
async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.locator("[data-lazy]:visible").count(), SOON).toBe(0);
}

describe.each(paths)("%s", (path) => {
  test.each(["light", "dark"] as const)(
    "is without faults for people with disabilities, in %s colours",
    async (colorScheme) => {
      const page = await gallery.visit(path, { colorScheme });
      await settled(page);
      expect(await violations(page)).toEqual([]);
    },
  );

  test.each([360, 1280])("needs no sideways scrolling at a width of %i", async (width) => {
    const page = await gallery.visit(path, { viewport: { width, height: 800 } });
    await settled(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });

  test("allows scripts and styles of its own only, and names itself", async () => {
    const page = await gallery.visit("/");
    const answer = await page.goto(path);
    const policy = answer?.headers()["content-security-policy"] ?? "";
    expect(policy).toMatch(/^default-src 'self'; script-src 'self'; style-src 'self';/);
    expect(await page.title()).toMatch(/Hydrant examples$/);
    expect(await page.locator("script:not([src]), style, [style]").count()).toBe(0);
  });
});

test("a form with a message at its field is without faults as well", async () => {
  const page = await gallery.visit("/todo");
  await page.getByRole("button", { name: "Add" }).click();
  await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(1);
  expect(await violations(page)).toEqual([]);
});

test("from the first page one gets to every example and back, by keyboard as well", async () => {
  const page = await gallery.visit("/");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(examples[0]?.title);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/${examples[0]?.name}`);
  for (const { name, title } of examples) {
    await page.getByRole("navigation", { name: "Examples" }).getByRole("link", { name: title, exact: true }).click();
    await page.waitForURL(`**/${name}`);
    expect(await page.locator("header [aria-current=page]").innerText()).toBe(title);
  }
  await page.getByRole("link", { name: "Hydrant examples" }).click();
  expect(await page.locator(".cards li").count()).toBe(examples.length);
});

test("on a phone a button opens the list of examples, by keyboard as well", async () => {
  const page = await gallery.visit("/", { viewport: { width: 360, height: 800 } });
  const last = page.getByRole("navigation").getByRole("link", { name: examples.at(-1)?.title ?? "", exact: true });
  expect(await last.isVisible()).toBe(false);
  await tabTo(page, page.locator("summary"));
  await page.keyboard.press("Enter");
  await expect.poll(() => last.isVisible(), SOON).toBe(true);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
  await tabTo(page, last);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/${examples.at(-1)?.name}`);
  expect(await page.locator("header [aria-current=page]").count()).toBe(1);
});

test("the source beside an example is the file itself", async () => {
  const { readFileSync } = await import("node:fs");
  const page = await gallery.visit("/todo");
  const shown = await page
    .locator("pre")
    .first()
    .evaluate((element) => element.textContent);
  expect(shown).toBe(readFileSync(new URL("../../../examples/todo/todo.ts", import.meta.url), "utf8").trimEnd());
});

test("an address that does not exist says so", async () => {
  const page = await gallery.visit("/");
  page.removeAllListeners("console");
  const answer = await page.goto("/no-such-example");
  expect(answer?.status()).toBe(404);
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("There is no such page");
});
