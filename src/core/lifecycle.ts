import type { CallContext, EventCall, MountCall, Outcome, TicketCall } from "./calls.js";
import type { Definition, EventDefinition } from "./definition.js";
import { noEffects } from "./effects.js";
import { HydrantError, inInstance } from "./errors.js";
import { findDefinition, findEvent } from "./find.js";
import { freshInstanceId } from "./identity.js";
import { construct, derive, firstState, handle } from "./instance.js";
import { once } from "./receipts.js";
import { checkCaps, openSeal, revive, validPayload } from "./revive.js";
import type { Runtime } from "./runtime.js";
import type { OpenedSeal } from "./seal.js";
import { conclude, placeChild, presentDone, presentHeld, presentNew, presentRefused, presentStale } from "./show.js";
import { openTicket } from "./tickets.js";
import { beginTurn, type Turn, type TurnOptions } from "./turn.js";
import type { Placement } from "./view.js";

/** A new instance: find → (admit) → construct → mount → present. */
export async function mount(runtime: Runtime, call: MountCall): Promise<Outcome> {
  const definition = findDefinition(runtime, call.component);
  // Params may be large where a page of the application gives them; a door bounds those of an address.
  checkCaps(call.params ?? {}, runtime.limits.stateDepth, Number.POSITIVE_INFINITY);
  const turn = beginTurn(runtime, call, call);
  try {
    const id = call.id ?? freshInstanceId(definition.name, runtime.sealer);
    const held = turn.held.get(id);
    const presented =
      held?.component === definition.name
        ? await presentHeld(turn, definition, held, { slots: call.slots ?? {} })
        : await presentNew(turn, definition, id, call.params ?? {}, { slots: call.slots ?? {} });
    return await conclude(turn, presented, { kind: "done", status: 200 });
  } finally {
    turn.end();
  }
}

/** A component placed in a page of the application. */
export interface PagePlacement extends Placement {
  readonly id: string;
}

/** Every component of one page, each as a new instance or as the one that was answered before. */
export async function mountPage(
  runtime: Runtime,
  call: CallContext & TurnOptions,
  placements: readonly PagePlacement[],
): Promise<{ readonly html: readonly string[]; readonly redirect: string | undefined }> {
  const turn = beginTurn(runtime, call, call);
  try {
    const placed = await Promise.all(placements.map((placement) => placeChild(turn, placement, placement.id, 0)));
    return { html: placed.map(({ fragment }) => fragment.html), redirect: turn.effects.redirect };
  } finally {
    turn.end();
  }
}

/** A new instance for the holder of a ticket: the ticket says which, and with what params. */
export async function mountTicket(runtime: Runtime, call: TicketCall): Promise<Outcome> {
  const definition = findDefinition(runtime, call.component);
  const turn = beginTurn(runtime, call);
  try {
    const { id, params } = openTicket(turn, definition, call.ticket);
    return await conclude(turn, await presentNew(turn, definition, id, params, {}), { kind: "done", status: 200 });
  } finally {
    turn.end();
  }
}

/** An event: find → (admit) → open seal → once per intent: hydrate → validate → handle → present. */
export async function dispatch(runtime: Runtime, call: EventCall): Promise<Outcome> {
  const { definition, event } = findEvent(runtime, call);
  const turn = beginTurn(runtime, call);
  try {
    const opened = openSeal(turn, definition, call);
    const answer = once(turn, call, opened.instance, () => answerEvent(turn, definition, event, call, opened));
    // From here on the instance is known, so a failure finds its error place.
    return await answer.catch((error: unknown) => Promise.reject(inInstance(error, opened.instance)));
  } finally {
    turn.end();
  }
}

/** The state a mount or an event leads to, without rendering or sealing it. */
export async function resolve(runtime: Runtime, call: MountCall | EventCall): Promise<object> {
  const turn = beginTurn(runtime, call);
  try {
    if (!("event" in call)) {
      const definition = findDefinition(runtime, call.component);
      const id = call.id ?? freshInstanceId(definition.name, runtime.sealer);
      const live = await construct(turn, definition, id, call.params ?? {});
      await firstState(live, turn);
      return live.component.state;
    }
    const { definition, event } = findEvent(runtime, call);
    const revived = await revive(turn, definition, openSeal(turn, definition, call));
    if (revived.stale !== undefined) throw new HydrantError(revived.stale);
    const payload = await validPayload(turn, event, call.payload ?? {});
    if (payload.refusal !== undefined) throw new HydrantError("invalid", undefined, { fields: payload.refusal.errors });
    await handle(revived.live, event, payload.value, turn);
    await derive(revived.live, turn);
    return revived.live.component.state;
  } finally {
    turn.end();
  }
}

async function answerEvent(
  turn: Turn,
  definition: Definition,
  event: EventDefinition,
  call: EventCall,
  opened: OpenedSeal,
): Promise<Outcome> {
  const { live, stale } = await revive(turn, definition, opened);
  if (stale !== undefined) return presentStale(turn, live, stale, call);
  const payload = await validPayload(turn, event, call.payload ?? {});
  if (payload.refusal !== undefined) return presentRefused(turn, live, payload.refusal);
  try {
    await handle(live, event, payload.value, turn);
    await derive(live, turn);
    return await presentDone(turn, live);
  } catch (error) {
    if (!(error instanceof HydrantError)) throw error;
    if (error.code !== "invalid" && error.code !== "state_conflict") throw error;
    // The handler refused what it was given, or another call wrote first: show how things stood, and why.
    Object.assign(turn.effects, noEffects());
    const again = await revive(turn, definition, opened);
    if (error.code === "state_conflict") return presentStale(turn, again.live, error.code, call);
    const errors = error.fields ?? { "": [error.message] };
    return presentRefused(turn, again.live, { errors, submitted: call.payload ?? {} });
  }
}
