import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { bothWays, settled, type Visitor } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();
const GOOD = "correct horse 7";

const field = (page: Page, name: string) => page.locator(`.stage [name="${name}"]`);
const messageAt = (page: Page, name: string) => page.locator(`[data-field="${name}"] [data-field-error]`);
const make = (page: Page) => page.getByRole("button", { name: "Make the account" }).click();
const met = (page: Page) => page.locator(".rules [data-met]").count();

interface Account {
  readonly userName: string;
  readonly email: string;
  readonly password: string;
  readonly repeat: string;
}

async function fill(page: Page, account: Partial<Account>): Promise<void> {
  for (const [name, text] of Object.entries(account)) await field(page, name).fill(text);
}

/** A name nobody else takes; the accounts are the same for all visitors. */
const nameFor = ({ hasScripts }: Pick<Visitor, "hasScripts">, stem: string) =>
  `${stem}-${hasScripts ? "scripted" : "plain"}`;
/** Names differ between the two visits, and rules are ticked off only where something is checked meanwhile. */
const APART = { apart: [/\w+-(?:scripted|plain)/g, / : done/g] };

test("a refused account says what is wrong at each field, and keeps all but the passwords", () =>
  bothWays(
    gallery,
    "/sign-up",
    async ({ page, send }) => {
      await fill(page, { userName: "Ada", email: "ada@", password: "short", repeat: "shorter" });
      const shown = await send(() => make(page));
      expect(shown.status).toBe(422);
      expect(shown.messages).toEqual({
        userName: "This name is taken.",
        email: "Use an address such as ada@example.org.",
        password: "It does not meet every rule yet.",
        repeat: "The two passwords differ.",
      });
      expect(shown.values).toEqual({ userName: "Ada", email: "ada@" });
      expect(shown.focus).toBe("userName");
    },
    APART,
  ));

test("a mended account is made, and the next one begins empty", () =>
  bothWays(
    gallery,
    "/sign-up",
    async (visitor) => {
      const { page, send } = visitor;
      const userName = nameFor(visitor, "nora");
      await fill(page, { userName, email: "nora@example.org", password: GOOD, repeat: `${GOOD}!` });
      const refused = await send(() => make(page));
      expect(refused.messages).toEqual({ repeat: "The two passwords differ." });
      expect(refused.focus).toBe("repeat");
      expect(refused.text).toContain(`${userName} is free.`);
      await fill(page, { password: GOOD, repeat: GOOD });
      const made = await send(() => make(page));
      expect(made.status).toBe(200);
      expect(made.headings).toEqual([`Welcome, ${userName}`]);
      const next = await send(() => page.getByRole("button", { name: "Make another account" }).click());
      expect(next.values).toEqual({ userName: "", email: "" });
      await fill(page, { userName, email: "nora@example.org", password: GOOD, repeat: GOOD });
      const taken = await send(() => make(page));
      expect(taken.messages).toEqual({ userName: "This name is taken." });
    },
    APART,
  ));

test("the whole form can be filled in and sent with the keyboard", () =>
  bothWays(
    gallery,
    "/sign-up",
    async (visitor) => {
      const { page, send } = visitor;
      await skipToContent(page);
      for (const [name, text] of [
        ["userName", nameFor(visitor, "kim")],
        ["email", "kim@example.org"],
        ["password", GOOD],
        ["repeat", GOOD],
      ] as const) {
        await tabTo(page, field(page, name));
        await page.keyboard.type(text);
      }
      await tabTo(page, page.getByRole("button", { name: "Make the account" }));
      const made = await send(() => page.keyboard.press("Enter"));
      expect(made.headings).toEqual([`Welcome, ${nameFor(visitor, "kim")}`]);
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(made.headings[0]);
    },
    APART,
  ));

test("a name is looked up while the form is filled in, and the field says that it is", async () => {
  const page = await gallery.visit("/sign-up");
  const pending = page.locator(".stage").getByText("Asking for it …");
  expect(await pending.isVisible()).toBe(false);
  await field(page, "userName").fill("grace");
  await expect.poll(() => pending.isVisible(), { ...SOON, interval: 20 }).toBe(true);
  await expect.poll(() => messageAt(page, "userName").allInnerTexts(), SOON).toEqual(["This name is taken."]);
  await expect.poll(() => pending.isVisible(), SOON).toBe(false);
  expect(await page.locator("[data-field-error]").count()).toBe(1);
  expect(await field(page, "userName").evaluate((one) => one === document.activeElement)).toBe(true);
  await field(page, "userName").fill("grace-2");
  await expect.poll(() => page.getByText("grace-2 is free.").count(), SOON).toBe(1);
  expect(await messageAt(page, "userName").count()).toBe(0);
});

test("the rules for a password are ticked off while it is typed", async () => {
  const page = await gallery.visit("/sign-up");
  expect(await met(page)).toBe(0);
  await field(page, "password").pressSequentially("abc");
  await expect.poll(() => messageAt(page, "password").count(), SOON).toBe(1);
  expect(await met(page)).toBe(0);
  await page.keyboard.type("def");
  await expect.poll(() => met(page), SOON).toBe(1);
  await page.keyboard.type(" 12345");
  await expect.poll(() => met(page), SOON).toBe(3);
  expect(await messageAt(page, "password").count()).toBe(0);
  expect(await field(page, "password").inputValue()).toBe("abcdef 12345");
  await field(page, "repeat").fill("abcdef");
  await expect.poll(() => messageAt(page, "repeat").allInnerTexts(), SOON).toEqual(["The two passwords differ."]);
  await field(page, "repeat").fill("abcdef 12345");
  await expect.poll(() => messageAt(page, "repeat").count(), SOON).toBe(0);
});

test("fields that are filled in faster than they are checked all get their messages", async () => {
  const page = await gallery.visit("/sign-up");
  await field(page, "userName").fill("grace");
  await field(page, "email").fill("grace");
  await field(page, "password").fill("correct horse");
  await field(page, "repeat").fill("another");
  await page.keyboard.press("Tab");
  await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(3);
  await expect.poll(() => met(page), SOON).toBe(3);
});

test("leaving the page with something typed asks first", async () => {
  const page = await gallery.visit("/sign-up");
  const asked: string[] = [];
  page.on("dialog", async (dialog) => {
    asked.push(dialog.type());
    await dialog.dismiss();
  });
  await field(page, "email").fill("ada@example.org");
  await page.getByRole("link", { name: "Counter", exact: true }).click({ noWaitAfter: true });
  await expect.poll(() => asked, SOON).toEqual(["beforeunload"]);
  expect(new URL(page.url()).pathname).toBe("/sign-up");
  expect(await field(page, "email").inputValue()).toBe("ada@example.org");
});

test("after the account is made, leaving asks nothing", async () => {
  const page = await gallery.visit("/sign-up");
  await fill(page, { userName: "leaver", email: "leaver@example.org", password: GOOD, repeat: GOOD });
  await make(page);
  await expect.poll(() => page.getByRole("heading", { name: "Welcome, leaver" }).count(), SOON).toBe(1);
  await page.getByRole("link", { name: "Counter", exact: true }).click();
  await page.waitForURL("**/counter");
});

test.each(["light", "dark"] as const)(
  "the form is without faults for people with disabilities in %s colours, with messages and after sending",
  async (colorScheme) => {
    const page = await gallery.visit("/sign-up", { colorScheme });
    await fill(page, { userName: "ada", email: "ada@", password: GOOD, repeat: "other" });
    await make(page);
    await expect.poll(() => page.locator("[data-form-errors] li").count(), SOON).toBe(3);
    await settled(page);
    expect(await violations(page)).toEqual([]);
    const userName = `axe-${colorScheme}`;
    await fill(page, { userName, email: "ada@example.org", password: GOOD, repeat: GOOD });
    await expect.poll(() => page.getByText(`${userName} is free.`).count(), SOON).toBe(1);
    await settled(page);
    expect(await violations(page)).toEqual([]);
    await make(page);
    await expect.poll(() => page.getByRole("heading", { name: `Welcome, ${userName}` }).count(), SOON).toBe(1);
    expect(await violations(page)).toEqual([]);
  },
);

test("without JavaScript a page that is loaded again makes no second account, and never holds the password", async () => {
  const page = await gallery.visit("/sign-up", { javaScriptEnabled: false });
  await fill(page, { userName: "again", email: "again@", password: GOOD, repeat: GOOD });
  await make(page);
  expect(await page.content()).not.toContain(GOOD);
  expect(await field(page, "password").inputValue()).toBe("");
  await fill(page, { email: "again@example.org", password: GOOD, repeat: GOOD });
  await make(page);
  expect(await page.locator(".stage h3").innerText()).toBe("Welcome, again");
  await Promise.all([page.waitForRequest((request) => request.method() === "POST"), page.reload()]);
  expect(await page.locator(".stage h3").innerText()).toBe("Welcome, again");
});

test.each([true, false])("a double click makes one account, JavaScript: %s", async (javaScriptEnabled) => {
  const page = await gallery.visit("/sign-up", { javaScriptEnabled });
  const userName = nameFor({ hasScripts: javaScriptEnabled }, "twice");
  await fill(page, { userName, email: "twice@example.org", password: GOOD, repeat: GOOD });
  await page.getByRole("button", { name: "Make the account" }).dblclick();
  await expect.poll(() => page.getByRole("heading", { name: `Welcome, ${userName}` }).count(), SOON).toBe(1);
  await settled(page);
  expect(await page.locator(".stage h3").innerText()).toBe(`Welcome, ${userName}`);
});
