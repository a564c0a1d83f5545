import type { ClientBytes } from "./client-bytes.js";
import type { EventResult } from "./event/measure.js";
import type { FormResult } from "./form/measure.js";
import type { PeerName } from "./form/peers/install.js";
import type { LiveResult } from "./live/measure.js";
import type { RenderingRow } from "./rendering.js";
import type { SealingRow } from "./sealing.js";

/** All that one run of the bench found. */
export interface Results {
  readonly machine: readonly string[];
  readonly event: EventResult;
  readonly form: FormResult;
  readonly live: LiveResult;
  /** What each peer of the form is made of, with versions. */
  readonly versions: Readonly<Record<PeerName, string>>;
  readonly sealing: readonly SealingRow[];
  readonly rendering: readonly RenderingRow[];
  readonly client: readonly ClientBytes[];
}
