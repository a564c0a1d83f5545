import type { Caller } from "./caller.js";
import type { Definition } from "./definition.js";
import type { Limit } from "./limits.js";
import type { MountMemory } from "./mount-cache.js";
import type { Limits } from "./options.js";
import type { Clock } from "./ports/clock.js";
import type { LimitStore } from "./ports/limit-store.js";
import type { Logger } from "./ports/logger.js";
import type { ReceiptStore } from "./ports/receipt-store.js";
import type { UploadStore } from "./ports/upload-store.js";
import type { Sealer } from "./seal.js";
import type { StateKeeper } from "./state.js";
import type { Streams } from "./streams.js";

/** What admission needs. */
export interface Admission {
  /** Missing only where no component declares limits. */
  readonly store: LimitStore | undefined;
  readonly whenDown: "refuse" | "allow";
  /** Counts seals that did not open; `undefined` where nothing is counted. */
  readonly sealFailures: Limit | undefined;
}

/** Everything a call needs, made once when the server starts. */
export interface Runtime {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly sealer: Sealer;
  readonly states: StateKeeper;
  readonly receipts: ReceiptStore;
  readonly admission: Admission;
  readonly uploads: UploadStore | undefined;
  readonly mounts: MountMemory;
  readonly streams: Streams;
  /** Whether a caller may listen to a topic itself. */
  readonly topicAccess: (topic: string, caller: Caller) => boolean | Promise<boolean>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Seconds a seal stays valid. */
  readonly sealSeconds: number;
  readonly receiptMs: number;
  /** Begins every mark this server leaves in HTML. */
  readonly mark: string;
}
