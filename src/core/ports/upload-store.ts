/**
 * Keeps the bytes of uploaded files. Names and types of files stay with the component; a store sees keys only.
 *
 * Contract (proved by `tests/contract/upload-store.contract.ts`):
 * - A key is 26 lower-case letters and digits, made by the server; a store MUST refuse anything else.
 * - `write` MUST take the bytes as they come and hold no more than a bounded part of them in memory.
 * - When the source of the bytes fails, `write` MUST reject with that failure and leave nothing behind, and `read` MUST
 *   NOT see a file before all of it is there.
 * - A file that nobody kept MUST be gone `ttlMs` after it was written, judged by comparing times on read.
 * - A rejection of `read`, `keep` or `remove` means the store is down.
 */
export interface UploadStore {
  /**
   * @param ttlMs Milliseconds the file stays when nobody keeps it.
   * @throws what the source throws; anything else means the store is down or full.
   */
  write(key: string, bytes: AsyncIterable<Uint8Array>, ttlMs: number): Promise<void>;
  /** The file's bytes; `undefined` for what is unknown, expired or removed. */
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** The file stays until it is removed. @returns whether it was there. */
  keep(key: string): Promise<boolean>;
  /** Forgets the file; nothing happens when there is none. */
  remove(key: string): Promise<void>;
}
