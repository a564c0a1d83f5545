/** So many at once, and so many more with every second. */
export interface Allowance {
  readonly most: number;
  readonly perSecond: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What is left of an allowance. */
export class Bucket {
  readonly #allowance: Allowance;
  #left: number;
  #at: number;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
    this.#left = allowance.most;
    this.#at = allowance.now();
  }

  /** @returns false when there is nothing left. */
  take(): boolean {
    const { most, perSecond, now } = this.#allowance;
    const at = now();
    this.#left = Math.min(most, this.#left + (Math.max(0, at - this.#at) / 1000) * perSecond);
    this.#at = at;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
