/** A map of so many entries. For one too many, the entry that was put first goes. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  /** Stands behind the last entry that went: a new walk each time would pass the holes of all earlier ones. */
  readonly #line = this.#entries.entries();

  /** @param bound At least 1. */
  constructor(private readonly bound: number) {}

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /**
   * Puts the entry last in line.
   *
   * @returns the entry that went for it
   */
  put(key: string, value: V): readonly [key: string, value: V] | undefined {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.bound) return undefined;
    // The new entry is still ahead, so the walk is never at its end here.
    const oldest = this.#line.next().value as [string, V];
    this.#entries.delete(oldest[0]);
    return oldest;
  }
}
