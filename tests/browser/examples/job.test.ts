import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { job } from "../../../examples/job/example.js";
import { JobPanel, jobTopic } from "../../../examples/job/job.js";
import { Jobs } from "../../../examples/job/jobs.js";
import { gate } from "../../support/gate.js";
import { bothWays } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const work = gate();
const jobs = new Jobs(work.pause);

/** Reads the next week when the test lets it. */
class GatedPanel extends JobPanel {
  protected override readonly jobs: Jobs = jobs;
}

const gallery = useGallery([
  {
    ...job,
    components: { job: GatedPanel },
    live: (server) => jobs.onChange((person) => void server.publish(jobTopic(person))),
  },
]);

afterEach(async () => {
  jobs.close();
  await expect.poll(work.waiting, SOON).toBe(0);
  work.hold();
});

const button = (page: Page, name: string) => page.locator(".stage").getByRole("button", { name, exact: true });
const says = (page: Page) => page.locator(".stage [role=status]").innerText();
const progress = (page: Page) =>
  page.getByRole("progressbar", { name: "A year of temperatures" }).evaluate((one: HTMLProgressElement) => one.value);
const weeks = (page: Page) => page.locator(".stage .figures").innerText();

async function start(page: Page): Promise<void> {
  await button(page, "Start").click();
  await expect.poll(() => says(page), SOON).toBe("Reading, week by week.");
}

async function goesOnTo(page: Page, week: number): Promise<void> {
  await expect.poll(() => progress(page), SOON).toBe(week);
  expect(await weeks(page)).toBe(`${week} of 52 weeks`);
}

test("its progress shows as it is made, up to the result, without loading the page anew", async () => {
  const page = await gallery.visit("/job");
  await page.evaluate(() => document.body.setAttribute("data-seen", ""));
  expect([await says(page), await progress(page)]).toEqual(["52 weeks are waiting to be read.", 0]);
  await start(page);
  work.letThrough(1);
  await goesOnTo(page, 1);
  work.letThrough(10);
  await goesOnTo(page, 11);
  work.letThrough(Number.POSITIVE_INFINITY);
  await expect.poll(() => says(page), SOON).toBe("All weeks are read.");
  await goesOnTo(page, 52);
  expect(await page.locator(".stage dd").allInnerTexts()).toEqual([
    expect.stringMatching(/^\d+\.\d °C in week \d+$/),
    expect.stringMatching(/^−\d+\.\d °C in week \d+$/),
    expect.stringMatching(/^\d+\.\d °C$/),
  ]);
  expect(await page.locator("body[data-seen]").count()).toBe(1);
});

test("it goes on while its page is left, and the page is right again on return", async () => {
  const page = await gallery.visit("/job");
  // The page that does not exist is one to go to.
  page.removeAllListeners("console");
  await start(page);
  work.letThrough(2);
  await goesOnTo(page, 2);
  await page.goto("/no-such-page");
  work.letThrough(5);
  await expect.poll(work.waiting, SOON).toBe(1);
  await page.goto("/job");
  await goesOnTo(page, 7);
  work.letThrough(3);
  await goesOnTo(page, 10);
  // Back through the browser's history, where the page may be kept as it was.
  await page.goto("/no-such-page");
  work.letThrough(4);
  await page.goBack();
  await goesOnTo(page, 14);
});

test("a second tab shows the same, and either can cancel", async () => {
  const page = await gallery.visit("/job");
  await start(page);
  work.letThrough(4);
  const second = await page.context().newPage();
  await second.goto("/job");
  await goesOnTo(second, 4);
  work.letThrough(3);
  await Promise.all([goesOnTo(page, 7), goesOnTo(second, 7)]);
  await button(second, "Cancel").click();
  for (const tab of [page, second]) {
    await expect.poll(() => says(tab), SOON).toBe("Cancelled after 7 of 52 weeks.");
  }
  await button(page, "Start again").click();
  for (const tab of [page, second]) await expect.poll(() => says(tab), SOON).toBe("Reading, week by week.");
});

test("nobody else sees it", async () => {
  const page = await gallery.visit("/job");
  const other = await gallery.visit("/job");
  await start(page);
  work.letThrough(3);
  await goesOnTo(page, 3);
  expect([await says(other), await progress(other)]).toEqual(["52 weeks are waiting to be read.", 0]);
});

test("a job that fails says where, and can be started again", async () => {
  const page = await gallery.visit("/job");
  await page.getByLabel("Week 30 is damaged").check();
  await start(page);
  work.letThrough(Number.POSITIVE_INFINITY);
  await expect.poll(() => says(page), SOON).toBe("Week 30 could not be read, so the job ended there.");
  await goesOnTo(page, 29);
  expect(await page.getByLabel("Week 30 is damaged").isChecked()).toBe(false);
  await button(page, "Start again").click();
  await expect.poll(() => says(page), SOON).toBe("All weeks are read.");
});

test("after the connection was cut the page is right again by itself", async () => {
  const page = await gallery.visit("/job");
  page.removeAllListeners("console");
  await start(page);
  work.letThrough(2);
  await goesOnTo(page, 2);
  gallery.cut();
  work.letThrough(6);
  await goesOnTo(page, 8);
});

test("starting and cancelling lead to the same with JavaScript and without", () =>
  bothWays(gallery, "/job", async ({ page, send }) => {
    await page.getByLabel("Week 30 is damaged").check();
    const started = await send(() => button(page, "Start").click());
    expect([started.status, started.text]).toEqual([200, expect.stringContaining("0 of 52 weeks")]);
    const cancelled = await send(() => button(page, "Cancel").click());
    expect(cancelled.text).toContain("0 of 52 weeks");
  }));

test("without JavaScript one looks again, by the page's own link", async () => {
  const page = await gallery.visit("/job", { javaScriptEnabled: false });
  await start(page);
  work.letThrough(9);
  await expect.poll(work.waiting, SOON).toBe(1);
  await page.getByRole("link", { name: "Look again" }).click();
  await goesOnTo(page, 9);
  work.letThrough(Number.POSITIVE_INFINITY);
  await expect
    .poll(async () => {
      await page.getByRole("link", { name: "Look again" }).click();
      return says(page);
    }, SOON)
    .toBe("All weeks are read.");
});

test("the keyboard is enough, and the focus stays on the button that was pressed", async () => {
  const page = await gallery.visit("/job");
  await skipToContent(page);
  await tabTo(page, button(page, "Start"));
  await page.keyboard.press("Enter");
  await expect.poll(() => says(page), SOON).toBe("Reading, week by week.");
  work.letThrough(2);
  await goesOnTo(page, 2);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Start");
  expect(await button(page, "Start").getAttribute("aria-disabled")).toBe("true");
  // Pressed once more it changes nothing.
  await page.keyboard.press("Enter");
  await tabTo(page, button(page, "Cancel"));
  await page.keyboard.press("Space");
  await expect.poll(() => says(page), SOON).toBe("Cancelled after 2 of 52 weeks.");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Cancel");
});

test.each(["light", "dark"] as const)(
  "each of its stages is without faults for people with disabilities in %s colours",
  async (colorScheme) => {
    const page = await gallery.visit("/job", { colorScheme });
    await page.getByLabel("Week 30 is damaged").check();
    await start(page);
    expect(await violations(page)).toEqual([]);
    work.letThrough(Number.POSITIVE_INFINITY);
    await expect.poll(() => says(page), SOON).toMatch(/^Week 30/);
    expect(await violations(page)).toEqual([]);
    await button(page, "Start again").click();
    await expect.poll(() => says(page), SOON).toMatch(/^All weeks/);
    expect(await violations(page)).toEqual([]);
  },
);
