import type { Clock } from "../ports/clock.js";

/** How many have their turn at the same time, so that they do not all fall upon a database at once. */
const AT_ONCE = 64;
/** How many begin before everything else in the process gets its turn. */
const SLICE = 256;
/** Milliseconds after which one counts no longer: whoever waits that long does not hold up the others. */
const SLOW_MS = 1_000;

/** Gathers who wants a turn for a short time, then gives them theirs: first come, first served, and each only once. */
export class GatheringQueue<T> {
  readonly #gathered = new Set<T>();
  readonly #ready = new Set<T>();
  #running = 0;
  #begun = 0;
  #isGathering = false;
  #isResting = false;

  /** @param turn Must not reject. */
  constructor(
    private readonly clock: Clock,
    private readonly gatherMs: number,
    private readonly turn: (one: T) => Promise<void>,
  ) {}

  add(one: T): void {
    this.#gathered.add(one);
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.clock.after(this.gatherMs, () => {
      this.#isGathering = false;
      for (const gathered of this.#gathered) this.#ready.add(gathered);
      this.#gathered.clear();
      this.#work();
    });
  }

  /** It wants nothing any more. */
  drop(one: T): void {
    this.#gathered.delete(one);
    this.#ready.delete(one);
  }

  #work(): void {
    for (const one of this.#ready) {
      if (this.#isResting || this.#running >= AT_ONCE) return;
      if (this.#begun === SLICE) return this.#rest();
      this.#ready.delete(one);
      this.#begun++;
      void this.#run(one);
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
    let counts = true;
    const release = (): void => {
      if (!counts) return;
      counts = false;
      this.#running--;
      this.#work();
    };
    this.#running++;
    const cancel = this.clock.after(SLOW_MS, release);
    try {
      await this.turn(one);
    } finally {
      cancel();
      release();
    }
  }
}
