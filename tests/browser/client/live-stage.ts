import { Component, HydrantError } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { z } from "zod";
import type { LiveApp } from "../../support/live-app.js";
import { template } from "../../support/live-app.js";
import type { Gates } from "./stage.js";

/** What all boards show. */
export interface Shared {
  news: string;
  items: string[];
  note: string;
  /** Topic of the boards that may not be seen. */
  secret: string;
}

export const shared: Shared = { news: "", items: [], note: "", secret: "" };

const events = {
  /** Waits at a gate while it is carried out, or once it was. */
  add: z.object({ before: z.string().default(""), after: z.string().default("") }),
  nothing: z.object({ before: z.string().default("") }),
  fail: null,
  drop: null,
};

/** Shows what is shared, and what is its own. */
export function board(gate: Gates) {
  return class Board extends Component<{ count: number; heard: number }, { topic: string }> {
    static override template = "board";
    static override params = z.object({ topic: z.string().default("board") });
    static override events = events;
    static override topics = ({ params }: { params: { topic: string } }) => [params.topic];
    news = "";

    override mount() {
      this.state = { count: 0, heard: 0 };
    }

    async on_add({ before, after }: z.output<typeof events.add>) {
      await gate.pass(before);
      this.state.count += 1;
      this.news = shared.news;
      await gate.pass(after);
    }

    async on_nothing({ before }: z.output<typeof events.nothing>) {
      await gate.pass(before);
      this.unchanged();
    }

    on_fail() {
      throw new HydrantError("forbidden");
    }

    on_drop() {
      this.remove();
    }

    override changed(change: unknown) {
      if (typeof change === "number") this.state.heard += change;
      else if (change !== undefined) this.state.heard = (change as { heard: number }).heard;
    }

    override beforeRender() {
      if (shared.secret === this.params.topic) throw new HydrantError("forbidden");
      this.news ||= shared.news;
    }

    override getContext() {
      return { news: this.news, items: shared.items, note: shared.note };
    }
  };
}

/** Does not listen to anything. */
export class Quiet extends Component<{ count: number }> {
  static override template = "quiet";
  static override events = { add: null };

  override mount() {
    this.state = { count: 0 };
  }

  on_add() {
    this.state.count += 1;
  }
}

interface BoardView {
  readonly count: number;
  readonly heard: number;
}

export const templates = {
  board: template<BoardView>((view) => {
    const { state, root, on: send, component, appends, news, items, note } = view;
    return html`<section ${root()}>
      <p class="news">${news}</p>
      <output class="count">${state.count}</output><output class="heard">${state.heard}</output>
      <button class="add" ${send("add")}>Add</button>
      <button class="slow" ${send("add", { before: "slow" })}>Slow</button>
      <button class="late" ${send("add", { after: "late" })}>Late</button>
      <button class="nothing" ${send("nothing", { before: "nothing" })}>Nothing</button>
      <button class="fail" ${send("fail")}>Fail</button>
      <button class="drop" ${send("drop")}>Drop</button>
      <input class="note" name="note" aria-label="Note" value="${String(note)}">
      <textarea class="text" name="text" aria-label="Text">${String(note)}</textarea>
      <input class="tick" type="checkbox" name="tick" aria-label="Tick">
      <details><summary>More</summary>${news}</details>
      <ul class="items" tabindex="0" ${appends("items")}>${(items as string[]).map((item) => html`<li>${item}</li>`)}</ul>
      ${component("quiet", { key: "child" })}
    </section>`;
  }),
  quiet: template<{ count: number }>(
    ({ state, root, on: send }) =>
      html`<article class="quiet" ${root()}><b>${state.count}</b><button class="more" ${send("add")}>+</button><input class="own" name="own" aria-label="Own"></article>`,
  ),
};

/** What a page says of its connection. */
export const stateOf = (page: Page) => page.getAttribute("html", "data-live");

export async function current(...pages: readonly Page[]): Promise<void> {
  for (const page of pages) await expect.poll(() => stateOf(page), { timeout: 5_000, interval: 20 }).toBe("current");
}

/** How many requests like this came since it was asked last. */
export function counter(app: () => LiveApp, what: RegExp): () => number {
  const all = () => app().arrivals.filter(({ method, url }) => what.test(`${method} ${url}`)).length;
  let seen = 0;
  return () => {
    const now = all();
    const since = now - seen;
    seen = now;
    return since;
  };
}

/** Notes what comes through the connection of the page's browser from now on. */
export async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const words: unknown[] = [];
    Object.assign(window, { words });
    new BroadcastChannel("/components/_live").onmessage = ({ data }) => words.push(data);
  });
}

/** How many messages came for pages since then. */
export const messages = (page: Page) =>
  page.evaluate(
    () => (window as unknown as { words: { say: string }[] }).words.filter(({ say }) => say === "page").length,
  );
