import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormComponent, type UploadedFile } from "hydrant";
import { diskUploadStore } from "hydrant/disk";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { formTemplate, message, named } from "./forms-stage.js";
import { stage } from "./stage.js";

const folder = await mkdtemp(join(tmpdir(), "hydrant-drops-"));
afterAll(() => rm(folder, { recursive: true }));

const schema = z.object({
  photos: z.array(z.custom<UploadedFile>()),
  cover: z.custom<UploadedFile>().optional(),
});

class Album extends FormComponent<typeof schema> {
  static override template = "album";
  static override schema = schema;
  static override uploads = { photos: { maxBytes: 1_000, maxFiles: 4 }, cover: { maxBytes: 1_000 } };

  override on_submit() {}
}

/** Uploads that arrived. */
let uploads = 0;
afterEach(() => {
  uploads = 0;
});

const on = stage({
  components: { album: Album },
  templates: {
    album: formTemplate(
      ({ root, form, field }) =>
        html`<section ${root()}><form ${form()}>${field("photos")} ${field("cover")}</form></section>`,
    ),
  },
  pages: { "/": ({ component }) => component("album") },
  before: (ctx, next) => {
    if (ctx.path.endsWith("/upload")) uploads += 1;
    return next();
  },
  server: { uploadStore: diskUploadStore(folder) },
});

const listed = (page: Page, field = "photos") =>
  page.locator(`[data-field="${field}"] [data-files] a`).allTextContents();

const PHOTOS = named("photos");
const COVER = named("cover");
const file = (name: string, bytes: number) => ({ name, mimeType: "image/png", buffer: Buffer.alloc(bytes, 1) });
const chosen = (page: Page, input: string) =>
  page.$eval(input, (one) => [...((one as HTMLInputElement).files ?? [])].map(({ name }) => name));

describe("files", () => {
  it("that are too large are not sent, and the field says so as the server would", async () => {
    const page = await on.open("/");
    await page.setInputFiles(COVER, file("large.png", 1_001));
    await expect.poll(() => message(page, "cover")).toBe("A file may have 1 kB at most.");
    expect(await page.getAttribute('[data-field="cover"]', "data-invalid")).toBe("");
    expect(await page.getAttribute(COVER, "aria-invalid")).toBe("true");
    const described = (await page.getAttribute(COVER, "aria-describedby")) ?? "";
    expect(await page.textContent(`#${described}`)).toBe("A file may have 1 kB at most.");
    expect(await chosen(page, COVER)).toEqual([]);
    expect(uploads).toBe(0);
    await page.setInputFiles(COVER, file("small.png", 1_000));
    await expect.poll(() => listed(page, "cover")).toEqual(["small.png"]);
    expect(await message(page, "cover")).toBe(null);
    expect(await page.getAttribute(COVER, "aria-invalid")).toBe(null);
  });

  it("of which one is too large say which", async () => {
    const page = await on.open("/");
    await page.$eval(PHOTOS, (one) => one.setAttribute("data-max-bytes", "1500"));
    await page.setInputFiles(PHOTOS, [file("one.png", 1_000), file("two.png", 2_000)]);
    await expect.poll(() => message(page, "photos")).toBe("two.png: A file may have 2 kB at most.");
    expect(uploads).toBe(0);
  });
});

describe("files that are dropped on a field", () => {
  /** Drags files over a field, as the browser tells it. */
  async function drag(page: Page, type: string, names: readonly string[], field = "photos") {
    await page.$eval(
      `[data-field="${field}"]`,
      (place, { type: kind, names: all }) => {
        const dataTransfer = new DataTransfer();
        for (const name of all) dataTransfer.items.add(new File(["bytes"], name, { type: "image/png" }));
        place.firstElementChild?.dispatchEvent(
          new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true, relatedTarget: document.body }),
        );
      },
      { type, names },
    );
  }
  const isOver = (page: Page) => page.$eval('[data-field="photos"]', (place) => place.hasAttribute("data-over"));

  it("are sent like files that are chosen", async () => {
    const page = await on.open("/");
    await drag(page, "dragover", ["one.png", "two.png"]);
    expect(await isOver(page)).toBe(true);
    await drag(page, "drop", ["one.png", "two.png"]);
    expect(await isOver(page)).toBe(false);
    await expect.poll(() => listed(page)).toEqual(["one.png", "two.png"]);
    expect(uploads).toBe(1);
  });

  it("are not sent when they are dragged on", async () => {
    const page = await on.open("/");
    await drag(page, "dragover", ["one.png"]);
    await drag(page, "dragleave", ["one.png"]);
    expect(await isOver(page)).toBe(false);
    expect(uploads).toBe(0);
  });

  it("are one for a field that takes one, and none are marked that are no files", async () => {
    const page = await on.open("/");
    await drag(page, "dragover", []);
    expect(await isOver(page)).toBe(false);
    await drag(page, "drop", ["one.png", "two.png"], "cover");
    await expect.poll(() => listed(page, "cover")).toEqual(["one.png"]);
  });
});
