import type { Definition, EventDefinition } from "./definition.js";
import { ERRORS, HydrantError } from "./errors.js";
import type { Guard } from "./guards.js";
import { construct, type LiveInstance, runAuthored } from "./instance.js";
import { countedAs, type Limit } from "./limits.js";
import { admitsAll, type BasePermission, type Question } from "./permissions.js";
import type { LimitVerdict } from "./ports/limit-store.js";
import type { Turn } from "./turn.js";

type Step = void | Promise<void>;

/** The first step of every event and of every mount by address: is it still within the limits? */
export function countCall(turn: Turn, { limits }: Guard): Step {
  if (limits.length > 0) return countAll(turn, limits);
}

async function countAll(turn: Turn, limits: readonly Limit[]): Promise<void> {
  for (const limit of limits) await count(turn, limit);
}

/** Whether the caller may do it, as far as that can be said without the state. */
export function admitCaller(turn: Turn, definition: Definition, event?: EventDefinition): Step {
  return demand(turn, definition, event, undefined, (event ?? definition).permissions);
}

/** Whether the caller may do it to this very instance. */
export function admitInstance(turn: Turn, live: LiveInstance, event?: EventDefinition): Step {
  return demand(turn, live.definition, event, live, (event ?? live.definition).byObject);
}

/** Whether it was made in an earlier call of the same person, whose rights may be others by now. */
function isKept({ caller }: Turn, { component }: LiveInstance): boolean {
  return component.caller !== caller;
}

/** What is kept, as it would stand in this call. */
async function inThisCall(turn: Turn, { component, definition, id, given }: LiveInstance): Promise<LiveInstance> {
  const anew = await construct(turn, definition, id, given);
  // Functions among its fields may be about the object they were made in.
  const data = Object.entries(component).filter(([, value]) => typeof value !== "function");
  Object.assign(anew.component, Object.fromEntries(data), { caller: turn.caller });
  return anew;
}

function questionOf(
  { caller }: Turn,
  { name, componentClass }: Definition,
  event: EventDefinition | undefined,
  live: LiveInstance | undefined,
): Question {
  const action = event === undefined ? "mount" : "event";
  return {
    request: { caller, component: name, action, event: event?.name },
    componentClass,
    instance: live?.component,
  };
}

function demand(
  turn: Turn,
  definition: Definition,
  event: EventDefinition | undefined,
  live: LiveInstance | undefined,
  permissions: readonly BasePermission[],
): Step {
  if (permissions.length === 0) return;
  if (live !== undefined && isKept(turn, live)) {
    return inThisCall(turn, live).then((anew) => demand(turn, definition, event, anew, permissions));
  }
  const question = questionOf(turn, definition, event, live);
  const answer = runAuthored(turn, `a permission of ${definition.name}`, () => admitsAll(permissions, question));
  return typeof answer === "boolean" ? refuseUnless(answer, turn) : answer.then((it) => refuseUnless(it, turn));
}

function refuseUnless(admitted: boolean, { caller }: Turn): void {
  if (!admitted) throw new HydrantError(caller.user === null ? "unauthenticated" : "forbidden");
}

/** Names of the events that this instance would refuse now, for `can()` and for what `on()` offers. */
export async function refusedEvents(turn: Turn, live: LiveInstance): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  const { guarded } = live.definition;
  const asked = guarded.length > 0 && isKept(turn, live) ? await inThisCall(turn, live) : live;
  for (const event of guarded) if (!(await wouldAdmit(turn, asked, event))) refused.add(event.name);
  return refused;
}

async function wouldAdmit(turn: Turn, live: LiveInstance, event: EventDefinition): Promise<boolean> {
  const question = questionOf(turn, live.definition, event, live);
  try {
    return await runAuthored(turn, `a permission of ${live.definition.name}.on_${event.name}()`, () =>
      admitsAll(event.own, question),
    );
  } catch (error) {
    // A permission may say no with a code of its own; what failed on our side is no answer.
    if (error instanceof HydrantError && ERRORS[error.code].status < 500) return false;
    throw error;
  }
}

/** A seal that did not open: counted, so that nobody can try for ever. @throws {HydrantError} always. */
export async function refuseSeal(turn: Turn, error: unknown): Promise<never> {
  const { sealFailures } = turn.runtime.admission;
  const isFailure = error instanceof HydrantError && error.code === "state_invalid";
  if (isFailure && sealFailures !== undefined) await count(turn, sealFailures);
  throw error;
}

async function count(turn: Turn, limit: Limit): Promise<void> {
  const { name, window } = limit;
  const verdict = await consume(turn, limit);
  if (verdict === undefined || verdict.allowed) return;
  const reset = Math.max(1, Math.ceil(verdict.resetMs / 1000));
  throw new HydrantError("rate_limited", sentence(reset), {
    retryAfter: reset,
    limit: { name, points: window.points, seconds: window.seconds, reset },
  });
}

function sentence(seconds: number): string {
  if (seconds > 90) return `Too many requests. Please try again in ${Math.ceil(seconds / 60)} minutes.`;
  return `Too many requests. Please try again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
}

/** @returns `undefined` when the store is down and the policy lets calls through then. */
async function consume(turn: Turn, limit: Limit): Promise<LimitVerdict | undefined> {
  const { runtime, caller } = turn;
  const { store, whenDown } = runtime.admission;
  if (store === undefined) return undefined;
  const key = `${limit.name} ${countedAs(limit, caller)}`;
  try {
    return await within(turn, store.consume(key, limit.window));
  } catch (cause) {
    const fields = { limit: limit.name, policy: whenDown, error: cause };
    runtime.log.error(fields, "the limit store is down");
    if (whenDown === "allow") return undefined;
    throw new HydrantError("unavailable", undefined, { cause, retryAfter: 5 });
  }
}

/** A store that does not answer counts as down. */
async function within({ runtime: { clock, limits } }: Turn, answer: Promise<LimitVerdict>): Promise<LimitVerdict> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(limits.storeMs, () => reject(new Error(`no answer within ${limits.storeMs} ms`)));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    cancel();
  }
}
