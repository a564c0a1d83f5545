import type { Page, Response } from "playwright-core";
import { expect, test } from "vitest";
import { bothWays, settled } from "./both-ways.js";
import { useGallery } from "./gallery.js";
import { skipToContent, tabAndType, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();

const ADA = { name: "ada", password: "difference engine" };
const BOB = { name: "bob", password: "garden gate" };
const MATCHES_NOT = "This name and this password do not match.";
const RELOAD = "This part of the page is no longer valid. Reload the page and try again.";

const stage = (page: Page) => page.locator(".stage");
const password = (page: Page) => stage(page).getByLabel("Password");
const button = (page: Page, name: string) => stage(page).getByRole("button", { name });

async function fill(page: Page, who: { readonly name: string; readonly password: string }): Promise<void> {
  await stage(page).getByLabel("Name").fill(who.name);
  await password(page).fill(who.password);
}

/** The answer to the event that `act` sends, once the page it leads to is there. */
async function answerTo(page: Page, act: () => Promise<unknown>, shows: string): Promise<Response> {
  const posted = page.waitForResponse((response) => response.request().method() === "POST");
  const [answer] = await Promise.all([posted, act()]);
  await stage(page).getByText(shows).first().waitFor();
  await settled(page);
  return answer;
}

async function signIn(page: Page, who: typeof ADA): Promise<Response> {
  await fill(page, who);
  return answerTo(page, () => button(page, "Sign in").click(), "Signed in as");
}

async function signOut(page: Page): Promise<Response> {
  return answerTo(page, () => button(page, "Sign out").click(), "Please sign in first.");
}

async function post(page: Page, text: string): Promise<void> {
  await page.getByLabel("A note for all members").fill(text);
  await button(page, "Post").click();
}

const notes = (page: Page) => stage(page).locator("li").allInnerTexts();

async function openTab(page: Page): Promise<Page> {
  const tab = await page.context().newPage();
  // Refusals are reported as failed loads.
  tab.removeAllListeners("console");
  await tab.goto("/members");
  return tab;
}

test("an empty form is refused beside each field", () =>
  bothWays(gallery, "/members", async ({ page, send }) => {
    const shown = await send(() => button(page, "Sign in").click());
    expect(shown.status).toBe(422);
    expect(shown.messages).toEqual({ name: "Enter your name.", password: "Enter your password." });
    expect(shown.focus).toBe("name");
    expect(shown.text).toContain("Please sign in first.");
  }));

test.each([true, false])(
  "a wrong password and an unknown name look the same, JavaScript: %s",
  async (javaScriptEnabled) => {
    const page = await gallery.visit("/members", { javaScriptEnabled });
    const texts: string[] = [];
    for (const name of ["bob", "eve"]) {
      await page.goto("/members");
      await fill(page, { name, password: "wrong" });
      const answer = await answerTo(page, () => button(page, "Sign in").click(), MATCHES_NOT);
      expect(answer.status()).toBe(422);
      expect(await stage(page).getByLabel("Name").inputValue()).toBe(name);
      texts.push(await stage(page).innerText());
    }
    expect(texts[1]).toBe(texts[0]);
    expect(await page.context().cookies()).toEqual([expect.objectContaining({ name: "hydrant_components" })]);
  },
);

test("somebody signs in, posts a note and signs out, with the same page to see at each step either way", async () => {
  const seen: string[][] = [];
  for (const javaScriptEnabled of [true, false]) {
    const page = await gallery.visit("/members", { javaScriptEnabled });
    const texts = [await stage(page).innerText()];
    const look = async () => texts.push(await stage(page).innerText());
    const answer = await signIn(page, ADA);
    expect([answer.status(), answer.headers()[javaScriptEnabled ? "hx-redirect" : "location"]]).toEqual(
      javaScriptEnabled ? [200, "/members"] : [303, "/members"],
    );
    await answerTo(page, () => button(page, "Clear the board").click(), "Nothing is pinned up.");
    await look();
    await answerTo(page, () => post(page, "Regatta on <Sunday> & Monday"), "Regatta on <Sunday> & Monday");
    expect(await notes(page)).toEqual(["Ada Regatta on <Sunday> & Monday"]);
    await look();
    await signOut(page);
    await look();
    seen.push(texts);
  }
  expect(seen[1]).toEqual(seen[0]);
});

test("the session's cookie is out of reach for scripts and other sites, and new at every sign-in", async () => {
  const page = await gallery.visit("/members");
  const session = async () => (await page.context().cookies()).find(({ name }) => name === "members");
  expect(await session()).toBeUndefined();
  await signIn(page, BOB);
  const first = await session();
  expect(first).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  await signOut(page);
  expect(await session()).toBeUndefined();
  await signIn(page, BOB);
  expect((await session())?.value).not.toBe(first?.value);
});

test.each([true, false])("only staff are offered to clear the board, JavaScript: %s", async (javaScriptEnabled) => {
  const page = await gallery.visit("/members", { javaScriptEnabled });
  await signIn(page, BOB);
  expect(await stage(page).getByRole("button").allInnerTexts()).toEqual(["Sign out", "Post"]);
  await signOut(page);
  await signIn(page, ADA);
  expect(await stage(page).getByRole("button").allInnerTexts()).toEqual(["Sign out", "Post", "Clear the board"]);
});

test.each([true, false])("an empty note is refused, and the board stays, JavaScript: %s", async (javaScriptEnabled) => {
  const page = await gallery.visit("/members", { javaScriptEnabled });
  await signIn(page, ADA);
  const before = await notes(page);
  const answer = await answerTo(page, () => post(page, " "), "An empty note is not pinned up.");
  expect(answer.status()).toBe(422);
  expect(await notes(page)).toEqual(before);
});

test("a tab that was left open while somebody signed out leads to the sign-in form", async () => {
  const page = await gallery.visit("/members");
  await signIn(page, BOB);
  const old = await openTab(page);
  await signOut(page);
  await post(old, "Posted by nobody");
  await stage(old).getByText("Please sign in first.").waitFor();
  expect(await button(old, "Sign in").count()).toBe(1);
  await signIn(old, BOB);
  expect(await notes(old)).not.toContain("Bob Posted by nobody");
});

test("without JavaScript it says that one has to sign in first, and where", async () => {
  const page = await gallery.visit("/members", { javaScriptEnabled: false });
  await signIn(page, BOB);
  const old = await openTab(page);
  await signOut(page);
  await post(old, "Posted by nobody");
  expect(await old.getByRole("heading").innerText()).toBe("Please sign in first.");
  await old.getByRole("link", { name: "Sign in" }).click();
  await signIn(old, BOB);
  expect(await notes(old)).not.toContain("Bob Posted by nobody");
});

test.each([true, false])(
  "a tab from before a sign-out is worth nothing, also after signing in again, JavaScript: %s",
  async (javaScriptEnabled) => {
    const page = await gallery.visit("/members", { javaScriptEnabled });
    await signIn(page, ADA);
    const old = await openTab(page);
    await signOut(page);
    await signIn(page, ADA);
    await post(old, "Posted from the past");
    await old.getByText(RELOAD).waitFor();
    await old.goto("/members");
    expect(await notes(old)).not.toContain("Ada Posted from the past");
    await answerTo(old, () => post(old, "Posted now"), "Posted now");
  },
);

test("the back button brings no page back that somebody else must not see", async () => {
  const page = await gallery.visit("/members");
  await signIn(page, BOB);
  await page.goto("/counter");
  const other = await openTab(page);
  await signOut(other);
  await page.goBack();
  await stage(page).getByText("Please sign in first.").waitFor();
  expect(await stage(page).getByText("Notice board").count()).toBe(1);
  expect(await notes(page)).toEqual([]);
});

test("signing in, posting and signing out take no mouse", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await gallery.visit("/members", { javaScriptEnabled });
    await skipToContent(page);
    await tabAndType(page, "Name", BOB.name);
    await page.keyboard.press("Tab");
    await page.keyboard.type(BOB.password);
    await answerTo(page, () => page.keyboard.press("Enter"), "Signed in as Bob");
    await page.goto("/members");
    await skipToContent(page);
    const text = `Typed, JavaScript: ${javaScriptEnabled}`;
    await tabAndType(page, "A note for all members", text);
    await answerTo(page, () => page.keyboard.press("Enter"), text);
    await page.goto("/members");
    await skipToContent(page);
    await tabTo(page, button(page, "Sign out"));
    await answerTo(page, () => page.keyboard.press("Enter"), "Please sign in first.");
  }
});

test.each(["light", "dark"] as const)(
  "each of its faces is without faults for people with disabilities in %s colours",
  async (colorScheme) => {
    const page = await gallery.visit("/members", { colorScheme });
    expect(await violations(page)).toEqual([]);
    await answerTo(page, () => button(page, "Sign in").click(), "Enter your password.");
    expect(await violations(page)).toEqual([]);
    await fill(page, { name: "eve", password: "wrong" });
    await answerTo(page, () => button(page, "Sign in").click(), MATCHES_NOT);
    expect(await violations(page)).toEqual([]);
    await signIn(page, ADA);
    expect(await violations(page)).toEqual([]);
    await answerTo(page, () => post(page, ""), "An empty note is not pinned up.");
    expect(await violations(page)).toEqual([]);
  },
);
