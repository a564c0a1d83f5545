import type { EventCall } from "./calls.js";
import { isWithinCaps } from "./codec.js";
import type { Checked, Definition, EventDefinition } from "./definition.js";
import { type ErrorCode, HydrantError } from "./errors.js";
import { construct, firstState, type LiveInstance, putBack, runAuthored } from "./instance.js";
import { fieldErrors, validate } from "./ports/schema.js";
import type { OpenedSeal } from "./seal.js";
import { fromText, type Snapshot } from "./state.js";
import type { Turn } from "./turn.js";

export function openSeal(turn: Turn, definition: Definition, call: EventCall): OpenedSeal {
  const binding = { purpose: "state", component: definition.name, subject: turn.subject } as const;
  return turn.runtime.sealer.unseal(binding, call.state, call.instance);
}

export interface Revived {
  readonly live: LiveInstance;
  /** What the render this state belongs to offered. */
  readonly offers: readonly string[];
  /** Why the state could not be used as it came; the instance then stands as it was mounted, or as it is stored. */
  readonly stale: ErrorCode | undefined;
}

/** The instance an opened seal speaks of, with its state in place. */
export async function revive(turn: Turn, definition: Definition, opened: OpenedSeal): Promise<Revived> {
  const snapshot = fromText(opened.text);
  if (opened.retired || (snapshot.issued + snapshot.lifetime) * 1000 <= turn.runtime.clock.now()) {
    return remount(turn, definition, opened.instance, snapshot, "state_expired");
  }
  try {
    const kept = await turn.runtime.states.hydrate(definition, snapshot);
    const live = await construct(turn, definition, opened.instance, snapshot.params, {
      previous: snapshot,
      origin: kept.origin,
    });
    await putBack(live, kept.state, turn);
    return { live, offers: snapshot.offers, stale: kept.conflict ? "state_conflict" : undefined };
  } catch (error) {
    if (!(error instanceof HydrantError)) throw error;
    if (error.code !== "state_outdated" && error.code !== "state_expired") throw error;
    return remount(turn, definition, opened.instance, snapshot, error.code);
  }
}

async function remount(
  turn: Turn,
  definition: Definition,
  id: string,
  snapshot: Snapshot,
  stale: ErrorCode,
): Promise<Revived> {
  try {
    const live = await construct(turn, definition, id, snapshot.params);
    await firstState(live, turn);
    return { live, offers: [], stale };
  } catch (cause) {
    // The params no longer fit either; all that is left is to say so.
    if (cause instanceof HydrantError && cause.code === "invalid") throw new HydrantError(stale, undefined, { cause });
    throw cause;
  }
}

/** @throws {HydrantError} `malformed`, before any schema sees the fields. */
export function checkCaps(fields: Readonly<Record<string, unknown>>, depth: number, nodes: number): void {
  if (isWithinCaps(fields, depth, { nodes })) return;
  throw new HydrantError(
    "malformed",
    "The request has too many fields, nests them too deep, or uses a name that is not allowed.",
  );
}

export async function validPayload(
  turn: Turn,
  { component, definition }: LiveInstance,
  { schema, check, name }: EventDefinition,
  payload: Readonly<Record<string, unknown>>,
): Promise<Checked> {
  const { limits } = turn.runtime;
  checkCaps(payload, limits.payloadDepth, limits.payloadNodes);
  if (check !== undefined) {
    return runAuthored(turn, `the schema of ${definition.name} for "${name}"`, () => check(component, payload));
  }
  if (schema === null) return { value: {} };
  const result = await turn.settle(validate(schema, payload));
  if (result.issues === undefined) return { value: result.value };
  return { refusal: { errors: fieldErrors(result.issues), submitted: payload } };
}
