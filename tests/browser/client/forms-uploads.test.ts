import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormComponent, type UploadedFile } from "hydrant";
import { diskUploadStore } from "hydrant/disk";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { focused, formTemplate, message, named, questions } from "./forms-stage.js";
import { gates, settled, shows, stage } from "./stage.js";

const gate = gates();
const folder = await mkdtemp(join(tmpdir(), "hydrant-uploads-"));
afterAll(() => rm(folder, { recursive: true }));

/** Names of the files each submit was accepted with. */
let accepted: string[][] = [];
let ran: string[] = [];

const schema = z.object({
  title: z.string().min(2, "Two letters at least."),
  photos: z.array(z.custom<UploadedFile>()),
  cover: z.custom<UploadedFile>().optional(),
});

class Album extends FormComponent<typeof schema, { count: number }> {
  static override template = "album";
  static override schema = schema;
  static override uploads = { photos: { maxBytes: 30_000_000, maxFiles: 4 }, cover: { maxBytes: 20_000 } };

  override async mount(params: object) {
    await super.mount(params);
    this.state.count = 0;
  }

  override on_field_change({ field }: { field: string }) {
    ran.push(field);
  }

  override on_submit({ photos, cover }: z.output<typeof schema>) {
    accepted.push([...photos, cover].flatMap((file) => file?.name ?? []));
    this.state.count += 1;
  }
}

const on = stage({
  components: { album: Album },
  templates: {
    album: formTemplate(
      ({ root, state, form, field }) => html`<section ${root()}>
        <output>${state.count}</output>
        <form ${form({ check: true, guard: true })}>
          ${field("title")} ${field("photos")} ${field("cover")}
          <button>Send</button>
        </form>
      </section>`,
    ),
  },
  pages: { "/": ({ component }) => component("album"), "/elsewhere": () => html`<h1>Elsewhere</h1>` },
  before: async (ctx, next) => {
    // Koa would print that a sender left.
    ctx.app.silent = true;
    if (ctx.path.endsWith("/upload")) {
      uploads.push(ctx.req.headers["content-type"] ?? "");
      await gate.pass(held);
    }
    return next();
  },
  server: { uploadStore: diskUploadStore(folder) },
});

/** Types of the uploads that arrived. */
let uploads: string[] = [];
/** Where the server waits before it takes an upload. */
let held = "";

afterEach(() => {
  accepted = [];
  ran = [];
  uploads = [];
  held = "";
});

const PHOTOS = named("photos");
const COVER = named("cover");
const SEND = 'button:text-is("Send")';
const file = (name: string, bytes: number) => ({ name, mimeType: "image/png", buffer: Buffer.alloc(bytes, 1) });
const listed = (page: Page, field = "photos") =>
  page.locator(`[data-field="${field}"] [data-files] a`).allTextContents();
const part = (page: Page, inside: string) => page.locator(`[data-field="photos"] ${inside}`);
const chosen = (page: Page, input: string) =>
  page.$eval(input, (one) => [...((one as HTMLInputElement).files ?? [])].map(({ name }) => name));

/** Everything that lies in the folder of the uploads. */
async function stored(): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}

/** Makes the way up as slow as this. @param bytes a second */
async function slowDown(page: Page, bytes: number) {
  const session = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes };
  await session.send("Network.emulateNetworkConditions", conditions);
  return async () => {
    await session.send("Network.emulateNetworkConditions", { ...conditions, uploadThroughput: -1 });
  };
}

describe("files", () => {
  it("are sent as soon as they are chosen, several at once, and not again with the form", async () => {
    const page = await on.open("/");
    await page.fill(named("title"), "Holidays");
    await page.setInputFiles(PHOTOS, [file("one.png", 1_000), file("two.png", 2_000)]);
    await expect.poll(() => listed(page)).toEqual(["one.png", "two.png"]);
    await settled(page);
    expect(uploads).toHaveLength(1);
    expect(await chosen(page, PHOTOS)).toEqual([]);
    expect(await page.inputValue(named("title"))).toBe("Holidays");
    await page.setInputFiles(PHOTOS, file("three.png", 3_000));
    await expect.poll(() => listed(page)).toEqual(["one.png", "two.png", "three.png"]);
    await page.click(SEND);
    await shows(page, "output", "1");
    expect(accepted).toEqual([["one.png", "two.png", "three.png"]]);
  });

  it("show how much of them is sent, in words a few times only", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      const texts: string[] = [];
      const place = document.querySelector("[data-upload-text]");
      const note = () => place?.textContent && texts.push(place.textContent);
      if (place) new MutationObserver(note).observe(place, { childList: true, characterData: true, subtree: true });
      Object.assign(window, { texts });
    });
    const hurry = await slowDown(page, 4_000_000);
    expect(await part(page, "[data-upload-progress]").isVisible()).toBe(false);
    await page.setInputFiles(PHOTOS, file("photo.png", 4_000_000));
    const percent = () => part(page, "progress").evaluate((one) => (one as HTMLProgressElement).value);
    await expect.poll(percent, { interval: 20, timeout: 5_000 }).toBeGreaterThan(20);
    expect(await part(page, "[data-upload-progress]").isVisible()).toBe(true);
    expect(await part(page, "[data-upload-text]").textContent()).toMatch(/^Sending photo\.png: (20|40|60|80|100) %$/);
    await hurry();
    await expect.poll(() => listed(page)).toEqual(["photo.png"]);
    await expect.poll(() => part(page, "[data-upload-progress]").isVisible()).toBe(false);
    const texts = await page.evaluate(() => (window as unknown as { texts: string[] }).texts);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts[0]).toBe("Sending photo.png: 0 %");
    expect(texts.at(-1)).toBe("Sending photo.png: 100 %");
    expect(texts.length).toBeLessThanOrEqual(6);
  });

  it("are counted in words when there are several", async () => {
    const page = await on.open("/");
    held = "several";
    await page.setInputFiles(PHOTOS, [file("one.png", 10), file("two.png", 10), file("three.png", 10)]);
    await gate.reached("several");
    expect(await part(page, "[data-upload-text]").textContent()).toMatch(/^Sending 3 files: \d+ %$/);
    gate.open("several");
    await expect.poll(() => listed(page)).toHaveLength(3);
  });

  it("that are being sent can be stopped by keyboard, and nothing of them stays behind", async () => {
    const page = await on.open("/");
    const before = await stored();
    await slowDown(page, 1_000_000);
    await page.setInputFiles(PHOTOS, file("huge.png", 9_000_000));
    await expect.poll(stored, { interval: 20, timeout: 5_000 }).toBe(before + 1);
    await part(page, "[data-upload-cancel]").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => part(page, "[data-upload-progress]").isVisible()).toBe(false);
    await expect.poll(stored).toBe(before);
    expect(await focused(page)).toBe("photos");
    expect(await chosen(page, PHOTOS)).toEqual([]);
    expect(await listed(page)).toEqual([]);
    expect(await page.locator("[role=alert]").count()).toBe(0);
    const asked = questions(page, false);
    await page.evaluate(() => location.assign("/elsewhere"));
    await page.waitForSelector("h1");
    expect(asked).toEqual([]);
  });

  it("that wait behind another upload can be stopped too", async () => {
    const page = await on.open("/");
    held = "first";
    await page.setInputFiles(PHOTOS, file("first.png", 10));
    await gate.reached("first");
    held = "";
    await page.setInputFiles(COVER, file("second.png", 10));
    await page.$eval('[data-field="cover"] [data-upload-cancel]', (one) => (one as HTMLElement).click());
    gate.open("first");
    await expect.poll(() => listed(page)).toEqual(["first.png"]);
    await settled(page);
    expect(await listed(page, "cover")).toEqual([]);
    expect(uploads).toHaveLength(1);
    expect(await chosen(page, COVER)).toEqual([]);
  });

  it("go with their own field only, and never with a check", async () => {
    const page = await on.open("/");
    await page.$eval(COVER, (one) => one.removeAttribute("hx-post"));
    await page.setInputFiles(COVER, file("cover.png", 100));
    await page.fill(named("title"), "Holidays");
    await page.press(named("title"), "Tab");
    await expect.poll(() => ran).toEqual(["title"]);
    await page.setInputFiles(PHOTOS, file("photo.png", 100));
    await expect.poll(() => listed(page)).toEqual(["photo.png"]);
    await settled(page);
    expect(await listed(page, "cover")).toEqual([]);
    expect(await chosen(page, COVER)).toEqual(["cover.png"]);
    await page.click(SEND);
    await shows(page, "output", "1");
    expect(accepted).toEqual([["photo.png", "cover.png"]]);
    await expect.poll(() => chosen(page, COVER)).toEqual([]);
  });

  it("on their way do not keep anybody from typing, and checks wait for them", async () => {
    const page = await on.open("/");
    held = "way";
    await page.setInputFiles(PHOTOS, file("photo.png", 100));
    await gate.reached("way");
    await page.fill(named("title"), "H");
    await page.press(named("title"), "Tab");
    await expect.poll(() => page.isVisible('[data-field="title"] [data-field-pending]')).toBe(true);
    expect(ran).toEqual([]);
    gate.open("way");
    await expect.poll(() => listed(page)).toEqual(["photo.png"]);
    await expect.poll(() => message(page, "title")).toBe("Two letters at least.");
    expect(await page.inputValue(named("title"))).toBe("H");
    expect(await listed(page)).toEqual(["photo.png"]);
  });

  it("on their way go before a form that is sent meanwhile, which has them once", async () => {
    const page = await on.open("/");
    await page.fill(named("title"), "Holidays");
    held = "before";
    await page.setInputFiles(PHOTOS, file("photo.png", 100));
    await gate.reached("before");
    await page.press(named("title"), "Enter");
    expect(await page.getAttribute(SEND, "aria-busy")).toBe("true");
    gate.open("before");
    await shows(page, "output", "1");
    expect(accepted).toEqual([["photo.png"]]);
  });

  it("on their way are not left behind without a question", async () => {
    const page = await on.open("/");
    held = "leave";
    await page.setInputFiles(PHOTOS, file("photo.png", 100));
    await gate.reached("leave");
    const asked = questions(page, false);
    await page.evaluate(() => location.assign("/elsewhere"));
    await expect.poll(() => asked).toEqual(["beforeunload"]);
    gate.open("leave");
    await expect.poll(() => listed(page)).toEqual(["photo.png"]);
  });

  it("that did not arrive stay chosen, and go with the form", async () => {
    const page = await on.open("/");
    await page.fill(named("title"), "Holidays");
    await page.route("**/album/upload**", (route) => route.abort(), { times: 1 });
    await page.setInputFiles(PHOTOS, file("photo.png", 100));
    await page.waitForSelector('[data-code="network"]');
    on.complaints.length = 0;
    expect(await part(page, "[data-upload-progress]").isVisible()).toBe(false);
    expect(await chosen(page, PHOTOS)).toEqual(["photo.png"]);
    await page.click(SEND);
    await shows(page, "output", "1");
    expect(accepted).toEqual([["photo.png"]]);
    await expect.poll(() => chosen(page, PHOTOS)).toEqual([]);
  });

  it("may take longer than an answer, as long as something of them moves", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      (window as unknown as { htmx: { config: { defaultTimeout: number } } }).htmx.config.defaultTimeout = 1_500;
    });
    await slowDown(page, 1_000_000);
    await page.setInputFiles(PHOTOS, file("long.png", 3_000_000));
    await expect.poll(() => listed(page), { timeout: 20_000 }).toEqual(["long.png"]);
  });

  it("that nobody takes are given up in time, and the field is as before", async () => {
    const page = await on.open("/");
    await page.evaluate(() => {
      (window as unknown as { htmx: { config: { defaultTimeout: number } } }).htmx.config.defaultTimeout = 300;
    });
    held = "never";
    await page.setInputFiles(PHOTOS, file("photo.png", 100));
    await page.waitForSelector('[data-code="network"]');
    expect(await part(page, "[data-upload-progress]").isVisible()).toBe(false);
    expect(await chosen(page, PHOTOS)).toEqual(["photo.png"]);
    on.complaints.length = 0;
    gate.open("never");
  });
});
