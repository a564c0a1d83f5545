import type { Finding } from "../ledger.js";

/** One stream, over all the connections it takes to read it. */
export class Frames {
  #number = 0;
  #step = 0;
  #state: "open" | "done" | "interrupted" | "left" = "open";

  constructor(
    private readonly name: string,
    private readonly find: (finding: Finding) => void,
  ) {}

  /** @param step What the handler counts; 0 for a frame that is no step. */
  add(number: number, step: number): void {
    if (this.#state !== "open") this.#note("wrong", `frame ${number} came after the end`);
    if (number <= this.#number) return this.#note("doubled", `frame ${number} came after frame ${this.#number}`);
    this.#number = number;
    if (step === 0) return;
    if (step <= this.#step)
      this.#note(step === this.#step ? "doubled" : "reordered", `step ${step} after ${this.#step}`);
    else if (step !== this.#step + 1) this.#note("lost", `step ${step} came after ${this.#step}`);
    this.#step = step;
  }

  end(how: "done" | "interrupted", steps: number): void {
    if (this.#state !== "open") this.#note("doubled", `it ended twice: ${this.#state}, then ${how}`);
    this.#state = how;
    if (how === "done" && this.#step !== steps) this.#note("lost", `it was done after ${this.#step} of ${steps} steps`);
  }

  leave(): void {
    if (this.#state === "open") this.#state = "left";
  }

  check(): void {
    if (this.#state === "open") this.#note("silent gap", `it ended after step ${this.#step} without a word`);
  }

  #note(kind: Finding["kind"], what: string): void {
    this.find({ kind, where: this.name, what });
  }
}
