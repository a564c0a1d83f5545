import type { Page, Response } from "playwright-core";
import { expect } from "vitest";
import { type Gallery, SOON } from "./gallery.js";

/** What a page shows after an event was answered; the same whether JavaScript brought the answer or not. */
export interface Shown {
  /** Status of the answer. */
  readonly status: number;
  /** Everything to read in the live part, spaces evened out, without what is only there when JavaScript is not. */
  readonly text: string;
  readonly headings: readonly string[];
  /** Messages beside fields, by the full name of the field. */
  readonly messages: Readonly<Record<string, string>>;
  /** Lines of the summary above the fields. */
  readonly summary: readonly string[];
  /**
   * What the fields hold, by name: text, or whether it is ticked, or the value of the radio button that is. Passwords are
   * left out: they stay where the page stays, and no page that comes from the server has them.
   */
  readonly values: Readonly<Record<string, string | boolean>>;
  /** Name of the field with the focus, where one is to be mended. */
  readonly focus: string | null;
}

/** Somebody on one page of the gallery, with JavaScript or without. */
export interface Visitor {
  readonly page: Page;
  readonly hasScripts: boolean;
  /** Does what sends an event, waits until its answer is on the page, and notes what is shown. */
  send(act: () => Promise<unknown>): Promise<Shown>;
}

export interface Comparison {
  /** Text that differs from visit to visit for good reasons, such as numbers of orders. It is left out. */
  readonly apart?: readonly RegExp[];
  /** The live part whose text is compared. Default: all of it. */
  readonly within?: string;
}

function readPage(within: string): Omit<Shown, "status"> {
  const stage = document.querySelector<HTMLElement>(within) as HTMLElement;
  const all = <E extends HTMLElement>(selector: string) => [...stage.querySelectorAll<E>(selector)];
  const text = (element: HTMLElement) => element.innerText.replaceAll(/\s+/g, " ").trim();
  const values: Record<string, string | boolean> = {};
  for (const field of all<HTMLInputElement>("input:not([type=hidden],[type=file],[type=password]),textarea,select")) {
    if (field.type === "radio") values[field.name] = field.checked ? field.value : (values[field.name] ?? "");
    else values[field.name] = field.type === "checkbox" ? field.checked : field.value;
  }
  const focused = document.activeElement as HTMLInputElement | null;
  const replacements = all("noscript").filter((one) => one.getClientRects().length > 0);
  return {
    text: replacements.reduce((all, one) => all.replace(`${text(one)} `, ""), text(stage)),
    headings: all("h2,h3,h4").map(text),
    messages: Object.fromEntries(
      all("[data-field] [data-field-error]").map((one) => [
        one.closest("[data-field]")?.getAttribute("data-field"),
        text(one),
      ]),
    ),
    summary: all("[data-form-errors] :is(p,li)").map(text),
    values,
    focus: focused?.matches('[aria-invalid="true"]') === true ? focused.name : null,
  };
}

/** An event other than a check while the form is filled in, or the page saying which updates it wants. */
function isEvent(response: Response): boolean {
  return response.request().method() === "POST" && !/\/(?:field_change|_live)$/.test(new URL(response.url()).pathname);
}

/** Waits until nothing is on its way and every answer is in the page. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("load");
  await expect.poll(() => page.locator(".htmx-request").count(), SOON).toBe(0);
}

function visitorOn(page: Page, hasScripts: boolean, within: string, seen: Shown[]): Visitor {
  return {
    page,
    hasScripts,
    async send(act) {
      const [answer] = await Promise.all([page.waitForResponse(isEvent), act()]);
      await answer.finished();
      await settled(page);
      const shown = { status: answer.status(), ...(await page.evaluate(readPage, within)) };
      seen.push(shown);
      return shown;
    },
  };
}

/** The same without what differs for good reasons. */
function even(shown: Shown, apart: readonly RegExp[]): Shown {
  const evened = (text: string) => apart.reduce((before, part) => before.replaceAll(part, ""), text);
  return JSON.parse(JSON.stringify(shown), (_key, value) =>
    typeof value === "string" ? evened(value) : value,
  ) as Shown;
}

/** Runs a scenario with JavaScript and without, and expects the same answers and the same page after each event. */
export async function bothWays(
  gallery: Gallery,
  path: string,
  scenario: (visitor: Visitor) => Promise<void>,
  { apart = [], within = ".stage" }: Comparison = {},
): Promise<void> {
  const visits: Shown[][] = [];
  for (const hasScripts of [true, false]) {
    const seen: Shown[] = [];
    const page = await gallery.visit(path, { javaScriptEnabled: hasScripts });
    await scenario(visitorOn(page, hasScripts, within, seen));
    visits.push(seen.map((shown) => even(shown, apart)));
  }
  expect(visits[0]?.length, "a scenario sends at least one event").toBeGreaterThan(0);
  expect(visits[1], "without JavaScript").toEqual(visits[0]);
}
