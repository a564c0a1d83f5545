/**
 * Keeps the frames of streams that can be resumed, so that whoever lost the connection can go on from any node.
 *
 * Contract (proved by `tests/contract/journal-store.contract.ts`):
 * - `append` MUST put the entry behind all earlier ones of its key; there is one writer for each key. Where the journal
 *   holds another number of entries than `at`, because it was evicted, it MUST NOT write anything.
 * - `read` MUST give the entries in that order, without the first `after` of them.
 * - A journal MUST be gone `ttlMs` after its last entry, judged by comparing times on read.
 * - A store MUST be bounded; a journal it evicts reads as `undefined`, never as a part of itself.
 * - A rejection means the store is down.
 */
export interface JournalStore {
  /**
   * @param at Number of entries before this one.
   * @param ttlMs Milliseconds the journal is kept from now on.
   */
  append(key: string, at: number, entry: string, ttlMs: number): Promise<void>;
  /** @returns `undefined` for what is unknown, expired or evicted; an empty list when there is nothing newer yet. */
  read(key: string, after: number): Promise<readonly string[] | undefined>;
}
