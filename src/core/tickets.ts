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

const STREAM = "stream";

/** What the ticket of a stream says: which it is, and which event it answers. */
export interface StreamTicket {
  readonly instance: string;
  readonly name: string;
  readonly component: string;
  readonly event: string;
  readonly resumable: boolean;
}

/** A sealed permission to stop a stream, and to resume it where it can be resumed. */
export function sealStream(turn: Turn, ticket: StreamTicket): string {
  const { clock, limits, sealer } = turn.runtime;
  const { instance, name, component, event, resumable } = ticket;
  const until = clock.now() + limits.streamMs + limits.graceMs;
  const text = JSON.stringify([until, instance, name, component, event, resumable]);
  return sealer.seal({ purpose: "stream", component: STREAM, subject: turn.subject }, STREAM, text);
}

/** @throws {HydrantError} `state_invalid` when it is not ours, `state_expired` when its time is over. */
export function openStream(turn: Turn, ticket: string): StreamTicket {
  const binding = { purpose: "stream", component: STREAM, subject: turn.subject } as const;
  const { text, retired } = turn.runtime.sealer.unseal(binding, ticket);
  const parts = JSON.parse(text) as [number, string, string, string, string, boolean];
  const [until, instance, name, component, event, resumable] = parts;
  if (retired || until <= turn.runtime.clock.now()) throw new HydrantError("state_expired");
  return { instance, name, component, event, resumable };
}
