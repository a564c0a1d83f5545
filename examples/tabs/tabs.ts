import { Component, type Payload } from "hydrant";
import { z } from "zod";
import { CHAPTER_NAMES, CHAPTERS } from "./atlas.js";

const chapter = z.enum(CHAPTER_NAMES);
const params = z.object({ chapter: chapter.catch("rivers"), here: z.string() });
const events = { open: z.object({ chapter }) };

interface State {
  open: string;
  /** Chapters that were opened so far; a panel that was loaded stays. */
  opened: string[];
}

export class Tabs extends Component<State, z.infer<typeof params>> {
  static override template = "tabs/tabs.njk";
  static override params = params;
  static override state = z.object({ open: chapter, opened: z.array(chapter) });
  static override events = events;

  override mount({ chapter }: z.infer<typeof params>) {
    this.state = { open: chapter, opened: [chapter] };
  }

  on_open({ chapter }: Payload<typeof events, "open">) {
    this.state.open = chapter;
    if (!this.state.opened.includes(chapter)) this.state.opened.push(chapter);
  }

  override getContext() {
    return { chapters: CHAPTERS };
  }
}
