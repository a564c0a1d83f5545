import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Chat } from "../../../examples/chat/chat.js";
import { Conversation, lineOf } from "../../../examples/chat/conversation.js";
import { chat } from "../../../examples/chat/example.js";
import { memoryChatStore } from "../../../examples/chat/store.js";
import { bothWays } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabAndType, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const conversation = new Conversation(memoryChatStore({ messages: 30 }));

class RoomForTests extends Chat {
  protected override readonly conversation: Conversation = conversation;
}

const gallery = useGallery([
  {
    ...chat,
    components: { chat: RoomForTests },
    live: (server) =>
      conversation.onMessage((room, message) => server.append(`room:${room}`, "messages", lineOf(room, message))),
  },
]);

const stage = (page: Page) => page.locator(".stage");
const button = (page: Page, name: string) => stage(page).getByRole("button", { name, exact: true });
const message = (page: Page, room = "harbour") => stage(page).getByLabel(`Message to the ${room}`);
const texts = (page: Page) => page.locator(".log li > span").allInnerTexts();

async function enter(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await button(page, "Come in").click();
  await stage(page).getByText(`You are ${name}`).waitFor();
}

async function send(page: Page, text: string, room?: string): Promise<void> {
  await message(page, room).fill(text);
  await button(page, "Send").click();
  await expect.poll(() => message(page, room).inputValue(), SOON).toBe("");
}

test("what one writes, the others read, once and in order, without loading the page anew", async () => {
  const [ada, bob] = [await gallery.visit("/chat"), await gallery.visit("/chat")];
  await bob.evaluate(() => document.body.setAttribute("data-seen", ""));
  await enter(ada, "Ada");
  await enter(bob, "Bob");
  const before = await texts(bob);
  await send(ada, "Is the ferry late?");
  await expect.poll(async () => (await texts(bob)).at(-1), SOON).toBe("Is the ferry late?");
  await send(bob, "Ten minutes.");
  await send(bob, "Or twenty.");
  await send(ada, "Thank you");
  const after = [...before, "Is the ferry late?", "Ten minutes.", "Or twenty.", "Thank you"];
  for (const page of [ada, bob]) await expect.poll(() => texts(page), SOON).toEqual(after);
  expect(await bob.locator(".log li:last-child strong").innerText()).toBe("Ada");
  expect(await bob.locator("body[data-seen]").count()).toBe(1);
  await bob.reload();
  expect(await texts(bob)).toEqual(after);
});

test("a sentence begun is left alone while messages arrive, and so is the place of the next letter", async () => {
  const [ada, bob] = [await gallery.visit("/chat"), await gallery.visit("/chat")];
  await enter(ada, "Ada");
  await enter(bob, "Bob");
  await message(ada).pressSequentially("I was about to ");
  await message(ada).evaluate((field: HTMLInputElement) => field.setSelectionRange(2, 5));
  for (let number = 1; number <= 5; number++) {
    await send(bob, `Interrupting, ${number}`);
    await expect.poll(async () => (await texts(ada)).at(-1), SOON).toBe(`Interrupting, ${number}`);
  }
  expect(await message(ada).inputValue()).toBe("I was about to ");
  expect(
    await message(ada).evaluate((field: HTMLInputElement) => [
      field === document.activeElement,
      field.selectionStart,
      field.selectionEnd,
    ]),
  ).toEqual([true, 2, 5]);
});

test("what is said in one room is not heard in the other", async () => {
  const [ada, bob] = [await gallery.visit("/chat"), await gallery.visit("/chat?room=workshop")];
  await enter(ada, "Ada");
  await enter(bob, "Bob");
  await send(ada, "Only for the harbour");
  await send(bob, "Only for the workshop", "workshop");
  await expect.poll(async () => (await texts(bob)).at(-1), SOON).toBe("Only for the workshop");
  expect(await texts(ada)).not.toContain("Only for the workshop");
  expect(await texts(bob)).not.toContain("Only for the harbour");
  await ada.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: "Workshop" }).click();
  await stage(ada).getByText("You are Ada").waitFor();
  expect((await texts(ada)).at(-1)).toBe("Only for the workshop");
  expect(await stage(ada).locator("nav [aria-current=page]").innerText()).toBe("Workshop");
});

test("a room that does not exist is the first one", async () => {
  const page = await gallery.visit("/chat?room=__proto__&room=cellar");
  expect(await stage(page).locator("nav [aria-current=page]").innerText()).toBe("Harbour");
});

test("text that looks like HTML is text, for those who are there and for those who come later", async () => {
  const [ada, bob] = [await gallery.visit("/chat"), await gallery.visit("/chat")];
  const text = '<img src=x onerror="alert(1)"> & {{ 7 * 7 }}</li>';
  await enter(ada, "<i>Ada</i>");
  await send(ada, text);
  await expect.poll(async () => (await texts(bob)).at(-1), SOON).toBe(text);
  expect(await bob.locator(".log img, .log i").count()).toBe(0);
  await bob.reload();
  expect((await texts(bob)).at(-1)).toBe(text);
  expect(await bob.locator(".log li:last-child strong").innerText()).toBe("<i>Ada</i>");
});

test("the log stays at its end while it fills, and with who scrolled up", async () => {
  const [ada, bob] = [await gallery.visit("/chat"), await gallery.visit("/chat")];
  await enter(ada, "Ada");
  for (let number = 1; number <= 12; number++) await conversation.say("harbour", "Bob", `A line to scroll, ${number}`);
  await expect.poll(async () => (await texts(bob)).at(-1), SOON).toBe("A line to scroll, 12");
  const log = bob.getByRole("log", { name: "Messages in the harbour" });
  const isAtEnd = () =>
    bob.locator(".log li:last-child").evaluate((line) => {
      const place = line.closest(".log")?.getBoundingClientRect();
      const { bottom } = line.getBoundingClientRect();
      return place !== undefined && bottom <= place.bottom && bottom > place.top;
    });
  await expect.poll(isAtEnd, SOON).toBe(true);
  await send(ada, "One more");
  await expect.poll(async () => (await texts(bob)).at(-1), SOON).toBe("One more");
  await expect.poll(isAtEnd, SOON).toBe(true);
  await log.evaluate((element) => element.scrollBy(0, -200));
  const top = () =>
    bob.locator(".log li:nth-child(3)").evaluate((line) => Math.round(line.getBoundingClientRect().top));
  const before = await top();
  await send(ada, "And another");
  await expect.poll(async () => (await texts(bob)).at(-1), SOON).toBe("And another");
  expect(await isAtEnd()).toBe(false);
  expect(await top()).toBe(before);
});

test("what was said while the connection was cut is there afterwards, once", async () => {
  const [ada, bob] = [await gallery.visit("/chat"), await gallery.visit("/chat")];
  await enter(ada, "Ada");
  for (const page of [ada, bob]) page.removeAllListeners("console");
  const before = await texts(bob);
  gallery.cut();
  await conversation.say("harbour", "Eve", "Said into the gap");
  await conversation.say("harbour", "Eve", "And once more");
  await expect.poll(() => texts(bob), SOON).toEqual([...before, "Said into the gap", "And once more"].slice(-30));
  await send(ada, "Heard");
  await expect.poll(async () => (await texts(bob)).at(-1), SOON).toBe("Heard");
});

test("coming in, writing and leaving lead to the same with JavaScript and without", () =>
  bothWays(
    gallery,
    "/chat?room=workshop",
    async ({ page, send: sends }) => {
      await page.getByLabel("Your name").fill("  Grace  ");
      const entered = await sends(() => button(page, "Come in").click());
      expect([entered.status, entered.text]).toEqual([200, "Message to the workshop Send"]);
      await message(page, "workshop").fill("The bench is free");
      const sent = await sends(() => button(page, "Send").click());
      expect(sent.values).toEqual({ text: "" });
      const left = await sends(() => button(page, "Leave").click());
      expect(left.text).toBe("Your name Come in");
    },
    { within: ".stage form:not([hidden])" },
  ));

test.each([true, false])(
  "an empty name and an empty message are refused, JavaScript: %s",
  async (javaScriptEnabled) => {
    const page = await gallery.visit("/chat", { javaScriptEnabled });
    async function refused(name: string, says: string): Promise<void> {
      await button(page, name).click();
      await expect.poll(() => page.locator("[data-field-error]").allInnerTexts(), SOON).toEqual([says]);
    }
    await refused("Come in", "Others need something to call you.");
    await enter(page, "Ada");
    const before = await texts(page);
    await message(page).fill("   ");
    await refused("Send", "There is nothing to send yet.");
    expect(await texts(page)).toEqual(before);
  },
);

test("without JavaScript one looks for new messages, in the room one is in", async () => {
  const page = await gallery.visit("/chat?room=workshop", { javaScriptEnabled: false });
  await enter(page, "Grace");
  await message(page, "workshop").fill("Is anybody here?");
  await button(page, "Send").click();
  expect((await texts(page)).at(-1)).toBe("Is anybody here?");
  await conversation.say("workshop", "Eve", "I am");
  await page.getByRole("link", { name: "Look for new messages" }).click();
  expect((await texts(page)).at(-1)).toBe("I am");
  expect(await stage(page).getByText("You are Grace").count()).toBe(1);
});

test("whoever lost their name meanwhile is asked for it, and keeps what they typed", async () => {
  const page = await gallery.visit("/chat");
  await enter(page, "Ada");
  const second = await page.context().newPage();
  await second.goto("/chat");
  await button(second, "Leave").click();
  await second.getByLabel("Your name").waitFor();
  await message(page).fill("Still here");
  await button(page, "Send").click();
  await stage(page).getByText("Say who you are first.").waitFor();
  await page.getByLabel("Your name").fill("Ada");
  await button(page, "Come in").click();
  await message(page).waitFor();
});

test("coming in and writing take no mouse", async () => {
  const page = await gallery.visit("/chat");
  await skipToContent(page);
  await tabAndType(page, "Your name", "Ada");
  await page.keyboard.press("Enter");
  await message(page).waitFor();
  await tabTo(page, message(page));
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await texts(page)).at(-1), SOON).toBe("By keyboard");
  expect(await message(page).evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type("And on");
  expect(await message(page).inputValue()).toBe("And on");
});

test.each(["light", "dark"] as const)(
  "outside, inside and refused it is without faults for people with disabilities in %s colours",
  async (colorScheme) => {
    const page = await gallery.visit("/chat", { colorScheme });
    expect(await violations(page)).toEqual([]);
    await enter(page, "Ada");
    await send(page, "Hello");
    expect(await violations(page)).toEqual([]);
    await button(page, "Send").click();
    await stage(page).getByText("There is nothing to send yet.").waitFor();
    expect(await violations(page)).toEqual([]);
  },
);
