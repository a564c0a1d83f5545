import type { Finding } from "../ledger.js";
import type { Topic } from "./topic.js";

/** Items of a view that are remembered; more than a page shows by far. */
const MOST_ITEMS = 2_000;

/** One instance on one page: it shows the newest items of a topic, from whole renders and from pieces in between. */
export class PageView {
  #items: number[] = [];
  /** Items that came as a piece through this connection. */
  #pieces = new Set<number>();
  /** The newest item when it was said that something may have been missed. */
  #announced = 0;
  /** It was said that something may have been missed, and no render followed yet. */
  #owesRender = false;
  #touches = 0;

  constructor(
    private readonly name: string,
    private readonly topic: Topic,
    private readonly shown: number,
    private readonly find: (finding: Finding) => void,
  ) {}

  get #last(): number {
    return this.#items.at(-1) ?? 0;
  }

  get isUpToDate(): boolean {
    return this.#difference() === undefined && !this.#owesRender;
  }

  link(): void {
    this.#pieces = new Set();
  }

  begin(): void {
    this.#items = [];
    this.#pieces = new Set();
    this.#touches = 0;
    this.#owesRender = false;
  }

  resync(): void {
    this.#announced = this.topic.begun;
    this.#owesRender = true;
  }

  touch(touches: number): void {
    this.#touches = touches;
  }

  show(items: readonly number[], touches: number): void {
    this.#owesRender = false;
    const [first = 1] = items;
    const last = items.at(-1) ?? 0;
    const isWhole = items.every((seq, n) => seq === first + n) && items.length === Math.min(this.shown, last);
    if (!isWhole) this.#note("wrong", `a render shows ${brief(items)}`);
    if (last < this.#last) this.#note("reordered", `a render up to ${last} came after ${this.#last}`);
    if (touches < this.#touches) {
      this.#note("lost", `its state went back: touched ${this.#touches} times, and shows ${touches}`);
    }
    this.#items = [...items];
  }

  append(seq: number): void {
    if (this.#pieces.has(seq)) this.#noteIfCertain(seq, "doubled", `${seq} came twice`);
    this.#pieces.add(seq);
    const last = this.#last;
    // The page has it already, and drops it by its id.
    if (this.#items.includes(seq)) return;
    if (seq < last) {
      if (seq >= (this.#items[0] ?? 0)) this.#noteIfCertain(seq, "reordered", `${seq} came after ${last}`);
      return;
    }
    for (let missing = last + 1; missing < seq; missing++) this.#missed(missing, seq);
    this.#items.push(seq);
    if (this.#items.length > MOST_ITEMS) this.#items.splice(0, MOST_ITEMS / 2);
    if (this.#pieces.size > MOST_ITEMS) this.#pieces = new Set([...this.#pieces].slice(-MOST_ITEMS / 2));
  }

  check(): void {
    const difference = this.#difference();
    if (difference !== undefined) this.#note("lost", difference);
    else if (this.#owesRender) this.#note("lost", "something was missed, and no render followed");
  }

  /** What stands in the log once, in its place, cannot come late: it must have been said that it will not come. */
  #missed(seq: number, next: number): void {
    if (this.#announced < seq) this.#noteIfCertain(seq, "silent gap", `${next} came without ${seq}`);
  }

  /** How what it shows differs from what is true. */
  #difference(): string | undefined {
    const { kept } = this.topic;
    const expected = Array.from(
      { length: Math.min(this.shown, kept) },
      (_, n) => kept - Math.min(this.shown, kept) + 1 + n,
    );
    const actual = this.#items.slice(-expected.length);
    const isSame = expected.length === 0 || expected.every((seq, n) => actual[n] === seq);
    return isSame ? undefined : `it shows ${brief(actual)} in place of ${brief(expected)}`;
  }

  #noteIfCertain(seq: number, kind: Finding["kind"], what: string): void {
    this.topic.ifCertain(seq, () => this.#note(kind, what));
  }

  #note(kind: Finding["kind"], what: string): void {
    this.find({ kind, where: `${this.name} (${this.topic.name})`, what });
  }
}

/** A list of items, its runs as their ends. */
export function brief(items: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const seq of items) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] + 1 === seq) run[1] = seq;
    else runs.push([seq, seq]);
  }
  return `[${runs.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(", ")}]`;
}
