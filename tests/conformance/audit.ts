import type { HttpStage, Stage, StageOptions } from "./stage.js";

/** Opens servers for one audit; what is opened is closed after it. */
export type Open<S extends Stage = Stage> = (options?: StageOptions) => Promise<S>;

/** One MUST of the protocol. */
export interface Audit<S extends Stage = Stage> {
  /**
   * Stable: letter of the chapter (R requests, C component root, A answers, N no JavaScript, X cross-site, F forms,
   * P permissions, L limits, O offers, K kept mounts, U uploaded files, T streams,
   * V live updates), section, number.
   */
  readonly id: string;
  readonly must: string;
  readonly run: (open: Open<S>) => Promise<void>;
}

/** Audits of every door, and those that only make sense where there is HTTP. */
export interface Chapter {
  readonly every: readonly Audit[];
  readonly http: readonly Audit<HttpStage>[];
}
