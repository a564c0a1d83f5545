import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { Answer } from "../../../examples/answer/answer.js";
import { answer } from "../../../examples/answer/example.js";
import { cannedModel, type Model, questions } from "../../../examples/answer/model.js";
import { gate } from "../../support/gate.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const words = gate();

let answering = 0;

/** Says the next word when the test lets it. */
const model: Model = {
  async *answer(question, options) {
    answering++;
    try {
      yield* cannedModel(words.pause).answer(question, options);
    } finally {
      answering--;
    }
  },
};

class GatedAnswer extends Answer {
  protected override readonly model: Model = model;
}

const gallery = useGallery([{ ...answer, components: { answer: GatedAnswer } }]);

afterEach(async () => {
  // An answer goes on for a while when its page is gone.
  words.letThrough(Number.POSITIVE_INFINITY);
  await expect.poll(() => answering, SOON).toBe(0);
  words.hold();
});

const [LIGHTHOUSE = "", BREAD = ""] = questions;

const field = (page: Page) => page.getByLabel("Your question");
const button = (page: Page, name: string) => page.locator(".stage").getByRole("button", { name, exact: true });
const text = (page: Page) => page.locator(".answer > p[id]").evaluateAll((all) => all[0]?.textContent ?? null);
const stopped = (page: Page) => page.locator(".answer").getByText("Stopped here.");
const streams = (page: Page) => page.locator("[data-component][data-streaming]").count();

async function ask(page: Page, question: string): Promise<void> {
  await field(page).fill(question);
  await button(page, "Ask").click();
  await expect.poll(() => page.locator(".answer h3").allInnerTexts(), SOON).toEqual([question]);
  await expect.poll(words.waiting, SOON).toBe(1);
}

async function hears(page: Page, count: number, start: string): Promise<void> {
  words.letThrough(count);
  await expect.poll(() => text(page), SOON).toBe(start);
}

async function wholeAnswer(question: string): Promise<string> {
  const pieces: string[] = [];
  const { signal } = new AbortController();
  for await (const piece of cannedModel(() => Promise.resolve()).answer(question, { signal })) pieces.push(piece);
  return pieces.join("");
}

test("the answer appears word by word, spaces and empty lines as they were said", async () => {
  const page = await gallery.visit("/answer");
  await ask(page, BREAD);
  expect(await text(page)).toBe("");
  await hears(page, 1, "Yeast ");
  await hears(page, 4, "Yeast eats the sugar in ");
  words.letThrough(Number.POSITIVE_INFINITY);
  await expect.poll(() => text(page), SOON).toBe(await wholeAnswer(BREAD));
  await expect.poll(() => streams(page), SOON).toBe(0);
  expect(await field(page).inputValue()).toBe("");
});

test("stopped, it keeps what it said, and says that this is not all", async () => {
  const page = await gallery.visit("/answer");
  expect(await button(page, "Stop").count()).toBe(0);
  await ask(page, BREAD);
  await hears(page, 3, "Yeast eats the ");
  expect(await page.locator("[data-component=answer]").getAttribute("aria-busy")).toBe("true");
  await button(page, "Stop").click();
  await stopped(page).waitFor();
  await expect.poll(() => button(page, "Stop").count(), SOON).toBe(0);
  expect(await text(page)).toBe("Yeast eats the ");
  expect(await page.locator("[data-component=answer]").getAttribute("aria-busy")).toBe(null);
  // The handler is over as well.
  expect(words.waiting()).toBe(0);
  await ask(page, LIGHTHOUSE);
  await hears(page, 1, "The ");
});

test("it goes on by itself after the connection was cut, and nothing is said twice", async () => {
  const page = await gallery.visit("/answer");
  page.removeAllListeners("console");
  await ask(page, LIGHTHOUSE);
  await hears(page, 3, "The lamp itself ");
  for (const heard of ["The lamp itself is small. ", "The lamp itself is small. What carries "]) {
    const resumed = page.waitForResponse((response) => response.url().includes("/_streams/"));
    gallery.cut();
    words.letThrough(2);
    expect((await resumed).status()).toBe(200);
    await expect.poll(() => text(page), SOON).toBe(heard);
    expect(await streams(page)).toBe(1);
  }
  words.letThrough(Number.POSITIVE_INFINITY);
  await expect.poll(() => text(page), SOON).toBe(await wholeAnswer(LIGHTHOUSE));
  await expect.poll(() => streams(page), SOON).toBe(0);
  expect(await page.locator("[data-component-error] p").count()).toBe(0);
  expect(await stopped(page).count()).toBe(0);
});

test("asked again while it answers, it answers one after the other", async () => {
  const page = await gallery.visit("/answer");
  await ask(page, LIGHTHOUSE);
  await button(page, BREAD).click();
  await hears(page, 1, "The ");
  words.letThrough(Number.POSITIVE_INFINITY);
  await expect.poll(() => text(page), SOON).toBe(await wholeAnswer(BREAD));
  expect(await page.locator(".answer h3").innerText()).toBe(BREAD);
});

test("without JavaScript the whole answer comes at once", async () => {
  words.letThrough(Number.POSITIVE_INFINITY);
  const page = await gallery.visit("/answer", { javaScriptEnabled: false });
  await field(page).fill("Tell me about dough");
  await button(page, "Ask").click();
  expect(await text(page)).toBe(await wholeAnswer(BREAD));
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Streaming answer");
  expect(await button(page, "Stop").count()).toBe(0);
  await button(page, LIGHTHOUSE).click();
  expect(await text(page)).toBe(await wholeAnswer(LIGHTHOUSE));
});

test.each([true, false])("an empty question is refused, JavaScript: %s", async (javaScriptEnabled) => {
  const page = await gallery.visit("/answer", { javaScriptEnabled });
  const [refusal] = await Promise.all([page.waitForResponse("**/ask"), button(page, "Ask").click()]);
  expect(refusal.status()).toBe(422);
  const error = page.locator("[data-field-error]");
  await expect.poll(() => error.allInnerTexts(), SOON).toEqual(["Ask something."]);
  expect(await field(page).getAttribute("aria-describedby")).toBe(await error.getAttribute("id"));
  expect(await text(page)).toBe(null);
});

test("asking and stopping take no mouse, and the focus is never lost", async () => {
  const page = await gallery.visit("/answer");
  await skipToContent(page);
  await tabTo(page, field(page));
  await page.keyboard.type(BREAD);
  await page.keyboard.press("Enter");
  await expect.poll(words.waiting, SOON).toBe(1);
  await hears(page, 2, "Yeast eats ");
  expect(await field(page).evaluate((one) => one === document.activeElement)).toBe(true);
  await tabTo(page, button(page, "Stop"));
  await page.keyboard.press("Enter");
  await stopped(page).waitFor();
  await expect.poll(() => streams(page), SOON).toBe(0);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Stop");
  await tabTo(page, page.locator(".source pre").first());
  expect(await button(page, "Stop").count()).toBe(0);
});

test.each(["light", "dark"] as const)(
  "before, while and after it answers it is without faults for people with disabilities in %s colours",
  async (colorScheme) => {
    const page = await gallery.visit("/answer", { colorScheme });
    await ask(page, BREAD);
    await hears(page, 2, "Yeast eats ");
    expect(await violations(page)).toEqual([]);
    await button(page, "Stop").click();
    await stopped(page).waitFor();
    expect(await violations(page)).toEqual([]);
    await button(page, "Ask").click();
    await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(1);
    expect(await violations(page)).toEqual([]);
  },
);
