import type { Clock } from "../ports/clock.js";

/** How many are flushed at the same time, so that one that waits for its data does not hold up the others. */
const AT_ONCE = 64;
/** How many begin before everything else gets a turn. */
const SLICE = 256;

/** Gathers who wants to be flushed for a short time, then flushes them, some at a time. */
export class FlushQueue<T> {
  #waiting = new Set<T>();
  #ready: T[] = [];
  #running = 0;
  #begun = 0;
  #isGathering = false;
  #isResting = false;

  /** @param flush Must not reject. */
  constructor(
    private readonly clock: Clock,
    private readonly gatherMs: number,
    private readonly flush: (one: T) => Promise<void>,
  ) {}

  add(one: T): void {
    this.#waiting.add(one);
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.clock.after(this.gatherMs, () => {
      this.#isGathering = false;
      for (const waiting of this.#waiting) this.#ready.push(waiting);
      this.#waiting = new Set();
      this.#work();
    });
  }

  #work(): void {
    while (!this.#isResting && this.#running < AT_ONCE && this.#ready.length > 0) {
      if (this.#begun === SLICE) return this.#rest();
      this.#begun++;
      void this.#run(this.#ready.pop() as T);
    }
  }

  #rest(): void {
    this.#isResting = true;
    this.clock.after(0, () => {
      this.#isResting = false;
      this.#begun = 0;
      this.#work();
    });
  }

  async #run(one: T): Promise<void> {
    this.#running++;
    await this.flush(one);
    this.#running--;
    this.#work();
  }
}
