/** One state kept outside the page. `version` starts at 1 and grows by 1 with every write. */
export interface StoredState {
  /** Number of writes so far. */
  readonly version: number;
  /** Text made by the codec; at most `limits.stateBytes` long. */
  readonly data: string;
}

/**
 * Keeps state that is too large to travel in the page (`static storage = "store"`). The page then carries a sealed
 * reference and a version.
 *
 * Contract (proved by `tests/contract/state-store.contract.ts`):
 * - `write` MUST be atomic: of two writers that expect the same version, exactly one succeeds.
 * - `write` with `expected` 0 MUST succeed only when nothing (or only something expired) is stored under the key.
 * - An entry MUST be gone `ttlMs` after its last write, judged by comparing times on read.
 * - A store MUST be bounded; what it evicts reads as `undefined`.
 * - A rejection means the store is down, never that the key is unknown.
 */
export interface StateStore {
  /** @returns `undefined` for what is unknown, expired or evicted. */
  read(key: string): Promise<StoredState | undefined>;
  /**
   * @param expected Version that must be stored now; 0 for nothing.
   * @param ttlMs Milliseconds the entry is kept.
   * @returns whether the write happened; `false` means another version is stored.
   */
  write(key: string, data: string, expected: number, ttlMs: number): Promise<boolean>;
  /** Forgets the entry; nothing happens when there is none. */
  remove(key: string): Promise<void>;
}
