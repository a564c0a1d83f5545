import type { Definition } from "./definition.js";
import type { Limits } from "./options.js";
import type { Clock } from "./ports/clock.js";
import type { Logger } from "./ports/logger.js";
import type { ReceiptStore } from "./ports/receipt-store.js";
import type { Sealer } from "./seal.js";
import type { StateKeeper } from "./state.js";

/** Everything a call needs, made once when the server starts. */
export interface Runtime {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly sealer: Sealer;
  readonly states: StateKeeper;
  readonly receipts: ReceiptStore;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Seconds a seal stays valid. */
  readonly sealSeconds: number;
  readonly receiptMs: number;
  /** Begins every mark this server leaves in HTML. */
  readonly mark: string;
}
