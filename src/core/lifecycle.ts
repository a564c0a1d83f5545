import type {
  CallContext,
  EventCall,
  Fragment,
  HeldInstance,
  MountCall,
  Outcome,
  PagePartial,
  TicketCall,
} from "./calls.js";
import { isWithinCaps } from "./codec.js";
import type { Definition, EventDefinition } from "./definition.js";
import { type ErrorCode, HydrantError } from "./errors.js";
import { escapeHtml } from "./html.js";
import { freshInstanceId, siblingId } from "./identity.js";
import { construct, derive, firstState, handle, type LiveInstance, putBack } from "./instance.js";
import { fieldErrors, validate } from "./ports/schema.js";
import { type Presentation, type Presented, type Presenter, present } from "./present.js";
import { once } from "./receipts.js";
import type { Runtime } from "./runtime.js";
import type { OpenedSeal } from "./seal.js";
import { fromText, type Snapshot } from "./state.js";
import { openTicket, sealTicket } from "./tickets.js";
import { beginTurn, type Turn, type TurnOptions } from "./turn.js";
import type { Placement, Refusal } from "./view.js";

// --- the stories ---

/** A new instance: find → (admit) → construct → mount → present. */
export async function mount(runtime: Runtime, call: MountCall): Promise<Outcome> {
  const definition = findDefinition(runtime, call.component);
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
    return await once(turn, call, opened.instance, () => answerEvent(turn, definition, event, call, opened));
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
    const payload = await validPayload(runtime, event, call.payload ?? {});
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
  if (stale !== undefined) return presentStale(turn, live, stale);
  const payload = await validPayload(turn.runtime, event, call.payload ?? {});
  if (payload.refusal !== undefined) return presentRefused(turn, live, payload.refusal);
  try {
    await handle(live, event, payload.value, turn);
    await derive(live, turn);
    return await presentDone(turn, live);
  } catch (error) {
    if (!(error instanceof HydrantError)) throw error;
    if (error.code !== "invalid" && error.code !== "state_conflict") throw error;
    // The handler refused what it was given, or another call wrote first: show how things stood, and why.
    const again = await revive(turn, definition, opened);
    if (error.code === "state_conflict") return presentStale(turn, again.live, error.code);
    const errors = error.fields ?? { "": [error.message] };
    return presentRefused(turn, again.live, { errors, submitted: call.payload ?? {} });
  }
}

// --- find ---

function findDefinition(runtime: Runtime, name: string): Definition {
  const definition = runtime.definitions.get(name);
  if (definition === undefined) throw new HydrantError("not_found");
  return definition;
}

function findEvent(runtime: Runtime, call: EventCall): { definition: Definition; event: EventDefinition } {
  const definition = findDefinition(runtime, call.component);
  const event = definition.events.get(call.event);
  if (event === undefined) throw new HydrantError("not_found");
  return { definition, event };
}

// --- open, hydrate, validate ---

function openSeal(turn: Turn, definition: Definition, call: EventCall): OpenedSeal {
  const binding = { purpose: "state", component: definition.name, subject: turn.subject } as const;
  return turn.runtime.sealer.unseal(binding, call.state, call.instance);
}

interface Revived {
  readonly live: LiveInstance;
  /** Why the state could not be used as it came; the instance then stands as it was mounted, or as it is stored. */
  readonly stale: ErrorCode | undefined;
}

/** The instance an opened seal speaks of, with its state in place. */
async function revive(turn: Turn, definition: Definition, opened: OpenedSeal): Promise<Revived> {
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
    return { live, stale: kept.conflict ? "state_conflict" : undefined };
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
    return { live, stale };
  } catch (cause) {
    // The params no longer fit either; all that is left is to say so.
    if (cause instanceof HydrantError && cause.code === "invalid") throw new HydrantError(stale, undefined, { cause });
    throw cause;
  }
}

type Validated =
  | { readonly value: unknown; readonly refusal?: undefined }
  | { readonly value?: undefined; readonly refusal: Refusal };

async function validPayload(
  { limits }: Runtime,
  { schema }: EventDefinition,
  payload: Readonly<Record<string, unknown>>,
): Promise<Validated> {
  if (!isWithinCaps(payload, limits.payloadDepth, { nodes: limits.payloadNodes })) {
    throw new HydrantError(
      "malformed",
      "The request has too many fields, nests them too deep, or uses a name that is not allowed.",
    );
  }
  if (schema === null) return { value: {} };
  const result = await validate(schema, payload);
  if (result.issues === undefined) return { value: result.value };
  return { refusal: { errors: fieldErrors(result.issues), submitted: payload } };
}

// --- present ---

function presenterOf(turn: Turn): Presenter {
  const { sealer, states } = turn.runtime;
  return {
    async seal({ definition, id, origin }, snapshot) {
      const text = states.dehydrate(definition, id, snapshot, origin);
      const binding = { purpose: "state", component: definition.name, subject: turn.subject } as const;
      return sealer.seal(binding, id, typeof text === "string" ? text : await text);
    },
    placeChild: (placement, id, level) => placeChild(turn, placement, id, level),
  };
}

async function placeChild(turn: Turn, placement: Placement, id: string, level: number): Promise<Presented> {
  const { composition, lazy } = placement;
  if (level > turn.runtime.limits.nesting) {
    throw new HydrantError(
      "internal",
      `components are nested more than ${turn.runtime.limits.nesting} levels deep; see limits.nesting`,
    );
  }
  const definition = findDefinition(turn.runtime, composition.component);
  const held = turn.held.get(id);
  if (held?.component === definition.name)
    return presentHeld(turn, definition, held, { slots: composition.slots, level });
  if (lazy !== undefined) return presentLazy(turn, definition, id, placement);
  return presentNew(turn, definition, id, composition.params, { slots: composition.slots, level });
}

async function presentNew(
  turn: Turn,
  definition: Definition,
  id: string,
  params: Readonly<Record<string, unknown>>,
  presentation: Presentation,
): Promise<Presented> {
  const live = await construct(turn, definition, id, params);
  await firstState(live, turn);
  return present(live, turn, presenterOf(turn), presentation);
}

/** An instance that was answered before and is shown again, in the page it stands in. */
async function presentHeld(
  turn: Turn,
  definition: Definition,
  { state, refusal, notice }: HeldInstance,
  presentation: Presentation,
): Promise<Presented> {
  const binding = { purpose: "state", component: definition.name, subject: turn.subject } as const;
  const { live } = await revive(turn, definition, turn.runtime.sealer.unseal(binding, state));
  return present(live, turn, presenterOf(turn), { ...presentation, refusal, notice });
}

/** An empty place that the browser fills when it gets there; without JavaScript it holds a link. */
function presentLazy(turn: Turn, definition: Definition, id: string, { composition, lazy }: Placement): Presented {
  const ticket = sealTicket(turn, definition, id, composition.params);
  const url = escapeHtml(`${turn.base}/${definition.name}?ticket=${ticket}`);
  const html =
    `<div id="${id}" data-lazy hx-get="${url}" hx-trigger="${lazy?.when ?? "load"}" hx-target="this"` +
    ` hx-swap="outerMorph" hx-sync="this:drop" hx-vals="">${lazy?.placeholder ?? ""}` +
    `<noscript><a href="${url}">Show</a></noscript></div>`;
  return { tag: "div", fragment: { html, state: "", component_id: id, slots: {} }, partials: [] };
}

async function presentDone(turn: Turn, live: LiveInstance): Promise<Outcome> {
  const { effects } = turn;
  if (effects.redirect !== undefined) return without(turn, live, "redirect", 200);
  if (effects.removed) return without(turn, live, "removed", 200);
  if (effects.unchanged && effects.refresh.length === 0) return without(turn, live, "nothing", 204);
  return conclude(turn, await present(live, turn, presenterOf(turn), {}), { kind: "done", status: 200 }, live.id);
}

async function presentRefused(turn: Turn, live: LiveInstance, refusal: Refusal): Promise<Outcome> {
  const presented = await present(live, turn, presenterOf(turn), { refusal });
  return conclude(turn, presented, { kind: "invalid", status: 422, code: "invalid", refusal });
}

async function presentStale(turn: Turn, live: LiveInstance, code: ErrorCode): Promise<Outcome> {
  const presented = await present(live, turn, presenterOf(turn), { notice: code });
  return conclude(turn, presented, { kind: "stale", status: 409, code });
}

// --- conclude ---

type Ending = Pick<Outcome, "kind" | "status"> & Partial<Pick<Outcome, "code" | "refusal">>;

/** Mounts what was asked to be refreshed, and hands over the outcome. */
async function conclude(turn: Turn, presented: Presented, ending: Ending, id?: string): Promise<Outcome> {
  const refreshed = id === undefined ? [] : await refreshOthers(turn, id);
  return outcome(turn, presented.fragment, [...presented.partials, ...refreshed], ending);
}

async function refreshOthers(turn: Turn, id: string): Promise<PagePartial[]> {
  const partials: PagePartial[] = [];
  for (const { key, component, params } of turn.effects.refresh) {
    const definition = findDefinition(turn.runtime, component);
    const target = siblingId(id, key, turn.runtime.sealer);
    const { fragment } = await presentNew(turn, definition, target, params, {});
    const instance = { component, state: fragment.state };
    partials.push({ target, swap: "outerMorph", html: fragment.html, instance });
  }
  return partials;
}

function without(turn: Turn, { id }: LiveInstance, kind: "redirect" | "removed" | "nothing", status: number): Outcome {
  const nothing: Fragment = { html: "", state: "", component_id: id, slots: {} };
  return outcome(turn, nothing, [], { kind, status });
}

function outcome(turn: Turn, fragment: Fragment, partials: readonly PagePartial[], ending: Ending): Outcome {
  const { redirect, pushUrl, replaceUrl, trigger } = turn.effects;
  const ended: Ending = redirect === undefined ? ending : { kind: "redirect", status: 200 };
  return {
    ...fragment,
    ...(redirect === undefined ? {} : { html: "", state: "" }),
    kind: ended.kind,
    status: ended.status,
    effects: { redirect, pushUrl, replaceUrl, trigger },
    partials: redirect === undefined ? partials : [],
    code: ended.code,
    refusal: ended.refusal,
  };
}
