import { Component, type Payload } from "hydrant";
import { z } from "zod";
import { firstLines } from "./first-lines.js";

const SHOWN = 8;
const MOST = 3_000;

const Line = z.object({ text: z.string(), written: z.date() });
const events = {
  write: z.object({
    text: z.string().trim().min(1, "An empty line is not kept.").max(200, "Keep it under 200 characters."),
  }),
  turn: z.object({ to: z.coerce.number().int().min(0) }),
  open_again: null,
};

interface State {
  lines: z.infer<typeof Line>[];
  /** Page that is open; 0 holds the newest lines. */
  page: number;
}

/** A long document. It stays in the server's store; the page carries a sealed reference to it. */
export class Notebook extends Component<State> {
  static override template = "notebook/notebook.njk";
  static override storage = "store" as const;
  static override state = z.object({ lines: z.array(Line), page: z.number().int() });
  static override events = events;

  override mount() {
    this.state = { lines: firstLines(1_500), page: 0 };
  }

  on_write({ text }: Payload<typeof events, "write">) {
    this.state.lines = [{ text, written: new Date() }, ...this.state.lines].slice(0, MOST);
    this.state.page = 0;
  }

  on_turn({ to }: Payload<typeof events, "turn">) {
    this.state.page = Math.min(to, this.#lastPage);
  }

  /** Shows the same notebook in another tab, by a plain form; nothing changes. */
  on_open_again() {}

  override getContext() {
    const { lines, page } = this.state;
    const shown = lines.slice(page * SHOWN, (page + 1) * SHOWN);
    return {
      shown: shown.map(({ text, written }) => ({ text, iso: written.toISOString(), day: DAY.format(written) })),
      pages: this.#lastPage + 1,
      kilobytes: Math.round(JSON.stringify(lines).length / 1000),
    };
  }

  get #lastPage() {
    return Math.max(0, Math.ceil(this.state.lines.length / SHOWN) - 1);
  }
}

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
