import { decode, encode } from "./codec.js";
import type { Definition } from "./definition.js";
import { HydrantError } from "./errors.js";
import type { Turn } from "./turn.js";
import type { UploadedFile } from "./uploads.js";

/** What the ticket of a file says: whose form it belongs to, and where and what it is. */
export interface FileTicket extends UploadedFile {
  readonly component: string;
}

const FILE = "file";

/** A sealed permission to fetch an uploaded file. Valid as long as a seal, for the same person. */
export function sealFile(turn: Turn, component: string, { key, name, size, type }: UploadedFile): string {
  const { clock, limits, sealer, sealSeconds } = turn.runtime;
  const until = Math.floor(clock.now() / 1000) + sealSeconds;
  const text = encode([until, component, key, name, size, type], limits.stateDepth);
  return sealer.seal({ purpose: "file", component: FILE, subject: turn.subject }, FILE, text);
}

/** @throws {HydrantError} `state_invalid` when it is not ours, `state_expired` when its time is over. */
export function openFile(turn: Turn, ticket: string): FileTicket {
  const binding = { purpose: "file", component: FILE, subject: turn.subject } as const;
  const { text, retired } = turn.runtime.sealer.unseal(binding, ticket);
  const [until, component, key, name, size, type] = decode(text) as [number, string, string, string, number, string];
  if (retired || until * 1000 <= turn.runtime.clock.now()) throw new HydrantError("state_expired");
  return { component, key, name, size, type };
}

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
