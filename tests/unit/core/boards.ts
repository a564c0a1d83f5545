import { load } from "cheerio";
import { z } from "zod";
import { html, taggedRenderer } from "../../../src/adapters/tagged/index.js";
import {
  Component,
  type ComponentClass,
  type ComponentServer,
  compose,
  createComponentServer,
  type View,
} from "../../../src/core/index.js";

export const caller = { user: { id: 7 }, session: null };

export class Counter extends Component<{ count: number }, { start: number }> {
  static override readonly template = "counter";
  static override readonly params = z.object({ start: z.coerce.number().default(0) });
  static override readonly events = { add: null };
  override mount({ start }: { start: number }) {
    this.state = { count: start };
  }
  on_add() {
    this.state.count++;
  }
}

export class Card extends Component<{ folded: boolean }, { title: string }> {
  static override readonly template = "card";
  static override readonly params = z.object({ title: z.string() });
  static override readonly slots = ["default", "footer"];
  static override readonly events = { fold: null };
  override mount() {
    this.state = { folded: false };
  }
  on_fold() {
    this.state.folded = !this.state.folded;
  }
}

/** A board of counters in a card, with a button of its own in the card's footer. */
export class Board extends Component<{ keys: string[]; note: string }> {
  static override readonly template = "board";
  static override readonly events = {
    add: null,
    drop: z.object({ key: z.string() }),
    write: z.object({ note: z.string() }),
  };
  override mount() {
    this.state = { keys: ["a", "b"], note: "first" };
  }
  on_add() {
    this.state.keys.push(`k${this.state.keys.length}`);
  }
  on_drop({ key }: { key: string }) {
    this.state.keys = this.state.keys.filter((one) => one !== key);
  }
  on_write({ note }: { note: string }) {
    this.state.note = note;
  }
}

export class Composer extends Component<{ count: number }> {
  static override readonly template = "composer";
  static override readonly slots = ["body"];
  static override readonly events = { more: null, fewer: null };
  override mount() {
    this.state = { count: 1 };
  }
  on_more() {
    this.state.count++;
  }
  on_fewer() {
    this.state.count--;
  }
  override beforeRender() {
    const counters = Array.from({ length: this.state.count }, (_, n) =>
      compose("counter", { start: n }, { key: `n${n}` }),
    );
    this.fill("body", counters);
  }
}

const templates = {
  counter: ({ root, on, state }: View) =>
    html`<section ${root()}><output>${(state as { count: number }).count}</output><button ${on("add")}>+</button></section>`,
  card: ({ root, slot, params, state }: View) =>
    html`<article ${root()}><h2>${(params as { title: string }).title} ${String((state as { folded: boolean }).folded)}</h2>
      ${slot()}<footer>${slot("footer", { fallback: "nothing here" })}</footer></article>`,
  board: ({ root, on, component, state }: View) => {
    const { keys, note } = state as { keys: string[]; note: string };
    const counters = html`${keys.map((key) => component("counter", { key, start: 5 }))}`;
    const footer = html`<form ${on("write")}><input name="note" value="${note}"></form>`;
    return html`<div ${root()}>${component("card", { key: "card", title: "Board" }, { default: counters, footer })}</div>`;
  },
  composer: ({ root, slot }: View) => html`<div ${root()}>${slot("body")}</div>`,
};

export function serverWith(
  more: Record<string, ComponentClass> = {},
  extra: Record<string, (view: View) => ReturnType<typeof html>> = {},
) {
  return createComponentServer({
    components: { counter: Counter, card: Card, board: Board, composer: Composer, ...more },
    renderer: taggedRenderer({ templates: { ...templates, ...extra } }),
    mode: "development",
    log: { info() {}, warn() {}, error() {} },
  });
}

export function sealOf(page: string, id: string): string {
  const vals = load(page)(`#${id}`).attr("hx-vals:inherited") ?? "{}";
  return (JSON.parse(vals) as { state: string }).state;
}

/** One event of one instance, as its seal has it. */
export function send(
  server: ComponentServer,
  component: string,
  event: string,
  state: string,
  payload: Record<string, unknown> = {},
) {
  return server.dispatch({ component, event, state, payload, caller });
}
