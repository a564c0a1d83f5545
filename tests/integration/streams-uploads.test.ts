import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ComponentClass, FormComponent, type FormHelpers, type UploadedFile, type View } from "hydrant";
import { diskUploadStore } from "hydrant/disk";
import { html, taggedRenderer } from "hydrant/tagged";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { TAGGED } from "../conformance/fixtures/tagged-templates.js";
import { from, koaDoor } from "../conformance/koa-door.js";
import { type StageOptions, stageParts } from "../conformance/stage.js";
import { openEvents } from "../support/event-stream.js";
import { HTMX } from "../support/http.js";
import { MULTIPART, multipart, photo, png } from "../support/multipart.js";

const schema = z.object({ photos: z.array(z.custom<UploadedFile>()).min(1, "Add a photo") });

type Work = (state: { seen: number[] }, filesThere: () => number) => AsyncGenerator<void, void>;

/** A form that works through its files and shows how far it is: when it is sent, and on an event of its own. */
function scannerClass(work: Work, filesThere: () => number): ComponentClass {
  return class Scanner extends FormComponent<typeof schema, { seen: number[] }> {
    static override template = "scanner";
    static override schema = schema;
    static override uploads = { photos: { maxBytes: 5_000_000, maxFiles: 3 } };
    static override events = { scan: z.object({ photos: z.unknown() }) };
    override async mount(params: object) {
      await super.mount(params);
      this.state.seen = [];
    }
    // What a handler that yields gives back is for the server alone.
    override on_submit(): never {
      return work(this.state, filesThere) as never;
    }
    on_scan() {
      return work(this.state, filesThere);
    }
  };
}

async function openScanner(work: Work) {
  const folder = mkdtempSync(join(tmpdir(), "scanner-"));
  const uploadStore = diskUploadStore(folder);
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  const options: StageOptions = {
    components: { scanner: scannerClass(work, files) },
    uploadStore,
  };
  const templates = {
    ...TAGGED.templates,
    scanner: (view: View) => {
      const { root, form, field, state } = view as View & FormHelpers;
      return html`<section ${root()}><output>${(state as { seen: number[] }).seen.length}</output><form ${form()}>${field("photos")}<button>Send</button></form></section>`;
    },
  };
  const stage = await koaDoor.open(stageParts(taggedRenderer({ ...TAGGED, templates }), options), options);
  onTestFinished(async () => {
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const send = async (event: string) => {
    const { state } = await stage.mount("scanner");
    const parts = [photo(png(100), "a.png"), photo(png(200), "b.png"), { name: "state", value: state }];
    const body = multipart(parts);
    return openEvents(stage.http.port, {
      path: `${stage.prefix}/scanner/${event}`,
      headers: { ...from("ann"), ...HTMX, ...MULTIPART, Accept: "text/html, text/event-stream" },
      body,
    });
  };
  return { stage, files, send };
}

describe("a form with files whose handler yields", () => {
  it("streams when it is sent, and its files are there while it works and kept when it has", async () => {
    let there = 0;
    const { files, send, stage } = await openScanner(async function* (state, filesThere) {
      there = filesThere();
      for (let n = 1; n <= 2; n++) {
        state.seen.push(n);
        yield;
      }
    });
    const answer = await send("submit");
    await answer.body;
    const shown = answer.events.map(({ event, data }) => event ?? /<output>(\d)</.exec(data)?.[1]);
    expect(shown).toEqual(["1", "2", "2", "component:done"]);
    expect(there).toBeGreaterThan(0);
    expect(files()).toBeGreaterThan(0);
    expect(stage.log.at("error")).toEqual([]);
  });

  it("is answered as ever where its payload is refused, and keeps nothing", async () => {
    const { stage } = await openScanner(async function* () {
      yield;
    });
    const { state } = await stage.mount("scanner");
    const answer = await openEvents(stage.http.port, {
      path: `${stage.prefix}/scanner/submit`,
      headers: { ...from("ann"), ...HTMX, ...MULTIPART, Accept: "text/html, text/event-stream" },
      body: multipart([{ name: "state", value: state }]),
    });
    expect([answer.status, (await answer.body).includes("Add a photo")]).toEqual([422, true]);
  });

  it("finds the files of an event of its own while it works on them", async () => {
    const there: number[] = [];
    const { send } = await openScanner(async function* (_state, filesThere) {
      there.push(filesThere());
      yield;
      there.push(filesThere());
    });
    const answer = await send("scan");
    await answer.body;
    expect([answer.status, answer.events.at(-1)?.event]).toEqual([200, "component:done"]);
    expect([there.length, there.every((count) => count > 0)]).toEqual([2, true]);
  });
});
