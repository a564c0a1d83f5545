import { systemClock } from "../ports/clock.js";
import type { StateStore, StoredState } from "../ports/state-store.js";
import { type Bounds, ExpiringMap } from "./expiring-map.js";

export interface MemoryStoreOptions {
  /** Default: 10,000 entries and 256 MiB of text. */
  readonly bounds?: Bounds;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

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
