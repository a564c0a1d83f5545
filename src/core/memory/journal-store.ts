import { systemClock } from "../ports/clock.js";
import type { JournalStore } from "../ports/journal-store.js";
import { ExpiringMap } from "./expiring-map.js";
import { MEMORY_BOUNDS, type MemoryStoreOptions } from "./state-store.js";

interface Journal {
  readonly entries: string[];
  weight: number;
}

/** Journals in this process's memory: one node, gone with the process. */
export function memoryJournalStore({
  bounds = MEMORY_BOUNDS,
  now = systemClock.now,
}: MemoryStoreOptions = {}): JournalStore {
  const journals = new ExpiringMap<Journal>(bounds, now);
  return {
    async append(key, at, entry, ttlMs) {
      const journal = journals.get(key) ?? { entries: [], weight: 0 };
      if (journal.entries.length !== at) return;
      journal.entries.push(entry);
      journal.weight += entry.length;
      journals.set(key, journal, ttlMs, journal.weight);
    },
    async read(key, after) {
      return journals.get(key)?.entries.slice(after);
    },
  };
}
