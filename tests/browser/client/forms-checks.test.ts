import { afterEach, describe, expect, it } from "vitest";
import { fillIn, gate, ran, SIGN_UP } from "./forms-sign-up.js";
import { message, named } from "./forms-stage.js";
import { settled, shows, stage } from "./stage.js";

const on = stage(SIGN_UP);

const checksIn = (from: number) => on.app.arrivals.slice(from).filter(({ path }) => path.endsWith("/field_change"));

describe("live checks", () => {
  afterEach(() => {
    ran.length = 0;
  });

  it("a field that was left shows what is wrong with it, and what is right with it", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "ada");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    await fillIn(page, "email", "ada@example.com");
    await expect.poll(() => message(page, "email")).toBe(null);
    expect(await message(page, "name")).toBe(null);
  });

  it("a check knows what the other fields hold", async () => {
    const page = await on.open("/");
    await page.fill(named("note"), "never checked itself");
    await fillIn(page, "name", "Ada");
    await settled(page);
    await page.click("text=Send");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    expect(await page.inputValue(named("note"))).toBe("never checked itself");
    expect(await page.getAttribute(named("note"), "value")).toBe("never checked itself");
  });

  it("a pause and leaving the field behind it ask once", async () => {
    const page = await on.open("/");
    const before = on.app.arrivals.length;
    await page.focus(named("name"));
    await page.keyboard.type("Ada");
    await expect.poll(() => ran).toEqual(["name=Ada"]);
    await page.keyboard.press("Tab");
    await fillIn(page, "email", "ada@example.com");
    await expect.poll(() => ran).toEqual(["name=Ada", "email=ada@example.com"]);
    await settled(page);
    expect(checksIn(before)).toHaveLength(2);
  });

  it("leaving the field while the check of the pause is slow asks once", async () => {
    const page = await on.open("/");
    await page.focus(named("name"));
    await page.keyboard.type("slow twin");
    await gate.reached("slow twin");
    await page.keyboard.press("Tab");
    gate.open("slow twin");
    await settled(page);
    expect(ran).toEqual(["name=slow twin"]);
  });

  it("what was asked before is asked again when it comes back", async () => {
    const page = await on.open("/");
    await fillIn(page, "name", "A");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await fillIn(page, "name", "Ada");
    await expect.poll(() => message(page, "name")).toBe(null);
    await fillIn(page, "name", "A");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await settled(page);
    expect(ran).toEqual(["name=A", "name=Ada", "name=A"]);
  });

  it("the newest answer stands when an older check is slow", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "slow older");
    await gate.reached("slow older");
    await fillIn(page, "email", "ada@example.com");
    await expect.poll(() => ran.length).toBe(2);
    await settled(page);
    gate.open("slow older");
    await fillIn(page, "name", "A");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    expect(await message(page, "email")).toBe(null);
    expect(await page.inputValue(named("email"))).toBe("ada@example.com");
  });

  it("text that goes on being typed stays as it is typed, with the caret where it was", async () => {
    const page = await on.open("/");
    await page.focus(named("email"));
    await page.keyboard.type("slow typist");
    await gate.reached("slow typist");
    await page.keyboard.type("@example.com");
    await page.keyboard.press("Home");
    gate.open("slow typist");
    await expect.poll(() => ran.length).toBe(2);
    await settled(page);
    await page.keyboard.type("very-");
    expect(await page.inputValue(named("email"))).toBe("very-slow typist@example.com");
  });

  it("what was entered elsewhere after the check was sent stays", async () => {
    const page = await on.open("/");
    await page.fill(named("note"), "first");
    await fillIn(page, "email", "slow note");
    await gate.reached("slow note");
    await page.fill(named("note"), "second");
    await page.focus(named("name"));
    gate.open("slow note");
    await expect.poll(() => message(page, "email")).toBe("That is no address.");
    expect(await page.inputValue(named("note"))).toBe("second");
  });

  it("fields that were left one right after the other all show their messages", async () => {
    const page = await on.open("/");
    await fillIn(page, "email", "slow first");
    await gate.reached("slow first");
    await fillIn(page, "name", "A");
    gate.open("slow first");
    await expect.poll(() => message(page, "name")).toBe("Two letters at least.");
    await settled(page);
    expect(await message(page, "email")).toBe("That is no address.");
    expect(await message(page, "name")).toBe("Two letters at least.");
  });

  it("a field that depends on another takes what the other brings", async () => {
    const page = await on.open("/");
    await page.selectOption(named("land"), "fr");
    await expect.poll(() => page.inputValue(named("city"))).toBe("Paris");
  });

  it("only the field that is being checked says so", async () => {
    const page = await on.open("/");
    const says = (field: string) => page.isVisible(`[data-field="${field}"] > [data-field-pending]`);
    expect(await says("email")).toBe(false);
    await fillIn(page, "email", "slow sign");
    await gate.reached("slow sign");
    await expect.poll(() => says("email")).toBe(true);
    expect(await page.textContent('[data-field="email"] > [data-field-pending]')).toBe("Asking …");
    expect(await says("name")).toBe(false);
    gate.open("slow sign");
    await expect.poll(() => says("email")).toBe(false);
    await page.fill(named("email"), "ada@example.com");
    await page.fill(named("name"), "Ada");
    await page.fill(named("note"), "slow note of all");
    await settled(page);
    await page.click("text=Send");
    await gate.reached("slow note of all");
    expect(await page.locator("[data-field-pending]:visible").count()).toBe(0);
    gate.open("slow note of all");
    await shows(page, "output", "1");
  });
});
