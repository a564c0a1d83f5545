import { expect, test } from "vitest";
import { useGallery } from "./gallery.js";

const gallery = useGallery();

test("each counter counts for itself", async () => {
  const page = await gallery.visit("/two-counters");
  const [apples, pears] = [page.locator("#c-apples"), page.locator("#c-pears")];
  await apples.getByRole("button").click();
  await expect.poll(() => apples.locator("output").innerText()).toBe("4");
  expect(await pears.locator("output").innerText()).toBe("10");
  await pears.getByRole("button").click();
  await pears.getByRole("button").click();
  await expect.poll(() => pears.locator("output").innerText()).toBe("12");
  expect(await apples.locator("output").innerText()).toBe("4");
});

test("clicks on both at once end where they should", async () => {
  const page = await gallery.visit("/two-counters");
  await page.evaluate(() => {
    const buttons = document.querySelectorAll<HTMLButtonElement>(".stage button");
    for (let click = 0; click < 5; click++) for (const button of buttons) button.click();
  });
  await expect.poll(() => page.locator("output").allInnerTexts()).toEqual(["8", "15"]);
});

test("two tabs of one visitor do not disturb each other", async () => {
  const first = await gallery.visit("/two-counters");
  const second = await first.context().newPage();
  await second.goto("/two-counters");
  await first.locator("#c-apples").getByRole("button").click();
  await expect.poll(() => first.locator("#c-apples output").innerText()).toBe("4");
  await second.locator("#c-apples").getByRole("button").click();
  await second.locator("#c-apples").getByRole("button").click();
  await expect.poll(() => second.locator("#c-apples output").innerText()).toBe("5");
  expect(await first.locator("#c-apples output").innerText()).toBe("4");
});
