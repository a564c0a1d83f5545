interface Entry<V> {
  readonly value: V;
  readonly until: number;
  readonly weight: number;
}

/** What a store in memory holds at most; at a bound the oldest entries go. */
export interface Bounds {
  /** Number of entries. */
  readonly entries: number;
  /** Sum of the weights given with the entries, for texts their length. */
  readonly weight: number;
}

/** A bounded map whose entries end. Time is compared on read, so no timer has to run and none can overflow. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  /** Stands behind the last evicted entry: a new walk for each eviction would pass the holes of all earlier ones. */
  #line = this.#entries.keys();
  #weight = 0;

  constructor(
    private readonly bounds: Bounds,
    private readonly now: () => number,
  ) {}

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > this.now()) return entry.value;
    this.delete(key);
    return undefined;
  }

  /** Puts the entry last in line for eviction. */
  set(key: string, value: V, ttlMs: number, weight: number): void {
    this.delete(key);
    this.#entries.set(key, { value, until: this.now() + ttlMs, weight });
    this.#weight += weight;
    while (this.#entries.size > this.bounds.entries || this.#weight > this.bounds.weight) this.delete(this.#oldest());
  }

  #oldest(): string {
    const next = this.#line.next();
    if (next.done !== true) return next.value;
    this.#line = this.#entries.keys();
    return this.#line.next().value as string;
  }

  delete(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}
