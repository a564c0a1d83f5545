import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { bothWays, settled } from "./both-ways.js";
import { SOON, useGallery } from "./gallery.js";
import { skipToContent, tabAndType, tabTo } from "./keyboard.js";
import { violations } from "./violations.js";

const gallery = useGallery();

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const picture = (name: string, bytes = 1_200) => ({
  name,
  mimeType: "image/png",
  buffer: Buffer.concat([Buffer.from(PNG_SIGNATURE), Buffer.alloc(bytes - PNG_SIGNATURE.length, 7)]),
});
const HARBOUR = picture("harbour & <pier>.png");
const PLAN = { name: "plan.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7 a plan") };

const stage = (page: Page) => page.locator(".stage");
const title = (page: Page) => stage(page).getByLabel("Title");
const send = (page: Page) => stage(page).getByRole("button", { name: "Send" });
const waiting = (page: Page) => stage(page).locator("[data-files] a");
const sent = (page: Page) => stage(page).locator("ol a");

/** Chooses files; with JavaScript they are on the server then, without they go with the form. */
async function choose(page: Page, hasScripts: boolean, files: readonly (typeof PLAN)[]): Promise<void> {
  const before = hasScripts ? await waiting(page).count() : 0;
  await stage(page)
    .getByLabel("Files")
    .setInputFiles([...files]);
  if (!hasScripts) return;
  await expect.poll(() => waiting(page).count(), SOON).toBe(before + files.length);
  await settled(page);
}

/** Sends two files with a title. */
async function sendParcel(page: Page, hasScripts: boolean): Promise<void> {
  await choose(page, hasScripts, [HARBOUR, PLAN]);
  await title(page).fill("Harbour");
  await send(page).click();
  await expect.poll(() => sent(page).allInnerTexts(), SOON).toEqual([HARBOUR.name, PLAN.name]);
  await settled(page);
}

test("a title that is missing leaves the files where they are, and then all of it is sent", () =>
  bothWays(gallery, "/file-drop", async ({ page, hasScripts, send: sends }) => {
    await choose(page, hasScripts, [HARBOUR, PLAN]);
    const refused = await sends(() => send(page).click());
    expect([refused.status, refused.messages, refused.focus]).toEqual([
      422,
      { title: "Say what you are sending." },
      "title",
    ]);
    expect(await waiting(page).allInnerTexts()).toEqual([HARBOUR.name, PLAN.name]);
    await title(page).fill("Harbour & <plan>");
    const accepted = await sends(() => send(page).click());
    expect([accepted.status, accepted.headings]).toEqual([200, ["Sent", "Harbour & <plan>"]]);
    expect(accepted.text).toContain("harbour & <pier>.png 1 kB Remove plan.pdf 15 bytes Remove");
    expect(accepted.values).toEqual({ title: "" });
    expect(await waiting(page).count()).toBe(0);
  }));

test("nothing chosen is refused at the field", () =>
  bothWays(gallery, "/file-drop", async ({ page, send: sends }) => {
    await title(page).fill("Nothing");
    const shown = await sends(() => send(page).click());
    expect([shown.status, shown.messages]).toEqual([422, { files: "Choose a file, or drop one here." }]);
    expect(shown.values).toEqual({ title: "Nothing" });
  }));

test.each([true, false])(
  "a file is taken back before the rest is sent, and another one added, JavaScript: %s",
  async (javaScriptEnabled) => {
    const page = await gallery.visit("/file-drop", { javaScriptEnabled });
    await choose(page, javaScriptEnabled, [HARBOUR, PLAN]);
    await send(page).click();
    await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(1);
    await stage(page)
      .getByRole("button", { name: `Remove ${HARBOUR.name}` })
      .click();
    await expect.poll(() => waiting(page).allInnerTexts(), SOON).toEqual([PLAN.name]);
    await settled(page);
    await choose(page, javaScriptEnabled, [picture("later.png")]);
    await title(page).fill("Two");
    await send(page).click();
    await expect.poll(() => sent(page).allInnerTexts(), SOON).toEqual([PLAN.name, "later.png"]);
  },
);

test.each([true, false])(
  "what was sent is downloaded byte by byte, by its sender only, until it is removed, JavaScript: %s",
  async (javaScriptEnabled) => {
    const page = await gallery.visit("/file-drop", { javaScriptEnabled });
    await sendParcel(page, javaScriptEnabled);
    const [harbour = "", plan = ""] = await sent(page).evaluateAll((links) =>
      links.map((link) => link.getAttribute("href") ?? ""),
    );
    const answer = await page.request.get(plan);
    expect([answer.status(), await answer.body()]).toEqual([200, PLAN.buffer]);
    expect(answer.headers()["content-disposition"]).toMatch(/^attachment; .*plan\.pdf$/);
    const [download] = await Promise.all([page.waitForEvent("download"), sent(page).first().click()]);
    expect(download.suggestedFilename()).toMatch(/^harbour.*\.png$/);
    const other = await gallery.visit("/file-drop");
    expect((await other.request.get(plan)).status()).toBe(400);
    for (const { name } of [HARBOUR, PLAN]) {
      await stage(page)
        .getByRole("button", { name: `Remove ${name}` })
        .click();
      await expect.poll(() => sent(page).getByText(name).count(), SOON).toBe(0);
      await settled(page);
    }
    expect(await stage(page).getByText("Sent").count()).toBe(0);
    expect((await page.request.get(harbour)).status()).toBe(404);
  },
);

test("parcels stand one below the other, the newest first", () =>
  bothWays(gallery, "/file-drop", async ({ page, hasScripts, send: sends }) => {
    for (const name of ["one.png", "two.png"]) {
      await choose(page, hasScripts, [picture(name)]);
      await title(page).fill(name);
      await sends(() => send(page).click());
    }
    expect(await sent(page).allInnerTexts()).toEqual(["two.png", "one.png"]);
  }));

/** Drops files on the field, as a person drags them in from elsewhere. */
async function drop(
  page: Page,
  files: readonly (readonly [name: string, type: string, text: string])[],
): Promise<void> {
  await page.locator("[data-drop]").evaluate((place, dropped) => {
    const dataTransfer = new DataTransfer();
    for (const [name, type, text] of dropped) dataTransfer.items.add(new File([text], name, { type }));
    for (const kind of ["dragover", "drop"]) {
      place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer }));
    }
  }, files);
}

test("several files that are dropped at once are sent, listed and downloaded", async () => {
  const page = await gallery.visit("/file-drop");
  await drop(page, [
    ["plan.pdf", "application/pdf", "%PDF-1.7 dropped"],
    ["other.pdf", "application/pdf", "%PDF-1.7 the other"],
  ]);
  await expect.poll(() => waiting(page).allInnerTexts(), SOON).toEqual(["plan.pdf", "other.pdf"]);
  await settled(page);
  await title(page).fill("Dropped");
  await send(page).click();
  await expect.poll(() => sent(page).allInnerTexts(), SOON).toEqual(["plan.pdf", "other.pdf"]);
  const href = (await sent(page).last().getAttribute("href")) ?? "";
  expect(await (await page.request.get(href)).text()).toBe("%PDF-1.7 the other");
});

test("a fifth file is one too many, and one that goes makes room", async () => {
  const page = await gallery.visit("/file-drop");
  await choose(page, true, [picture("1.png"), picture("2.png"), picture("3.png"), picture("4.png")]);
  await stage(page)
    .getByLabel("Files")
    .setInputFiles([picture("5.png")]);
  await stage(page).getByText("At most 4 files.", { exact: true }).waitFor();
  await settled(page);
  await title(page).fill("Four");
  await stage(page).getByRole("button", { name: "Remove 1.png" }).click();
  await expect.poll(() => waiting(page).count(), SOON).toBe(4);
  await settled(page);
  await send(page).click();
  await expect.poll(() => sent(page).allInnerTexts(), SOON).toEqual(["2.png", "3.png", "4.png", "5.png"]);
});

test("while a file is on its way the page says how much of it is sent, and it can be stopped", async () => {
  const page = await gallery.visit("/file-drop");
  const session = await page.context().newCDPSession(page);
  const limit = (uploadThroughput: number) =>
    session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  await limit(200_000);
  await title(page).fill("Large");
  await stage(page)
    .getByLabel("Files")
    .setInputFiles([picture("large.png", 4_000_000)]);
  await stage(page)
    .getByText(/^Sending large\.png: \d+ %$/)
    .waitFor();
  expect(await stage(page).getByRole("progressbar").isVisible()).toBe(true);
  await stage(page).getByRole("button", { name: "Cancel" }).click();
  await expect.poll(() => stage(page).getByRole("progressbar").isVisible(), SOON).toBe(false);
  await limit(-1);
  expect(await waiting(page).count()).toBe(0);
  await choose(page, true, [PLAN]);
  await send(page).click();
  await expect.poll(() => sent(page).allInnerTexts(), SOON).toEqual([PLAN.name]);
});

const TEXT = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("These are notes, and no picture.") };
const LARGE = picture("large.png", 5_000_001);

test.each([
  ["a text that calls itself a picture", TEXT, "This file cannot be taken. Send one of: image/*, application/pdf."],
  ["a file that is too large", LARGE, "A file may have 5 MB at most."],
])("%s is refused, and what is there stays", async (_what, file, message) => {
  const page = await gallery.visit("/file-drop");
  page.removeAllListeners("console");
  await title(page).fill("Typed already");
  await choose(page, true, [PLAN]);
  await stage(page).getByLabel("Files").setInputFiles([file]);
  await stage(page).getByText(message).waitFor();
  expect(await waiting(page).allInnerTexts()).toEqual([PLAN.name]);
  expect(await title(page).inputValue()).toBe("Typed already");
  await send(page).click();
  await expect.poll(() => sent(page).allInnerTexts(), SOON).toEqual([PLAN.name]);

  const plain = await gallery.visit("/file-drop", { javaScriptEnabled: false });
  plain.removeAllListeners("console");
  await title(plain).fill("Typed already");
  await stage(plain).getByLabel("Files").setInputFiles([file]);
  await send(plain).click();
  await plain.getByRole("heading", { name: message }).waitFor();
  await plain.goBack();
  expect(await title(plain).inputValue()).toBe("Typed already");
});

test("the keyboard is enough", async () => {
  for (const hasScripts of [true, false]) {
    const page = await gallery.visit("/file-drop", { javaScriptEnabled: hasScripts });
    // Asked for early: the browser has to be told before it would open a dialog of its own.
    const chooser = page.waitForEvent("filechooser");
    await skipToContent(page);
    await tabAndType(page, "Title", "Harbour");
    await tabTo(page, stage(page).getByLabel("Files"));
    await page.keyboard.press("Enter");
    await (await chooser).setFiles([PLAN]);
    if (hasScripts) await expect.poll(() => waiting(page).count(), SOON).toBe(1);
    await settled(page);
    await tabTo(page, send(page));
    await page.keyboard.press("Enter");
    await expect.poll(() => sent(page).allInnerTexts(), SOON).toEqual([PLAN.name]);
    await settled(page);
    await tabTo(page, stage(page).getByRole("button", { name: `Remove ${PLAN.name}` }));
    await page.keyboard.press("Enter");
    await expect.poll(() => sent(page).count(), SOON).toBe(0);
  }
});

test.each(["light", "dark"] as const)(
  "messages, files on the server and files that were sent are without faults for people with disabilities in %s colours",
  async (colorScheme) => {
    const page = await gallery.visit("/file-drop", { colorScheme });
    await send(page).click();
    await expect.poll(() => page.locator("[data-field-error]").count(), SOON).toBe(2);
    expect(await violations(page)).toEqual([]);
    await choose(page, true, [HARBOUR, PLAN]);
    expect(await violations(page)).toEqual([]);
    await title(page).fill("Harbour");
    await send(page).click();
    await expect.poll(() => sent(page).count(), SOON).toBe(2);
    expect(await violations(page)).toEqual([]);
  },
);
