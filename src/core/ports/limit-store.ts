/** So many calls in so many seconds. */
export interface LimitWindow {
  /** Calls that are let through. */
  readonly points: number;
  /** Length of the window; it begins with the first call. */
  readonly seconds: number;
}

/** What counting one call found. */
export interface LimitVerdict {
  readonly allowed: boolean;
  /** Calls left in this window. */
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
}

/**
 * Counts calls.
 *
 * Contract (proved by `tests/contract/limit-store.contract.ts`):
 * - `consume` MUST be atomic: of many calls at once, exactly `points` are allowed in one window.
 * - A window MUST begin with the first call under its key and end `seconds` later; calls that were refused MUST NOT make
 *   it longer.
 * - The same key with another window MUST be another count.
 * - A store MUST be bounded; a count it evicts begins anew.
 * - A rejection means the store is down.
 */
export interface LimitStore {
  /** @param key Whose calls are counted, and of what. Any text. */
  consume(key: string, window: LimitWindow): Promise<LimitVerdict>;
}
