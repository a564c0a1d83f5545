import type { Outcome } from "../calls.js";
import type { ErrorCode } from "../errors.js";

/** What an intent ended in. Plain data, so a store may keep it as JSON text. */
export interface Receipt {
  readonly outcome?: Outcome;
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
  /** A stream that can be resumed: whoever sends the intent again gets it from its beginning. */
  readonly stream?: { readonly name: string; readonly ticket: string; readonly component_id: string };
}

/** What `begin` found under a key. */
export type ReceiptState =
  | { readonly status: "started" }
  | { readonly status: "done"; readonly receipt: Receipt }
  | { readonly status: "mismatch" };

/**
 * Remembers what an intent ended in, so that the same `Idempotency-Key` is never carried out twice.
 *
 * Contract (proved by `tests/contract/receipt-store.contract.ts`):
 * - `begin` MUST be atomic: of many calls with one key, exactly one gets `started`.
 * - A later `begin` with the same digest MUST wait until the first one finished or gave up, then answer `done` with
 *   its receipt, or `started` when it gave up. With another digest it MUST answer `mismatch` at once.
 * - A receipt MUST come back as JSON would bring it back. It is never changed, so it MAY be kept as the object it is.
 * - A receipt MUST be kept for `ttlMs` and MAY be evicted earlier only when the store reached its bound.
 * - A rejection means the store is down.
 */
export interface ReceiptStore {
  /**
   * Asks for the right to carry an intent out.
   * @param digest Tells payloads apart.
   * @param ttlMs Milliseconds the receipt is kept.
   */
  begin(key: string, digest: string, ttlMs: number): Promise<ReceiptState>;
  /** Notes what the intent ended in, and wakes those who wait. */
  finish(key: string, receipt: Receipt): Promise<void>;
  /** Gives the intent up; the next `begin` may carry it out. */
  abandon(key: string): Promise<void>;
}
