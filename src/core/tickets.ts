import { decode, encode } from "./codec.js";
import type { Definition } from "./definition.js";
import { HydrantError } from "./errors.js";
import type { Turn } from "./turn.js";

/** What a ticket allows: one component under one id, with these params. */
export interface Ticket {
  readonly id: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function binding(turn: Turn, definition: Definition) {
  return { purpose: "ticket", component: definition.name, subject: turn.subject } as const;
}

/** A sealed permission to mount a component later, for lazy loading. Valid as long as a seal. */
export function sealTicket(turn: Turn, definition: Definition, id: string, params: Ticket["params"]): string {
  const { clock, limits, sealer, sealSeconds } = turn.runtime;
  const until = Math.floor(clock.now() / 1000) + sealSeconds;
  return sealer.seal(binding(turn, definition), id, encode([until, params], limits.stateDepth));
}

/** @throws {HydrantError} `state_invalid` when it is not ours, `state_expired` when its time is over. */
export function openTicket(turn: Turn, definition: Definition, ticket: string): Ticket {
  const { instance, text, retired } = turn.runtime.sealer.unseal(binding(turn, definition), ticket);
  const [until, params] = decode(text) as [number, Ticket["params"]];
  if (retired || until * 1000 <= turn.runtime.clock.now()) throw new HydrantError("state_expired");
  return { id: instance, params };
}
