import type { Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import { database } from "../../../examples/records/customers.js";
import { bothWays, settled } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabAndType, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

// Before the examples are imported: no file that somebody has been playing with.
vi.hoisted(() => {
  process.env.DATABASE_URL = ":memory:";
});

const gallery = useGallery();

const INES = "/records?customer=1";
const JONAS = "/records?customer=2";
const CHANGED = "This was changed elsewhere. Here is how it stands now.";
/** The list beside it shows what it showed; without JavaScript it comes anew with the page. */
const EDITOR = { within: "[data-component=customer]" };

const stage = (page: Page) => page.locator(".stage");
const field = (page: Page, label: string) => stage(page).getByLabel(label);
const save = (page: Page) => stage(page).getByRole("button", { name: "Save" }).click();

/** What the database holds of a customer. */
function rowOf(id: number) {
  return database.selectFrom("customers").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

/** Saves a change from another tab of the same visitor. */
async function saveElsewhere(page: Page, path: string, change: (tab: Page) => Promise<void>): Promise<void> {
  const tab = await page.context().newPage();
  await tab.goto(path);
  await change(tab);
  await save(tab);
  await stage(tab).getByText("Saved", { exact: true }).waitFor();
  await settled(tab);
  await tab.close();
}

test("a customer is changed, and the list follows", () =>
  bothWays(gallery, INES, async ({ page, send }) => {
    await field(page, "Name").fill("Inês de Carvalho & <Filhas>");
    await field(page, "City").fill("Braga");
    await field(page, "Credit limit").fill("");
    await field(page, "Gets the newsletter").uncheck();
    await field(page, "Customer since").fill("2020-02-29");
    const shown = await send(() => save(page));
    expect(shown.status).toBe(200);
    expect(shown.text).toContain("Inês de Carvalho & <Filhas> Braga");
    expect(shown.text).toMatch(/Save Saved$/);
    expect(await rowOf(1)).toMatchObject({ city: "Braga", credit_limit: null, newsletter: 0, since: "2020-02-29" });
    await field(page, "Name").fill("Ines Carvalho");
    await field(page, "Credit limit").fill("2500");
    await field(page, "Gets the newsletter").check();
    const again = await send(() => save(page));
    expect(again.values).toMatchObject({ name: "Ines Carvalho", credit_limit: "2500", newsletter: true });
    expect(await rowOf(1)).toMatchObject({ name: "Ines Carvalho", credit_limit: 2500, newsletter: 1 });
  }));

test("what the schema refuses is not saved; what was typed stays until it is mended", () =>
  bothWays(gallery, JONAS, async ({ page, send }) => {
    const before = await rowOf(2);
    await field(page, "Name").fill(" ");
    await field(page, "Email").fill("jonas");
    await field(page, "Credit limit").fill("-1");
    const refused = await send(() => save(page));
    expect(refused.status).toBe(422);
    expect(refused.messages).toEqual({
      name: "A customer needs a name.",
      email: "Use an address such as ines@example.org.",
      credit_limit: "Not below 0.",
    });
    expect([refused.values.email, refused.values.credit_limit, refused.focus]).toEqual(["jonas", "-1", "name"]);
    expect(await rowOf(2)).toEqual(before);
    await field(page, "Name").fill(before.name);
    await field(page, "Email").fill(before.email);
    await field(page, "Credit limit").fill("");
    expect((await send(() => save(page))).messages).toEqual({});
  }));

test("who saves over somebody else's change is shown it beside what they typed, and may save all the same", () =>
  bothWays(
    gallery,
    JONAS,
    async ({ page, send }) => {
      await saveElsewhere(page, JONAS, async (tab) => {
        await field(tab, "City").fill("Halle");
        await field(tab, "Gets the newsletter").check();
      });
      await field(page, "City").fill("Dresden");
      const conflict = await send(() => save(page));
      expect(conflict.status).toBe(409);
      expect(conflict.text).toContain(CHANGED);
      expect(conflict.values).toMatchObject({ city: "Dresden", newsletter: false });
      const beside = (label: string) =>
        field(page, label).evaluate((control) => {
          const ids = control.getAttribute("aria-describedby")?.split(" ") ?? [];
          return ids.map((id) => document.getElementById(id)?.textContent).join(" ");
        });
      expect(await beside("City")).toBe("Saved meanwhile: Halle");
      expect(await beside("Gets the newsletter")).toBe("Saved meanwhile: yes");
      expect(await beside("Name")).toBe("");
      expect(await rowOf(2)).toMatchObject({ city: "Halle", newsletter: 1 });
      const saved = await send(() => save(page));
      expect(saved.text).not.toContain("meanwhile");
      expect(await rowOf(2)).toMatchObject({ city: "Dresden", newsletter: 0 });
      await field(page, "City").fill("Leipzig");
      await send(() => save(page));
    },
    EDITOR,
  ));

test("who meanwhile is overtaken once more is shown the newest change", () =>
  bothWays(
    gallery,
    JONAS,
    async ({ page, send }) => {
      await field(page, "City").fill("Dresden");
      for (const city of ["Halle", "Jena"]) {
        await saveElsewhere(page, JONAS, (tab) => field(tab, "City").fill(city));
        const conflict = await send(() => save(page));
        expect([conflict.status, conflict.values.city]).toEqual([409, "Dresden"]);
        expect(conflict.text).toContain(`Saved meanwhile: ${city}`);
      }
      await field(page, "City").fill("Leipzig");
      expect((await send(() => save(page))).status).toBe(200);
    },
    EDITOR,
  ));

test.each([true, false])("somebody else's customer is not shown, JavaScript: %s", async (javaScriptEnabled) => {
  const page = await gallery.visit("/records", { javaScriptEnabled });
  await stage(page).getByRole("link", { name: "Kofi Mensah" }).click();
  await stage(page).getByText("You are not allowed to do this.").waitFor();
  expect(await stage(page).locator("form, input").count()).toBe(0);
  await stage(page).getByRole("link", { name: "Jonas Weber" }).click();
  await expect.poll(() => field(page, "Name").inputValue(), SOON).toBe("Jonas Weber");
});

test.each([true, false])(
  "and not saved either, when it became somebody else's, JavaScript: %s",
  async (javaScriptEnabled) => {
    const page = await gallery.visit(INES, { javaScriptEnabled });
    page.removeAllListeners("console");
    const give = (owner: string) => database.updateTable("customers").set({ owner }).where("id", "=", 1).execute();
    await field(page, "City").fill("Faro");
    await give("bruno");
    const [answer] = await Promise.all([page.waitForResponse("**/submit"), save(page)]);
    await page.getByText("You are not allowed to do this.").first().waitFor();
    await give("amara");
    expect(answer.status()).toBe(403);
    expect((await rowOf(1)).city).not.toBe("Faro");
    if (javaScriptEnabled) expect(await field(page, "City").inputValue()).toBe("Faro");
  },
);

test.each(["99", "-1", "9".repeat(30)])("a customer that is not there, %s, leaves the list on the page", async (id) => {
  const page = await gallery.visit(`/records?customer=${id}`);
  await stage(page).getByText("There is nothing here.").waitFor();
  expect(await stage(page).getByRole("link").count()).toBe(4);
});

test("the keyboard is enough", () =>
  bothWays(gallery, "/records", async ({ page, send }) => {
    await skipToContent(page);
    await tabTo(page, stage(page).getByRole("link", { name: "Jonas Weber" }));
    await page.keyboard.press("Enter");
    await page.waitForURL("**/records?customer=2");
    await skipToContent(page);
    await tabAndType(page, "Name", "Jonas");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Gera");
    const shown = await send(() => page.keyboard.press("Enter"));
    expect(shown.values).toMatchObject({ name: "Jonas", city: "Gera" });
    await field(page, "Name").fill("Jonas Weber");
    await field(page, "City").fill("Leipzig");
    await tabTo(page, stage(page).getByRole("button", { name: "Save" }));
    expect((await send(() => page.keyboard.press("Space"))).values).toMatchObject({ name: "Jonas Weber" });
  }));

test.each(["light", "dark"] as const)(
  "messages and conflicts are without faults for people with disabilities in %s colours",
  async (colorScheme) => {
    const page = await gallery.visit(JONAS, { colorScheme });
    await field(page, "Name").fill("");
    await save(page);
    await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(1);
    expect(await violations(page)).toEqual([]);
    await saveElsewhere(page, JONAS, (tab) => field(tab, "City").fill("Halle"));
    await field(page, "Name").fill("Jonas Weber");
    await field(page, "City").fill("Leipzig");
    await save(page);
    await stage(page).getByText("Saved meanwhile: Halle").waitFor();
    expect(await violations(page)).toEqual([]);
    await save(page);
    await stage(page).getByText("Saved", { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
  },
);
