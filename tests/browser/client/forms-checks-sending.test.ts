import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { fillIn, gate, ran, SIGN_UP } from "./forms-sign-up.js";
import { message, named } from "./forms-stage.js";
import { settled, shows, stage } from "./stage.js";

const on = stage(SIGN_UP);

describe("live checks and sending", () => {
  afterEach(() => {
    ran.length = 0;
  });

  async function fillAll(page: Page, note = "") {
    await page.fill(named("note"), note);
    await fillIn(page, "name", "Ada");
    await fillIn(page, "email", "ada@example.com");
    await settled(page);
    ran.length = 0;
  }

  it("a slow check does not hold up the form, and its answer changes nothing afterwards", async () => {
    const page = await on.open("/");
    await fillAll(page);
    await page.focus(named("city"));
    await page.keyboard.type("slow city");
    await gate.reached("slow city");
    await page.keyboard.press("Enter");
    await shows(page, "output", "1");
    gate.open("slow city");
    await settled(page);
    expect(ran).toEqual(["city=slow city", "submit Ada"]);
    await shows(page, "output", "1");
    expect(await page.inputValue(named("name"))).toBe("");
    expect(await message(page, "name")).toBe(null);
  });

  it("a check that is answered while the form is being sent does not undo what was sent", async () => {
    const page = await on.open("/");
    await fillAll(page, "slow send");
    await page.focus(named("city"));
    await page.keyboard.type("slow town");
    await gate.reached("slow town");
    await page.keyboard.press("Enter");
    await gate.reached("slow send");
    gate.open("slow town");
    gate.open("slow send");
    await shows(page, "output", "1");
    await settled(page);
    await shows(page, "output", "1");
    expect(await page.inputValue(named("name"))).toBe("");
  });

  it("what is entered while the form is being sent stays, and is not checked against what was sent", async () => {
    const page = await on.open("/");
    await fillAll(page, "slow start");
    await page.click("text=Send");
    await gate.reached("slow start");
    await fillIn(page, "city", "Rome");
    gate.open("slow start");
    await shows(page, "output", "1");
    await settled(page);
    await shows(page, "output", "1");
    expect(await page.inputValue(named("city"))).toBe("Rome");
    expect(ran).toEqual(["submit Ada"]);
  });

  it("a message that comes while the button is being pressed does not move it away under the mouse", async () => {
    const page = await on.open("/");
    await page.focus(named("email"));
    await page.keyboard.type("ada");
    const box = await page.locator("text=Send").boundingBox();
    if (box === null) throw new Error("the button cannot be seen");
    await page.mouse.move(box.x + 4, box.y + box.height - 2);
    await page.mouse.down();
    // Much longer than a check takes.
    for (let times = 0; times < 5; times++) await page.evaluate(() => fetch("/").then((answer) => answer.text()));
    expect(ran).toEqual([]);
    await page.mouse.up();
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
  });

  it("a field that is left by pressing something else is checked when that is let go", async () => {
    const page = await on.open("/");
    await page.focus(named("email"));
    await page.keyboard.type("ada");
    await page.click("label:has-text('Note')");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    expect(ran).toEqual(["email=ada"]);
  });

  it("a check that is asked again asks about the fields as they are by then", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "slow again");
    await gate.reached("slow again");
    await page.fill(named("name"), "Ada");
    await page.click("text=Send");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    gate.open("slow again");
    await expect.poll(() => ran).toEqual(["email=slow again", "email=slow again"]);
    await gate.reached("slow again");
    gate.open("slow again");
    await settled(page);
    expect(await message(page, "name")).toBe(null);
    expect(await page.inputValue(named("name"))).toBe("Ada");
    expect(await page.getAttribute(named("name"), "value")).toBe("Ada");
  });

  it("after a refusal the field that was left meanwhile is checked", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "ada");
    await settled(page);
    await page.focus(named("land"));
    await page.evaluate(() => {
      const [form, land] = [document.querySelector("form"), document.querySelector("select")];
      if (!form || !land) return;
      land.value = "fr";
      land.dispatchEvent(new Event("change", { bubbles: true }));
      form.requestSubmit();
    });
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await expect.poll(() => page.inputValue(named("city"))).toBe("Paris");
    await settled(page);
    expect(await message(page, "name")).toBe("Two letters at least.");
    expect(await page.inputValue(named("land"))).toBe("fr");
  });
});
