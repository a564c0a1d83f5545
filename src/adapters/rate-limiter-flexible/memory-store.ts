import { RateLimiterMemory } from "rate-limiter-flexible";
import type { LimitStore } from "../../core/index.js";
import { BoundedMap } from "./bounded-map.js";
import { countCall } from "./count-call.js";
import { keyText } from "./key-text.js";
import { checkCount, limiterByWindow, windowText } from "./windows.js";

/** Options of {@link memoryLimitStore}. */
export interface MemoryLimitOptions {
  /** Counts kept at once, over all windows; for one more, the one whose window began first goes. Default 100,000. */
  readonly maxKeys?: number;
}

/** The limiter ends a window with a timer of Node, which holds 2^31 - 1 milliseconds: a longer one would end at once. */
const LONGEST_SECONDS = 2_147_483;

/**
 * Counts in this process's memory: one node, gone with the process. Windows may last 24 days.
 *
 * @throws {DefinitionError} for options nobody can use. `consume` rejects with one for a window that cannot be counted.
 */
export function memoryLimitStore({ maxKeys = 100_000 }: MemoryLimitOptions = {}): LimitStore {
  checkCount("maxKeys", maxKeys);
  /** Where each count is kept. The limiters themselves hold however many they are given. */
  const counts = new BoundedMap<RateLimiterMemory>(maxKeys);
  const limiterOf = limiterByWindow(
    LONGEST_SECONDS,
    ({ points, seconds }) => new RateLimiterMemory({ points, duration: seconds, keyPrefix: "" }),
  );
  return {
    async consume(key, window) {
      const name = `${windowText(window)}:${keyText(key)}`;
      // A count stays in the limiter it began in, also when its window has got another one since.
      const limiter = counts.get(name) ?? limiterOf(window);
      const { verdict, isFirst } = await countCall(limiter, name);
      if (isFirst) {
        const oldest = counts.put(name, limiter);
        if (oldest !== undefined) await oldest[1].delete(oldest[0]);
      }
      return verdict;
    },
  };
}
