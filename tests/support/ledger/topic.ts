/** What is true of one topic. */
export class Topic {
  /** The newest item that somebody began to publish, and the newest that is known to be in the database. */
  begun = 0;
  kept = 0;
  readonly #uncertain = new Set<number>();
  readonly #buried = new Set<number>();
  /** Of which it is not known yet whether they are certain, and what there is to say then. */
  readonly #open = new Map<number, (() => void)[]>();

  constructor(readonly name: string) {}

  sending(seq: number): void {
    if (seq !== this.begun + 1) throw new Error(`${this.name}: ${seq} is not the item after ${this.begun}`);
    this.begun = seq;
    this.#open.set(seq, []);
  }

  sent(seq: number, isCertain: boolean): void {
    this.kept = Math.max(this.kept, seq);
    const tasks = this.#open.get(seq) ?? [];
    this.#open.delete(seq);
    if (isCertain) for (const task of tasks) task();
    else this.#uncertain.add(seq);
  }

  bury(seq: number): void {
    this.#buried.add(seq);
  }

  /** Runs a task, now or later, where an item stands in the log once and in its place. */
  ifCertain(seq: number, task: () => void): void {
    const waiting = this.#open.get(seq);
    if (waiting !== undefined) waiting.push(task);
    else if (!this.#uncertain.has(seq)) task();
  }

  /** Whether nobody was left who could have told others. */
  isBuried(seq: number): boolean {
    return this.#buried.has(seq);
  }
}
