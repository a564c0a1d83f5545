import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { bothWays, settled, type Visitor } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();
const NUMBER = { apart: [/Booking \d+/g] };

const field = (page: Page, name: string) => page.locator(`.stage [name="${name}"]`);
const button = (page: Page, name: string) => page.locator(".stage").getByRole("button", { name, exact: true });
const cities = (page: Page) => field(page, "city").locator("option").allInnerTexts();
const heading = (page: Page) => page.locator(".stage h3").innerText();
const go = (page: Page, name: string) => () => button(page, name).click();

/** Without JavaScript a button asks for the cities of the country that was chosen. */
async function chooseCountry({ page, hasScripts }: Pick<Visitor, "page" | "hasScripts">, name: string): Promise<void> {
  await field(page, "country").selectOption({ label: name });
  if (!hasScripts) await button(page, "Show its cities").click();
}

async function chooseTrip(visitor: Pick<Visitor, "page" | "hasScripts">, country: string, city: string): Promise<void> {
  await chooseCountry(visitor, country);
  await expect.poll(() => cities(visitor.page), SOON).toContain(city);
  await field(visitor.page, "city").selectOption(city);
  await field(visitor.page, "departure").fill("2036-02-29");
}

async function fillTravellers(page: Page): Promise<void> {
  await field(page, "travellers[0].name").fill("Ada Lovelace");
  await field(page, "travellers[0].age").fill("36");
  await field(page, "email").fill("ada@example.org");
}

test("a step with faults is refused, and only its own fields are looked at", () =>
  bothWays(gallery, "/wizard", async ({ page, send }) => {
    const first = await send(go(page, "Next"));
    expect(first.status).toBe(422);
    expect(first.headings[0]).toBe("Your trip 1 of 3");
    expect(first.messages).toEqual({
      country: "Choose a country.",
      city: "Choose a city.",
      departure: "Choose a day.",
    });
    expect(first.focus).toBe("country");
  }));

test("the cities follow the country", () =>
  bothWays(gallery, "/wizard", async (visitor) => {
    const { page, send } = visitor;
    expect(await cities(page)).toEqual(["Choose …"]);
    await chooseTrip(visitor, "Japan", "Kyoto");
    await chooseCountry(visitor, "Ghana");
    await expect.poll(() => cities(page), SOON).toEqual(["Choose …", "Accra", "Kumasi", "Tamale"]);
    expect(await field(page, "city").inputValue()).toBe("");
    const refused = await send(go(page, "Next"));
    expect(refused.messages).toEqual({ city: "Choose a city." });
    await field(page, "city").selectOption("Kumasi");
    const next = await send(go(page, "Next"));
    expect(next.headings[0]).toBe("Travellers 2 of 3");
  }));

test("one goes back and forth without losing anything, and the last step shows it all", () =>
  bothWays(
    gallery,
    "/wizard",
    async (visitor) => {
      const { page, send } = visitor;
      await chooseTrip(visitor, "Japan", "Kyoto");
      await send(go(page, "Next"));
      await field(page, "travellers[0].name").fill("Ada <Lovelace>");
      await send(go(page, "Add a traveller"));
      await field(page, "travellers[1].name").fill("Grace");
      const back = await send(go(page, "Back"));
      expect(back.status).toBe(200);
      expect(back.values).toEqual({ country: "japan", city: "Kyoto", departure: "2036-02-29", nights: "7" });
      await field(page, "nights").fill("3");
      const again = await send(go(page, "Next"));
      expect(again.messages).toEqual({});
      expect(again.values).toMatchObject({
        "travellers[0].name": "Ada <Lovelace>",
        "travellers[1].name": "Grace",
        email: "",
      });
      const refused = await send(go(page, "Next"));
      expect(Object.keys(refused.messages)).toEqual(["travellers[0].age", "travellers[1].age", "email"]);
      expect(refused.focus).toBe("travellers[0].age");
      await field(page, "travellers[0].age").fill("36");
      await field(page, "travellers[1].age").fill("40");
      await field(page, "email").fill("ada@example.org");
      const last = await send(go(page, "Next"));
      expect(last.text).toContain("To Kyoto, Japan From 2036-02-29, 3 nights");
      expect(last.text).toContain("Ada <Lovelace>, 36 Grace, 40");
      await field(page, "wishes").fill("A seat at the window.");
      const first = await send(go(page, "Your trip"));
      expect(first.values).toMatchObject({ city: "Kyoto", nights: "3" });
      await send(go(page, "Next"));
      const third = await send(go(page, "Next"));
      expect(third.values).toEqual({ wishes: "A seat at the window.", agreed: false });
      const unticked = await send(go(page, "Send"));
      expect(unticked.messages).toEqual({ agreed: "Please look at it once more." });
      await field(page, "agreed").check();
      const booked = await send(go(page, "Send"));
      expect(booked.status).toBe(200);
      expect(booked.text).toContain("Kyoto, Japan, from 2036-02-29 on for 3 nights.");
      expect(booked.text).toContain("Ada <Lovelace>, 36 Grace, 40 A seat at the window.");
      const next = await send(go(page, "Plan another journey"));
      expect(next.headings[0]).toBe("Your trip 1 of 3");
      expect(next.values).toEqual({ country: "", city: "", departure: "", nights: "7" });
    },
    NUMBER,
  ));

test("all three steps can be done with the keyboard", () =>
  bothWays(
    gallery,
    "/wizard",
    async ({ page, hasScripts, send }) => {
      const type = async (at: Locator, text: string) => {
        await tabTo(page, at);
        await page.keyboard.type(text);
      };
      await skipToContent(page);
      await type(field(page, "country"), "Por");
      if (!hasScripts) {
        await tabTo(page, button(page, "Show its cities"));
        await page.keyboard.press("Enter");
      }
      await expect.poll(() => cities(page), SOON).toContain("Lisbon");
      await type(field(page, "city"), "Lis");
      await type(field(page, "departure"), "02292036");
      await tabTo(page, button(page, "Next"));
      await send(() => page.keyboard.press("Space"));
      await type(field(page, "travellers[0].name"), "Ada");
      await type(field(page, "travellers[0].age"), "36");
      await type(field(page, "email"), "ada@example.org");
      // Enter in a field goes on, not back.
      const last = await send(() => page.keyboard.press("Enter"));
      expect(last.headings[0]).toBe("Check and send 3 of 3");
      await tabTo(page, field(page, "agreed"));
      await page.keyboard.press("Space");
      await tabTo(page, button(page, "Send"));
      const booked = await send(() => page.keyboard.press("Enter"));
      expect(booked.text).toContain("Lisbon, Portugal");
    },
    NUMBER,
  ));

test.each([true, false])("a new step begins at its heading, JavaScript: %s", async (javaScriptEnabled) => {
  const page = await gallery.visit("/wizard", { javaScriptEnabled });
  await chooseTrip({ page, hasScripts: javaScriptEnabled }, "Chile", "Santiago");
  await button(page, "Next").click();
  await expect.poll(() => heading(page), SOON).toBe("Travellers 2 of 3");
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), SOON).toBe("H3");
});

test.each(["light", "dark"] as const)(
  "every step is without faults for people with disabilities in %s colours, with messages and without",
  async (colorScheme) => {
    const page = await gallery.visit("/wizard", { colorScheme });
    const expectNone = async () => {
      await settled(page);
      expect(await violations(page)).toEqual([]);
    };
    await button(page, "Next").click();
    await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(3);
    await expectNone();
    await chooseTrip({ page, hasScripts: true }, "Norway", "Oslo");
    await button(page, "Next").click();
    await expect.poll(() => heading(page), SOON).toBe("Travellers 2 of 3");
    await button(page, "Next").click();
    await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(3);
    await expectNone();
    await fillTravellers(page);
    await button(page, "Next").click();
    await expect.poll(() => heading(page), SOON).toBe("Check and send 3 of 3");
    await expectNone();
    await field(page, "agreed").check();
    await button(page, "Send").click();
    await expect.poll(() => heading(page), SOON).toMatch(/^Booking/);
    await expectNone();
  },
);

/** Books as a new visitor, and says which number the booking got. */
async function numberOfBooking(
  hasScripts: boolean,
  press: (button: Locator) => Promise<void> = (one) => one.click(),
): Promise<{ page: Page; number: string }> {
  const page = await gallery.visit("/wizard", { javaScriptEnabled: hasScripts });
  await chooseTrip({ page, hasScripts }, "Norway", "Oslo");
  await button(page, "Next").click();
  await expect.poll(() => heading(page), SOON).toBe("Travellers 2 of 3");
  await fillTravellers(page);
  await button(page, "Next").click();
  await expect.poll(() => heading(page), SOON).toBe("Check and send 3 of 3");
  await field(page, "agreed").check();
  await press(button(page, "Send"));
  await expect.poll(() => heading(page), SOON).toMatch(/^Booking/);
  await settled(page);
  return { page, number: await heading(page) };
}

test("without JavaScript a page that is loaded again books nothing twice", async () => {
  const { page, number } = await numberOfBooking(false);
  await Promise.all([page.waitForRequest((request) => request.method() === "POST"), page.reload()]);
  expect(await heading(page)).toBe(number);
});

test.each([true, false])("a double click books once, JavaScript: %s", async (hasScripts) => {
  const [first, second] = [
    await numberOfBooking(hasScripts),
    await numberOfBooking(hasScripts, (one) => one.dblclick()),
  ].map(({ number }) => Number(number.replace("Booking ", "")));
  expect(second).toBe((first ?? 0) + 1);
});
