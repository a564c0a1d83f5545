import { Append, type Component } from "./component.js";
import type { SlotContent } from "./composition.js";
import type { Definition, EventDefinition } from "./definition.js";
import { DefinitionError, HydrantError } from "./errors.js";
import { othersTurn } from "./ports/clock.js";
import { fieldErrors, type Schema, validate } from "./ports/schema.js";
import type { Origin, Snapshot } from "./state.js";
import { isAsyncIterable } from "./streaming.js";
import type { Turn } from "./turn.js";

/** An instance while a call is answered. */
export interface LiveInstance {
  readonly definition: Definition;
  readonly component: Component;
  readonly id: string;
  /** Params as the page gave them, before the schema. */
  readonly given: Readonly<Record<string, unknown>>;
  /** What was sealed last time; `undefined` for a new instance. */
  readonly previous: Snapshot | undefined;
  readonly origin: Origin | undefined;
  readonly fills: Map<string, SlotContent>;
}

const NO_PARAMS: object = Object.freeze({});

async function validParams(
  { settle }: Turn,
  definition: Definition,
  given: Readonly<Record<string, unknown>>,
): Promise<object> {
  if (definition.params === undefined) return NO_PARAMS;
  const result = await settle(validate(definition.params as Schema<unknown, object>, given));
  if (result.issues === undefined) return result.value;
  throw new HydrantError("invalid", `the params of ${definition.name} are not valid`, {
    fields: fieldErrors(result.issues),
  });
}

/** Step one of every call: an object of the author's class, made with its params. */
export async function construct(
  turn: Turn,
  definition: Definition,
  id: string,
  given: Readonly<Record<string, unknown>>,
  kept: Pick<LiveInstance, "previous" | "origin"> = { previous: undefined, origin: undefined },
): Promise<LiveInstance> {
  if (--turn.budget.instances < 0) {
    throw new HydrantError(
      "internal",
      `more than ${turn.runtime.limits.instances} components in one answer; see limits.instances`,
    );
  }
  const params = await validParams(turn, definition, given);
  const fills = new Map<string, SlotContent>();
  const component = new definition.componentClass({
    id,
    params,
    caller: turn.caller,
    signal: turn.signal,
    effects: turn.effects,
    fills,
    form: definition.form?.parts,
    uploads: turn.runtime.uploads,
  });
  return { definition, component, id, given, fills, ...kept };
}

/** Runs the author's code; whatever it throws that has no code of its own is `internal`. */
export function runAuthored<T>(turn: Turn, what: string, code: () => T | Promise<T>): T | Promise<T> {
  try {
    const value = turn.settle(code());
    return value instanceof Promise ? value.catch((cause) => failAuthored(turn, what, cause)) : value;
  } catch (cause) {
    return failAuthored(turn, what, cause);
  }
}

function failAuthored(turn: Turn, what: string, cause: unknown): never {
  if (cause instanceof HydrantError) throw cause;
  if (turn.cancelled() && isAbort(cause, turn)) {
    throw new HydrantError("cancelled", `${what} was cancelled`, { cause });
  }
  throw new HydrantError("internal", `${what} failed`, { cause });
}

/** Whether the code stopped because it was told to, and not for a fault of its own. */
function isAbort(cause: unknown, turn: Turn): boolean {
  return cause === turn.signal().reason || (cause instanceof Error && cause.name === "AbortError");
}

/** Gives the locked fields their values; they are never taken from a seal. */
export function derive(live: LiveInstance, turn: Turn): Promise<void> | undefined {
  return live.definition.locked.length === 0 ? undefined : deriveLocked(live, turn);
}

async function deriveLocked({ component, definition }: LiveInstance, turn: Turn): Promise<void> {
  const values = await runAuthored(turn, `${definition.name}.derive()`, () => component.derive());
  Object.assign(component.state, values);
}

/** Gives a new instance its first state. */
export async function firstState(live: LiveInstance, turn: Turn): Promise<void> {
  const { component, definition } = live;
  await runAuthored(turn, `${definition.name}.mount()`, () => component.mount(component.params));
  if (typeof component.state !== "object" || component.state === null) component.state = {};
  await derive(live, turn);
}

/**
 * Puts back the state of an earlier render.
 * @throws {HydrantError} `state_outdated` when the schema refuses it.
 */
export async function putBack(live: LiveInstance, state: object, turn: Turn): Promise<void> {
  const { component, definition } = live;
  component.state = state;
  await derive(live, turn);
  if (definition.state !== undefined) {
    const result = await turn.settle(validate(definition.state as Schema<unknown, object>, component.state));
    if (result.issues !== undefined) {
      throw new HydrantError("state_outdated", undefined, { cause: result.issues });
    }
    component.state = result.value;
  }
  await runAuthored(turn, `${definition.name}.hydrated()`, () => component.hydrated());
}

/** Runs the handler. A generator runs to its end; only its last state is shown. */
export async function handle(live: LiveInstance, event: EventDefinition, payload: unknown, turn: Turn): Promise<void> {
  const steps = await begin(live, event, payload, turn);
  if (steps !== undefined) {
    await runAuthored(turn, handlerName(live, event), () => runToEnd(steps, turn));
    checkState(live, event);
  }
}

/** Calls the handler. @returns what a generator yields; nothing where the handler is done. */
export async function begin(
  live: LiveInstance,
  event: EventDefinition,
  payload: unknown,
  turn: Turn,
): Promise<AsyncIterable<unknown> | undefined> {
  const answer = await runAuthored(turn, handlerName(live, event), () => event.handler.call(live.component, payload));
  if (isAsyncIterable(answer)) return answer;
  checkState(live, event);
  return undefined;
}

export function handlerName({ definition }: LiveInstance, { name }: EventDefinition): string {
  return `${definition.name}.on_${name}()`;
}

/** @throws {DefinitionError} for a handler that put something in the place of the state that cannot be one. */
export function checkState(live: LiveInstance, event: EventDefinition): void {
  const { state } = live.component;
  if (typeof state === "object" && state !== null) return;
  throw new DefinitionError(`${handlerName(live, event)} left this.state as ${String(state)}; it must stay an object.`);
}

/** What a step asks for ends or stays as it would in a stream; only nothing of it is shown before the end. */
async function runToEnd(steps: AsyncIterable<unknown>, turn: Turn): Promise<void> {
  const { effects } = turn;
  let isShown = false;
  for await (const step of steps) {
    turn.signal().throwIfAborted();
    isShown ||= !effects.unchanged;
    effects.unchanged = false;
    if (!(step instanceof Append) && (effects.removed || effects.redirect !== undefined)) return;
    await othersTurn();
  }
  // What an earlier step had to show is on no page yet.
  if (isShown) effects.unchanged = false;
}
