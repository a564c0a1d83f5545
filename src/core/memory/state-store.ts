import { systemClock } from "../ports/clock.js";
import type { StateStore, StoredState } from "../ports/state-store.js";
import { type Bounds, ExpiringMap } from "./expiring-map.js";

/** Options of the stores in memory. */
export interface MemoryStoreOptions {
  /** Default {@link MEMORY_BOUNDS}. At a bound the oldest entries go. */
  readonly bounds?: Bounds;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** 10,000 entries, and 256 Mi characters of text in all of them together. */
export const MEMORY_BOUNDS: Bounds = { entries: 10_000, weight: 268_435_456 };

/** State in this process's memory: one node, gone with the process. */
export function memoryStateStore({
  bounds = MEMORY_BOUNDS,
  now = systemClock.now,
}: MemoryStoreOptions = {}): StateStore {
  const states = new ExpiringMap<StoredState>(bounds, now);
  return {
    async read(key) {
      return states.get(key);
    },
    async write(key, data, expected, ttlMs) {
      if ((states.get(key)?.version ?? 0) !== expected) return false;
      states.set(key, { version: expected + 1, data }, ttlMs, data.length);
      return true;
    },
    async remove(key) {
      states.delete(key);
    },
  };
}
