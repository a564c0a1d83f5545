import { admitCaller, admitInstance, countCall, refuseSeal } from "./admit.js";
import type {
  CallContext,
  EventCall,
  FileCall,
  MountCall,
  Outcome,
  OutcomeStream,
  OutgoingFile,
  PostedEvent,
  TicketCall,
  UnreadEventCall,
} from "./calls.js";
import type { Definition, EventDefinition } from "./definition.js";
import { noEffects } from "./effects.js";
import { type ErrorCode, HydrantError, inInstance } from "./errors.js";
import { findDefinition, findEvent } from "./find.js";
import { freshInstanceId, keptInstanceId } from "./identity.js";
import { begin, construct, derive, firstState, handle, type LiveInstance, runAuthored } from "./instance.js";
import { REFRESH } from "./names.js";
import { isOffered } from "./offers.js";
import { once } from "./receipts.js";
import { checkCaps, openSeal, type Revived, revive, validPayload } from "./revive.js";
import type { Runtime } from "./runtime.js";
import type { OpenedSeal } from "./seal.js";
import { conclude, placeChild, presentDone, presentHeld, presentNew, presentRefused, presentStale } from "./show.js";
import { beginStream, lastOutcome } from "./stream-calls.js";
import { openFile, openTicket } from "./tickets.js";
import { beginTurn, type Turn, type TurnOptions } from "./turn.js";
import { createIntake, type Intake } from "./uploads.js";
import type { Placement, Refusal } from "./view.js";

/** A new instance: find → count → admit → construct → mount → present. */
export async function mount(runtime: Runtime, call: MountCall): Promise<Outcome> {
  const definition = findDefinition(runtime, call.component);
  // Params may be large where a page of the application gives them; a door bounds those of an address.
  checkCaps(call.params ?? {}, runtime.limits.stateDepth, Number.POSITIVE_INFINITY);
  const turn = beginTurn(runtime, call, call);
  try {
    await countCall(turn, definition);
    const id = call.id ?? newId(turn, definition, call);
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

/** What is kept is found again by its id, so it must be the same for the same params. */
function newId(
  { runtime: { sealer }, subject }: Turn,
  { name, cache }: Definition,
  { params = {} }: MountCall,
): string {
  return cache === undefined
    ? freshInstanceId(name, sealer)
    : keptInstanceId(name, `${subject} ${JSON.stringify(params)}`, sealer);
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
    await countCall(turn, definition);
    const { id, params } = await opening(turn, () => openTicket(turn, definition, call.ticket));
    return await conclude(turn, await presentNew(turn, definition, id, params, {}), { kind: "done", status: 200 });
  } finally {
    turn.end();
  }
}

/** An uploaded file for the holder of its ticket: open → admit to the form it belongs to → read. */
export async function fetchFile(runtime: Runtime, call: FileCall): Promise<OutgoingFile> {
  const turn = beginTurn(runtime, call);
  try {
    const { component, key, name, size } = await opening(turn, () => openFile(turn, call.ticket));
    await admitCaller(turn, findDefinition(runtime, component));
    const bytes = await runtime.uploads?.read(key);
    if (bytes === undefined) throw new HydrantError("not_found");
    return { name, size, bytes };
  } finally {
    turn.end();
  }
}

/** An event: find → count → admit → read → open seal → once per intent: hydrate → admit → validate → handle → present. */
export async function dispatch(runtime: Runtime, call: EventCall | UnreadEventCall): Promise<Outcome> {
  const answer = await stream(runtime, call, false);
  return answer.kind === "stream" ? lastOutcome(answer) : answer;
}

/** The same, where a handler that yields is answered as it goes. @param wanted Whether the caller takes streams. */
export async function stream(
  runtime: Runtime,
  call: EventCall | UnreadEventCall,
  wanted = true,
): Promise<Outcome | OutcomeStream> {
  const { definition, event } = findEvent(runtime, call);
  const turn = beginTurn(runtime, call);
  const intake = intakeFor(turn, definition);
  let isAnswered = false;
  let isStreaming = false;
  try {
    // Waited for only where there is something to wait for: a body is cheapest to read in the turn it begins to arrive in.
    const counting = countCall(turn, event);
    if (counting !== undefined) await counting;
    const admitting = admitCaller(turn, definition, event);
    if (admitting !== undefined) await admitting;
    const read = "read" in call ? withPosted(call, await call.read(intake.take)) : call;
    if ("read" in call) turn.restart();
    const sealed = opening(turn, () => openSeal(turn, definition, read));
    const opened = sealed instanceof Promise ? await sealed : sealed;
    const answer = once(turn, read, opened.instance, () => answerEvent(turn, definition, event, read, opened, wanted));
    // From here on the instance is known, so a failure finds its error place.
    const outcome = await answer.catch((error: unknown) => Promise.reject(inInstance(error, opened.instance)));
    isAnswered = true;
    isStreaming = outcome.kind === "stream";
    return outcome;
  } finally {
    turn.end();
    // A handler that goes on may still take the files; those it leaves go with their time.
    const settling = isStreaming ? undefined : intake.settle(isAnswered);
    if (settling !== undefined) await settling;
  }
}

/** Field by field: copying an object of many shapes costs more than all else here. */
function withPosted(call: UnreadEventCall, { state, payload = {} }: PostedEvent): EventCall {
  const { caller, component, event, instance, idempotencyKey, onceBySeal = false } = call;
  const posted: { -readonly [Key in keyof EventCall]: EventCall[Key] } = {
    caller,
    component,
    event,
    instance,
    idempotencyKey,
    onceBySeal,
    state,
    payload,
  };
  const { callerNow, signal } = call;
  if (callerNow !== undefined) posted.callerNow = callerNow;
  if (signal !== undefined) posted.signal = signal;
  return posted;
}

function intakeFor({ runtime }: Turn, { form }: Definition): Intake {
  const { sealer, sealSeconds, uploads: store } = runtime;
  return createIntake({
    rules: form?.uploads,
    store,
    newKey: () => sealer.randomName(26),
    ttlMs: sealSeconds * 1000,
  });
}

/** Opens something sealed; what does not open is counted. */
function opening<T extends object>(turn: Turn, open: () => T): T | Promise<never> {
  try {
    return open();
  } catch (error) {
    return refuseSeal(turn, error);
  }
}

/** The state a mount or an event leads to, without rendering or sealing it. */
export async function resolve(runtime: Runtime, call: MountCall | EventCall): Promise<object> {
  const turn = beginTurn(runtime, call);
  try {
    if (!("event" in call)) {
      const definition = findDefinition(runtime, call.component);
      const id = call.id ?? freshInstanceId(definition.name, runtime.sealer);
      await admitCaller(turn, definition);
      const live = await construct(turn, definition, id, call.params ?? {});
      await firstState(live, turn);
      await admitInstance(turn, live);
      return live.component.state;
    }
    const { definition, event } = findEvent(runtime, call);
    await admitCaller(turn, definition, event);
    const revived = await revive(turn, definition, openSeal(turn, definition, call));
    await admitInstance(turn, revived.live, event);
    if (revived.stale !== undefined) throw new HydrantError(revived.stale);
    checkOffered(revived, event, call);
    const payload = await validPayload(turn, revived.live, event, call.payload ?? {});
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
  wanted: boolean,
): Promise<Outcome | OutcomeStream> {
  const revived = await revive(turn, definition, opened);
  const { live, stale } = revived;
  const admitting = admitInstance(turn, live, event);
  if (admitting !== undefined) await admitting;
  if (stale !== undefined) return answerStale(turn, live, stale, call);
  checkOffered(revived, event, call);
  const payload = await validPayload(turn, live, event, call.payload ?? {});
  if (payload.refusal !== undefined) return presentRefused(turn, live, payload.refusal);
  try {
    if (wanted) {
      const steps = await begin(live, event, payload.value, turn);
      const showRefusal = (error: HydrantError, seal: string): Promise<Outcome> => {
        const latest = seal === "" ? opened : openSeal(turn, definition, { ...call, state: seal });
        return answerRefused(turn, definition, error, call, latest);
      };
      if (steps !== undefined) return beginStream(turn, live, event, call, steps, showRefusal);
    } else await handle(live, event, payload.value, turn);
    await derive(live, turn);
    return await presentDone(turn, live);
  } catch (error) {
    if (!(error instanceof HydrantError)) throw error;
    if (error.code !== "invalid" && error.code !== "state_conflict") throw error;
    return answerRefused(turn, definition, error, call, opened);
  }
}

/** The handler refused what it was given, or another call wrote first: show how things stood, and why. */
async function answerRefused(
  turn: Turn,
  definition: Definition,
  error: HydrantError,
  call: EventCall,
  opened: OpenedSeal,
): Promise<Outcome> {
  Object.assign(turn.effects, noEffects());
  const { live } = await revive(turn, definition, opened);
  if (error.code === "state_conflict") return answerStale(turn, live, error.code, call);
  const refusal: Refusal = { errors: error.fields ?? { "": [error.message] }, submitted: call.payload ?? {} };
  await tell(turn, live, refusal, error.code, call);
  return presentRefused(turn, live, refusal);
}

/** Says why the event was not carried out, and keeps what was typed. */
async function answerStale(turn: Turn, live: LiveInstance, code: ErrorCode, call: EventCall): Promise<Outcome> {
  const refusal: Refusal = { errors: {}, submitted: call.payload ?? {} };
  await tell(turn, live, refusal, code, call);
  return presentStale(turn, live, code, refusal);
}

async function tell(
  turn: Turn,
  { component, definition }: LiveInstance,
  refusal: Refusal,
  code: ErrorCode,
  { event }: EventCall,
): Promise<void> {
  await runAuthored(turn, `${definition.name}.refused()`, () => component.refused(refusal, code, event));
}

/** @throws {HydrantError} `forbidden` for what the render that the state belongs to did not offer. */
function checkOffered({ live, offers }: Revived, event: EventDefinition, { payload = {} }: EventCall): void {
  if (!live.definition.sealedOffers || event.name === REFRESH || isOffered(offers, event.name, payload)) return;
  throw new HydrantError("forbidden", `${live.definition.name} did not offer "${event.name}" with these arguments`);
}
