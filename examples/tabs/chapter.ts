import { setTimeout as wait } from "node:timers/promises";
import { Component, type Payload } from "hydrant";
import { z } from "zod";
import { CHAPTER_NAMES, CHAPTERS } from "./atlas.js";

const params = z.object({ name: z.enum(CHAPTER_NAMES) });
const events = { sort: z.object({ by: z.enum(["name", "size"]) }) };

/** The content of one tab. It is mounted when the browser asks for it, so the page never waits for it. */
export class ChapterTable extends Component<{ by: "name" | "size" }, z.infer<typeof params>> {
  static override template = "tabs/chapter.njk";
  static override params = params;
  static override state = z.object({ by: z.enum(["name", "size"]) });
  static override events = events;

  override async mount() {
    await wait(300, undefined, { signal: this.signal });
    this.state = { by: "size" };
  }

  on_sort({ by }: Payload<typeof events, "sort">) {
    this.state.by = by;
  }

  override getContext() {
    const chapter = CHAPTERS.find(({ name }) => name === this.params.name);
    const rows = [...(chapter?.rows ?? [])];
    rows.sort(([nameA, sizeA], [nameB, sizeB]) =>
      this.state.by === "name" ? nameA.localeCompare(nameB, "en") : sizeB - sizeA,
    );
    return { chapter, rows: rows.map(([name, size]) => ({ name, size: size.toLocaleString("en") })) };
  }
}
