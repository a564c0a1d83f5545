import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** More than any page of the gallery has. */
const MOST_STOPS = 80;

/** Goes past the navigation, as the first key on a page offers. */
export async function skipToContent(page: Page): Promise<void> {
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
}

/** Presses Tab until the element has the focus. */
export async function tabTo(page: Page, element: Locator): Promise<void> {
  const isFocused = () => element.evaluate((one) => one === document.activeElement);
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    await page.keyboard.press("Tab");
    if (await isFocused()) return;
  }
  expect.fail(`Tab does not lead to ${element}`);
}

/** Goes to a field by Tab and types. */
export async function tabAndType(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label));
  await page.keyboard.type(text);
}
