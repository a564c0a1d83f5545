import type { Finding } from "../ledger.js";
import type { Topic } from "./topic.js";

/** Missing items that are remembered. */
const MOST_MISSING = 2_000;

/** One topic that a socket listens to: every item comes, or it is said that something may have been missed. */
export class Feed {
  /** The newest item heard, and those before it that were not. */
  #last: number;
  readonly #missing = new Set<number>();
  /** The newest item when it was said that something may have been missed. */
  #announced = 0;

  constructor(
    private readonly name: string,
    private readonly topic: Topic,
    private readonly find: (finding: Finding) => void,
  ) {
    // What came before is not its business.
    this.#last = topic.begun;
  }

  get isUpToDate(): boolean {
    return this.#unsaid().length === 0;
  }

  resync(): void {
    this.#announced = this.topic.begun;
  }

  hear(seq: number): void {
    if (seq <= this.#last) return this.#late(seq);
    for (let missing = this.#last + 1; missing < seq; missing++) {
      this.#missing.add(missing);
      // What stands in the log once, in its place, cannot come late.
      if (this.#announced < missing) this.#noteIfCertain(missing, "silent gap", `${seq} came without ${missing}`);
    }
    this.#last = seq;
  }

  check(): void {
    const unsaid = new Set(this.#unsaid());
    for (const seq of unsaid) {
      const kind = seq > this.#last ? "lost" : "silent gap";
      this.#note(kind, `${seq} was never heard, and nothing was said`);
      this.#missing.delete(seq);
    }
    // What was said to be missing may still come.
    for (let seq = this.#last + 1; seq <= this.topic.kept; seq++) if (!unsaid.has(seq)) this.#missing.add(seq);
    this.#last = Math.max(this.#last, this.topic.kept);
    for (const seq of [...this.#missing].slice(0, -MOST_MISSING)) this.#missing.delete(seq);
  }

  #late(seq: number): void {
    if (!this.#missing.delete(seq)) this.#noteIfCertain(seq, "doubled", `${seq} came twice`);
    // What was said to be missing may come all the same: a node that was behind reads it later than others.
    else if (seq > this.#announced) this.#noteIfCertain(seq, "reordered", `${seq} came after ${this.#last}`);
  }

  /** Items that were neither heard nor announced. */
  #unsaid(): readonly number[] {
    const tail: number[] = [];
    for (let seq = this.#last + 1; seq <= this.topic.kept; seq++) tail.push(seq);
    return [...this.#missing, ...tail].filter((seq) => seq > this.#announced && !this.topic.isBuried(seq));
  }

  #noteIfCertain(seq: number, kind: Finding["kind"], what: string): void {
    this.topic.ifCertain(seq, () => this.#note(kind, what));
  }

  #note(kind: Finding["kind"], what: string): void {
    this.find({ kind, where: `${this.name} (${this.topic.name})`, what });
  }
}
