import type { Outcome } from "../calls.js";
import type { LiveConnection } from "./connection.js";
import type { Admitted } from "./items.js";

/** What a subscription is asked for with. */
export interface SubscribeRequest {
  readonly component: string;
  /** The seal of the instance. */
  readonly state: string;
  readonly instance?: string | undefined;
}

/** What an instance is rendered with: the last change of each topic. */
export type Changes = ReadonlyMap<string, unknown>;

export const NO_CHANGES: ReadonlyMap<string, unknown> = new Map();

/** One instance on one page. */
export interface Subscription extends Admitted {
  readonly page: string;
  readonly connection: LiveConnection;
  /** The newest seal known here. */
  seal: string;
  /** What it was not rendered with yet. */
  changes: Map<string, unknown> | undefined;
  /** What it is being rendered with. */
  rendering: Changes | undefined;
}

/** An instance as it is pushed, and the end of the seal it was rendered from. */
export interface RenderedPush {
  readonly outcome: Outcome;
  readonly base: string;
}

/** The end of no seal: a page that reads it asks for itself. */
export const NO_SEAL = "~";

/**
 * What tells a seal from all others. A revision does not: an event and a push that know nothing of each other may reach the
 * same one.
 */
export function endOfSeal(seal: string): string {
  return seal.slice(-16);
}

/** What it is being rendered with, and what came meanwhile. */
export function allChanges({ rendering, changes }: Subscription): Map<string, unknown> {
  return new Map([...(rendering ?? []), ...(changes ?? [])]);
}
