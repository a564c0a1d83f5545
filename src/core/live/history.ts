import type { Item } from "./items.js";

/** What was published, as this node has read it. */
export interface HistoryEntry {
  readonly id: string;
  readonly topic: string;
  readonly item: Item;
  /** Characters it holds. */
  readonly weight: number;
}

/** Most entries, and most characters in all of them together. */
export interface HistoryBounds {
  readonly entries: number;
  readonly weight: number;
}

export const HISTORY_BOUNDS: HistoryBounds = { entries: 10_000, weight: 33_554_432 };

/** The newest entries of the log, found again by their ids. A cursor is the id of the last entry somebody has seen. */
export class History {
  #entries: HistoryEntry[] = [];
  readonly #places = new Map<string, number>();
  /** Number of the first entry held, counted from the beginning. */
  #first = 0;
  #weight = 0;
  /** Id of the entry before the first one held. */
  #floor: string;

  /** @param floor Cursor of who has seen nothing of what this node holds. */
  constructor(
    floor: string,
    private readonly bounds: HistoryBounds = HISTORY_BOUNDS,
  ) {
    this.#floor = floor;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether an entry is held. */
  has(id: string): boolean {
    return this.#places.has(id);
  }

  push(entry: HistoryEntry): void {
    this.#places.set(entry.id, this.#first + this.#entries.length);
    this.#entries.push(entry);
    this.#weight += entry.weight;
    const over = this.#entries.length >= this.bounds.entries * 2 || this.#weight >= this.bounds.weight * 2;
    if (over) this.#trim();
  }

  /** Cursor of who has seen everything. */
  position(): string {
    return this.#entries.at(-1)?.id ?? this.#floor;
  }

  /** What came after; `undefined` where that is not known: the cursor is too old, of another log, or invented. */
  since(cursor: string): readonly HistoryEntry[] | undefined {
    if (cursor === this.#floor) return this.#entries.slice();
    const place = this.#places.get(cursor);
    return place === undefined ? undefined : this.#entries.slice(place - this.#first + 1);
  }

  /**
   * Forgets everything, because something is missing after it: no cursor from before is known any more.
   * @param floor The new one of who has seen nothing of what comes.
   */
  cut(floor: string): void {
    this.#first += this.#entries.length;
    this.#entries = [];
    this.#places.clear();
    this.#weight = 0;
    this.#floor = floor;
  }

  /** In one go now and then: taking entries off one by one would move all others each time. */
  #trim(): void {
    let drop = 0;
    let { length } = this.#entries;
    while (length > this.bounds.entries || this.#weight > this.bounds.weight) {
      const entry = this.#entries[drop] as HistoryEntry;
      this.#places.delete(entry.id);
      this.#weight -= entry.weight;
      this.#floor = entry.id;
      drop++;
      length--;
    }
    this.#entries = this.#entries.slice(drop);
    this.#first += drop;
  }
}
