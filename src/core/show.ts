import { admitCaller, admitInstance, refusedEvents } from "./admit.js";
import type { Fragment, HeldInstance, Outcome, PagePartial } from "./calls.js";
import type { Definition } from "./definition.js";
import { ERRORS, type ErrorCode, HydrantError } from "./errors.js";
import { findDefinition } from "./find.js";
import { escapeHtml } from "./html.js";
import { childId, siblingId } from "./identity.js";
import { construct, firstState, type LiveInstance } from "./instance.js";
import { type KeptMount, mountKey } from "./mount-cache.js";
import { PAGE_FIELD } from "./names.js";
import { type Presentation, type Presented, type Presenter, prepare, present } from "./present.js";
import { revive } from "./revive.js";
import type { Snapshot } from "./state.js";
import { sealFile, sealTicket } from "./tickets.js";
import type { Turn } from "./turn.js";
import type { Placement, Refusal } from "./view.js";

function presenterOf(turn: Turn): Presenter {
  const { sealer, states } = turn.runtime;
  return {
    refusedEvents: (live) => refusedEvents(turn, live),
    sealFile: (component, file) => sealFile(turn, component, file),
    seal({ definition, id, origin }, snapshot) {
      const binding = { purpose: "state", component: definition.name, subject: turn.subject } as const;
      const seal = (text: string): string => sealer.seal(binding, id, text);
      const text = states.dehydrate(definition, id, snapshot, origin);
      return typeof text === "string" ? seal(text) : text.then(seal);
    },
    placeChild: (placement, id, level) => placeChild(turn, placement, id, level),
  };
}

/** The place of an instance that took itself off the page. */
const NOT_SHOWN: Presented = {
  tag: "",
  fragment: { html: "", state: "", component_id: "", slots: {} },
  partials: [],
  alone: true,
};

export async function placeChild(turn: Turn, placement: Placement, id: string, level: number): Promise<Presented> {
  const { composition, lazy } = placement;
  if (level > turn.runtime.limits.nesting) {
    throw new HydrantError(
      "internal",
      `components are nested more than ${turn.runtime.limits.nesting} levels deep; see limits.nesting`,
    );
  }
  const definition = findDefinition(turn.runtime, composition.component);
  const held = turn.held.get(id);
  if (held?.removed === true) return NOT_SHOWN;
  if (held?.component === definition.name)
    return presentHeld(turn, definition, held, { slots: composition.slots, level });
  if (lazy !== undefined) return presentLazy(turn, definition, id, placement);
  return presentPlaced(turn, definition, id, composition.params, { slots: composition.slots, level });
}

/** Why a component may not be there for one visitor, while the page around it is. */
const NOT_FOR_ALL: ReadonlySet<ErrorCode> = new Set(["unauthenticated", "forbidden", "not_found"]);

/** A component that a page or a parent placed: who may not see it sees why, and all the rest of the page. */
async function presentPlaced(
  turn: Turn,
  definition: Definition,
  id: string,
  params: Readonly<Record<string, unknown>>,
  presentation: Presentation,
): Promise<Presented> {
  try {
    return await presentNew(turn, definition, id, params, presentation);
  } catch (error) {
    const isRefused = error instanceof HydrantError && NOT_FOR_ALL.has(error.code);
    if (!isRefused) throw error;
    turn.runtime.log.info(
      { component: definition.name, instance: id, code: error.code },
      "a placed component was refused",
    );
    const html = `<div id="${id}" data-refused="${error.code}"><p>${escapeHtml(ERRORS[error.code].text)}</p></div>`;
    return { tag: "div", fragment: { html, state: "", component_id: id, slots: {} }, partials: [], alone: true };
  }
}

/** A new instance: admit → from what is kept, or construct → mount → admit to the instance → present. */
export async function presentNew(
  turn: Turn,
  definition: Definition,
  id: string,
  params: Readonly<Record<string, unknown>>,
  presentation: Presentation,
): Promise<Presented> {
  await admitCaller(turn, definition);
  const key = hasSlots(presentation) ? undefined : mountKey(turn, definition, id, params);
  const kept = key === undefined ? undefined : turn.runtime.mounts.get(key);
  if (kept !== undefined && (await isStillAllowed(turn, kept))) return sealedAnew(turn, definition, kept);
  const live = await construct(turn, definition, id, params);
  await firstState(live, turn);
  await admitInstance(turn, live);
  const presented = await present(live, turn, presenterOf(turn), presentation);
  if (key !== undefined && presented.alone && isOnlyShown(turn)) {
    const { mounts, sealSeconds } = turn.runtime;
    mounts.set(key, { presented, live }, Math.min(definition.cache?.seconds ?? 0, sealSeconds));
  }
  return presented;
}

/** Whether nothing was asked for beside the HTML, which what is kept could not bring again. */
function isOnlyShown({ effects: { redirect, pushUrl, replaceUrl, trigger } }: Turn): boolean {
  return [redirect, pushUrl, replaceUrl].every((path) => path === undefined) && Object.keys(trigger).length === 0;
}

function hasSlots({ slots = {} }: Presentation): boolean {
  return Object.keys(slots).length > 0;
}

/** Rights may have changed since: those to the instance, and those to the events it shows. */
async function isStillAllowed(turn: Turn, { live, presented }: KeptMount): Promise<boolean> {
  await admitInstance(turn, live);
  const refused = await refusedEvents(turn, live);
  return refused.size === presented.refused?.size && [...refused].every((event) => presented.refused?.has(event));
}

/** Every showing has a seal of its own: without JavaScript the seal tells one intent from another. */
function sealedAnew(turn: Turn, definition: Definition, { presented }: KeptMount): Presented {
  const { sealer } = turn.runtime;
  const { fragment } = presented;
  const binding = { purpose: "state", component: definition.name, subject: turn.subject } as const;
  const state = sealer.seal(binding, fragment.component_id, sealer.unseal(binding, fragment.state).text);
  return { ...presented, fragment: { ...fragment, state, html: fragment.html.replaceAll(fragment.state, state) } };
}

/** An instance that was answered before and is shown again, in the page it stands in. */
export async function presentHeld(
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
  const page = turn.page === undefined ? "" : escapeHtml(`&${PAGE_FIELD}=${encodeURIComponent(turn.page)}`);
  const html =
    `<div id="${id}" data-lazy hx-get="${url}" hx-trigger="${lazy?.when ?? "load"}" hx-target="this"` +
    ` hx-swap="outerMorph" hx-sync="this:drop" hx-vals="">${lazy?.placeholder ?? ""}` +
    `<noscript><a href="${url}${page}">Show</a></noscript></div>`;
  return { tag: "div", fragment: { html, state: "", component_id: id, slots: {} }, partials: [], alone: true };
}

/** What an event ends in. @param sealed Told what was sealed, where something was. */
export async function presentDone(
  turn: Turn,
  live: LiveInstance,
  sealed?: (snapshot: Snapshot) => void,
): Promise<Outcome> {
  const asked = unshown(turn, live);
  if (asked !== undefined) return asked;
  const preparing = prepare(live, turn);
  if (preparing !== undefined) await preparing;
  // It may have found out that there is nothing to show any more.
  const found = unshown(turn, live);
  if (found !== undefined) return found;
  const presentation = sealed === undefined ? PREPARED : { isPrepared: true, sealed };
  const presented = await present(live, turn, presenterOf(turn), presentation);
  return conclude(turn, presented, { kind: "done", status: 200 }, live);
}

const PREPARED: Presentation = { isPrepared: true };

/** What the author's code asked for in place of a render. */
function unshown(turn: Turn, live: LiveInstance): Outcome | undefined {
  const { effects } = turn;
  if (effects.redirect !== undefined) return without(turn, live, "redirect", 200);
  if (effects.removed) return without(turn, live, "removed", 200);
  if (effects.unchanged && effects.refresh.length === 0) return without(turn, live, "nothing", 204);
  return undefined;
}

export async function presentRefused(turn: Turn, live: LiveInstance, given: Refusal): Promise<Outcome> {
  const refusal = withoutSecrets(live, given);
  const presented = await present(live, turn, presenterOf(turn), { refusal });
  return conclude(turn, presented, { kind: "invalid", status: 422, code: "invalid", refusal }, live);
}

/** A piece of a stream that is no root: the seal on the page stays. */
export function appended({ id }: LiveInstance, html: string): Outcome {
  return {
    html,
    state: "",
    component_id: id,
    slots: {},
    kind: "done",
    status: 200,
    effects: { redirect: undefined, pushUrl: undefined, replaceUrl: undefined, trigger: {} },
    partials: [],
    code: undefined,
    refusal: undefined,
  };
}

/** Shows how things stand, and why the event was not carried out. */
export async function presentStale(turn: Turn, live: LiveInstance, code: ErrorCode, given: Refusal): Promise<Outcome> {
  const refusal = withoutSecrets(live, given);
  const presented = await present(live, turn, presenterOf(turn), { notice: code, refusal });
  return conclude(turn, presented, { kind: "stale", status: 409, code, refusal }, live);
}

/** A form knows which of its fields must not be kept; an outcome lies in the receipt store for a while. */
function withoutSecrets({ definition, component }: LiveInstance, refusal: Refusal): Refusal {
  return definition.form === undefined ? refusal : definition.form.shown(component, refusal);
}

// --- conclude ---

type Ending = Pick<Outcome, "kind" | "status"> & Partial<Pick<Outcome, "code" | "refusal">>;

/** Mounts what was asked to be refreshed, and hands over the outcome. */
export async function conclude(turn: Turn, presented: Presented, ending: Ending, by?: LiveInstance): Promise<Outcome> {
  const refreshed = by === undefined ? [] : await refreshOthers(turn, by);
  return outcome(turn, presented.fragment, [...presented.partials, ...refreshed], ending);
}

async function refreshOthers(turn: Turn, by: LiveInstance): Promise<PagePartial[]> {
  const { sealer } = turn.runtime;
  const partials: PagePartial[] = [];
  for (const { key, component, params } of turn.effects.refresh) {
    const definition = findDefinition(turn.runtime, component);
    const isChild = Object.hasOwn(by.previous?.children ?? {}, key);
    const target = isChild ? childId(by.id, key, sealer) : siblingId(by.id, key, sealer);
    const { fragment } = await presentPlaced(turn, definition, target, params, {});
    const instance = fragment.state === "" ? {} : { instance: { component, state: fragment.state } };
    partials.push({ target, swap: "outerMorph", html: fragment.html, ...instance });
  }
  return partials;
}

function without(turn: Turn, { id }: LiveInstance, kind: "redirect" | "removed" | "nothing", status: number): Outcome {
  const nothing: Fragment = { html: "", state: "", component_id: id, slots: {} };
  return outcome(turn, nothing, [], { kind, status });
}

function outcome(turn: Turn, fragment: Fragment, partials: readonly PagePartial[], ending: Ending): Outcome {
  const { redirect, pushUrl, replaceUrl, trigger } = turn.effects;
  const stays = redirect === undefined;
  // Field by field: spreading objects of several shapes costs as much as a cipher.
  return {
    html: stays ? fragment.html : "",
    state: stays ? fragment.state : "",
    component_id: fragment.component_id,
    slots: fragment.slots,
    kind: stays ? ending.kind : "redirect",
    status: stays ? ending.status : 200,
    effects: { redirect, pushUrl, replaceUrl, trigger },
    partials: stays ? partials : [],
    code: stays ? ending.code : undefined,
    refusal: stays ? ending.refusal : undefined,
  };
}
