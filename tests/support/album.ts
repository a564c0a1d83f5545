import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "cheerio";
import {
  type ComponentClass,
  FormComponent,
  type FormHelpers,
  HydrantError,
  type UploadedFile,
  type UploadStore,
  type View,
  WizardComponent,
} from "hydrant";
import { diskUploadStore } from "hydrant/disk";
import { html, type TaggedTemplate, taggedRenderer } from "hydrant/tagged";
import { expect, onTestFinished } from "vitest";
import { z } from "zod";
import type { Journal } from "../conformance/fixtures/journal.js";
import { TAGGED } from "../conformance/fixtures/tagged-templates.js";
import { heldIn, koaDoor } from "../conformance/koa-door.js";
import { type Held, type HttpStage, type StageOptions, stageParts } from "../conformance/stage.js";
import { type TestClock, testClock } from "./clock.js";
import { HTMX, type RawAnswer } from "./http.js";
import { type BodyPart, MULTIPART, multipart, photo } from "./multipart.js";

const title = z.string().min(3, "Three letters at least");
const photos = z.array(z.custom<UploadedFile>()).min(1, "Add a photo");
const schema = z.object({ title, photos, note: z.custom<UploadedFile>().optional() });
const uploads = {
  photos: { maxBytes: 5_000_000, maxFiles: 3, types: ["image/png"] },
  note: { maxBytes: 1000 },
};

function albumClass(journal: Journal): ComponentClass {
  return class Album extends FormComponent<typeof schema> {
    static override template = "album";
    static override schema = schema;
    static override uploads = uploads;
    static override events = { tidy: z.object({ photos: z.unknown() }) };

    async on_submit(data: z.output<typeof schema>) {
      journal.ran.push("submit");
      journal.payloads.push(data);
      if (data.title === "Broken") throw new Error("the album is full");
      if (data.title === "Forbidden") throw new HydrantError("forbidden");
      if (data.title === "Refused") throw new HydrantError("invalid", undefined, { fields: { title: ["Taken"] } });
      if (data.title === "Emptied") await this.reset();
    }
    on_tidy() {}
  };
}

const steps = [
  { name: "pictures", title: "Pictures", schema: z.strictObject({ photos }) },
  { name: "title", title: "Title", schema: z.strictObject({ title }) },
] as const;

function bookClass(journal: Journal): ComponentClass {
  return class Book extends WizardComponent<typeof steps> {
    static override template = "book";
    static override steps = steps;
    static override uploads = { photos: uploads.photos };
    on_submit(data: { photos: UploadedFile[]; title: string }) {
      journal.payloads.push(data);
    }
  };
}

type FormView = View & FormHelpers;

const templates: Readonly<Record<string, TaggedTemplate>> = {
  album: (view) => {
    const { root, form, form_errors, field } = view as FormView;
    return html`<section ${root()}><form ${form({ native: false })}>${form_errors()}${field("title")}${field("photos")}${field("note")}<button>Save</button></form></section>`;
  },
  book: (view) => {
    const { root, form, field, step } = view as FormView;
    const { name } = step as { name: string };
    return html`<section ${root()}><h2>${name}</h2><form ${form()}>${field(name === "title" ? "title" : "photos")}<button>Go on</button></form></section>`;
  },
};

/** An application that takes files into a folder of its own. */
export interface AlbumStage extends HttpStage {
  readonly folder: string;
  /** Bytes that the store took so far. */
  readonly taken: () => number;
  /** Names of files in any state. */
  files(): string[];
  /** Sends parts to an event of `album`, as htmx does. */
  post(
    to: Pick<Held, "component" | "state">,
    event: string,
    parts: readonly BodyPart[],
    headers?: object,
  ): Promise<RawAnswer>;
}

/** The same store, and how many bytes it was given. */
function counted(store: UploadStore): { readonly store: UploadStore; readonly taken: () => number } {
  let bytes = 0;
  async function* counting(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return {
    store: { ...store, write: (key, source, ttlMs) => store.write(key, counting(source), ttlMs) },
    taken: () => bytes,
  };
}

/** Open until the test ends. */
export async function openAlbum(options: StageOptions & { readonly folder?: string } = {}): Promise<AlbumStage> {
  const { folder = mkdtempSync(join(tmpdir(), "album-")), ...more } = options;
  const clock: TestClock = testClock();
  const { store, taken } = counted(diskUploadStore(folder, { now: clock.now }));
  const settings: StageOptions = {
    also: (journal) => ({ album: albumClass(journal), book: bookClass(journal) }),
    uploadStore: store,
    clock,
    ...more,
  };
  const renderer = taggedRenderer({ ...TAGGED, templates: { ...TAGGED.templates, ...templates } });
  const stage = await koaDoor.open(stageParts(renderer, settings), settings);
  onTestFinished(async () => {
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...stage,
    folder,
    taken,
    files: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name, parentPath }) => join(parentPath, name).slice(folder.length + 1)),
    post: ({ component, state }, event, parts, headers = {}) =>
      stage.http.request({
        method: "POST",
        path: `${stage.prefix}/${component}/${event}`,
        headers: { "x-user": "ann", ...HTMX, ...MULTIPART, ...headers },
        body: multipart([...parts, { name: "state", value: state }]),
      }),
  };
}

/** A file as the form lists it. */
interface ListedFile {
  readonly name: string;
  readonly key: string;
  /** Where it can be fetched. */
  readonly url: string;
}

export function filesListed(page: string): ListedFile[] {
  const $ = load(page);
  return $("[data-files] > li")
    .toArray()
    .map((item) => {
      const link = $(item).find("a");
      return { name: link.text(), key: $(item).attr("data-key") ?? "", url: link.attr("href") ?? "" };
    });
}

/** The code of a failure as htmx is told of it. */
export function codeOf({ body }: RawAnswer): string | undefined {
  return /data-code="(\w+)"/.exec(body)?.[1];
}

/** The form as an answer shows it. */
export function held(answer: RawAnswer, component = "album"): Held {
  return heldIn(answer.body, component);
}

/** An album with files in it that was not sent yet. */
export async function withPhoto(stage: AlbumStage, ...parts: readonly BodyPart[]): Promise<Held> {
  const answer = await stage.post(await stage.mount("album"), "upload", parts.length > 0 ? parts : [photo()]);
  expect(answer.status).toBe(200);
  return held(answer);
}
