import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { bothWays, settled } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabAndType, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();
const NUMBER = /letter \d+/g;

const send = (page: Page) => page.getByRole("button", { name: "Send" }).click();
const shownNumber = async (page: Page) => Number(/letter (\d+)/.exec(await page.locator(".stage").innerText())?.[1]);

async function fill(page: Page): Promise<void> {
  await page.getByLabel("Name").fill("Ada Lovelace");
  await page.getByLabel("Email").fill("ada@example.org");
  await page.getByLabel("Praise").check();
  await page.getByLabel("Message").fill("It weaves patterns.\n\nAs a loom does <flowers> & leaves.");
  await page.getByLabel("The server may keep").check();
}

test("an empty letter is refused beside each field, and the first one has the focus", () =>
  bothWays(gallery, "/contact", async ({ page, send: sends }) => {
    const shown = await sends(() => send(page));
    expect(shown.status).toBe(422);
    expect(shown.messages).toEqual({
      name: "Please say who writes.",
      email: "Use an address such as ada@example.org.",
      topic: "Choose what it is about.",
      message: "Write at least ten characters.",
      consent: "Without this the letter cannot be kept.",
    });
    expect(shown.summary).toHaveLength(5);
    expect(shown.focus).toBe("name");
  }));

test("what was typed stays while it is mended, and the thanks show what was taken", () =>
  bothWays(
    gallery,
    "/contact",
    async ({ page, send: sends }) => {
      await fill(page);
      await page.getByLabel("Email").fill("ada");
      await page.getByLabel("Message").fill("Short & <");
      const refused = await sends(() => send(page));
      expect(Object.keys(refused.messages)).toEqual(["email", "message"]);
      expect(refused.values).toEqual({
        name: "Ada Lovelace",
        email: "ada",
        topic: "praise",
        message: "Short & <",
        consent: true,
      });
      expect(refused.focus).toBe("email");
      await fill(page);
      const accepted = await sends(() => send(page));
      expect(accepted.status).toBe(200);
      expect(accepted.headings).toEqual(["Thank you, Ada Lovelace"]);
      expect(accepted.text).toContain("It weaves patterns. As a loom does <flowers> & leaves.");
      expect(accepted.text).toContain("mailed to nobody");
      const again = await sends(() => page.getByRole("button", { name: "Write another letter" }).click());
      expect(again.values).toEqual({ name: "", email: "", topic: "", message: "", consent: false });
      expect(again.messages).toEqual({});
    },
    { apart: [NUMBER] },
  ));

test("a link in the summary leads to its field", () =>
  bothWays(gallery, "/contact", async ({ page, send: sends }) => {
    await sends(() => send(page));
    await page.getByRole("link", { name: "Message: Write at least ten characters." }).click();
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe("message");
  }));

test("the whole form can be filled in and sent with the keyboard", () =>
  bothWays(
    gallery,
    "/contact",
    async ({ page, send: sends }) => {
      await skipToContent(page);
      await tabAndType(page, "Name", "Ada Lovelace");
      const refused = await sends(() => page.keyboard.press("Enter"));
      expect(refused.focus).toBe("email");
      await page.keyboard.type("ada@example.org");
      await tabTo(page, page.getByLabel("A question"));
      await page.keyboard.press("Space");
      await page.keyboard.press("ArrowDown");
      await tabAndType(page, "Message", "Ten characters and more.");
      await tabTo(page, page.getByLabel("The server may keep"));
      await page.keyboard.press("Space");
      await tabTo(page, page.getByRole("button", { name: "Send" }));
      const accepted = await sends(() => page.keyboard.press("Enter"));
      expect(accepted.headings).toEqual(["Thank you, Ada Lovelace"]);
      expect(accepted.text).toContain("Praise");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Thank you, Ada Lovelace");
    },
    { apart: [NUMBER] },
  ));

test.each(["light", "dark"] as const)(
  "the form is without faults for people with disabilities in %s colours, with messages and after sending",
  async (colorScheme) => {
    const page = await gallery.visit("/contact", { colorScheme });
    await send(page);
    await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(5);
    expect(await violations(page)).toEqual([]);
    await fill(page);
    await send(page);
    await expect.poll(() => page.locator("dl").count(), SOON).toBe(1);
    expect(await violations(page)).toEqual([]);
  },
);

/** Fills in a letter of its own, sends it, and says under which number it was kept. */
async function numberOfLetter(
  javaScriptEnabled: boolean,
  press: (button: Locator) => Promise<void> = (button) => button.click(),
): Promise<{ page: Page; number: number }> {
  const page = await gallery.visit("/contact", { javaScriptEnabled });
  await fill(page);
  await press(page.getByRole("button", { name: "Send" }));
  await expect.poll(() => page.locator("dl").count(), SOON).toBe(1);
  await settled(page);
  return { page, number: await shownNumber(page) };
}

test("without JavaScript a page that is loaded again does not send the letter again", async () => {
  const { page, number } = await numberOfLetter(false);
  const [repeated] = await Promise.all([page.waitForRequest((request) => request.method() === "POST"), page.reload()]);
  expect(new URL(repeated.url()).pathname).toBe("/components/contact/submit");
  expect(await shownNumber(page)).toBe(number);
  expect((await numberOfLetter(false)).number).toBe(number + 1);
});

test.each([true, false])("a double click sends one letter, JavaScript: %s", async (javaScriptEnabled) => {
  const { number } = await numberOfLetter(javaScriptEnabled);
  expect((await numberOfLetter(javaScriptEnabled, (button) => button.dblclick())).number).toBe(number + 1);
  expect((await numberOfLetter(javaScriptEnabled)).number).toBe(number + 2);
});
