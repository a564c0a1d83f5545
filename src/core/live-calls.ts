import { admitCaller, admitInstance, countCall, refuseSeal } from "./admit.js";
import type { Caller } from "./caller.js";
import type { CallContext } from "./calls.js";
import { decode, encode } from "./codec.js";
import type { Definition } from "./definition.js";
import { DefinitionError, ERRORS, HydrantError } from "./errors.js";
import { findDefinition } from "./find.js";
import { derive, type LiveInstance, runAuthored } from "./instance.js";
import type { LiveConnection } from "./live/connection.js";
import { Groups } from "./live/groups.js";
import { type Admitted, instanceTopic, isTopic } from "./live/items.js";
import {
  type Changes,
  endOfSeal,
  NO_SEAL,
  type RenderedPush,
  type SubscribeRequest,
  type Subscription,
} from "./live/subscription.js";
import { fieldErrors, type Schema, validate } from "./ports/schema.js";
import { checkCaps, openSeal, type Revived, revive } from "./revive.js";
import { isSame, sameCaller } from "./rights.js";
import type { Runtime } from "./runtime.js";
import { presentDone, presentStale } from "./show.js";
import { beginTurn, type Turn } from "./turn.js";

/** Asks that an instance on a page be told of changes. */
export interface SubscribeCall extends CallContext, SubscribeRequest {}

/** Asks that something be published under the topics of an instance. */
export interface BroadcastCall extends SubscribeCall {
  readonly change: unknown;
}

/** A subscription that may be made, and how the instance stands. */
export interface AdmittedInstance extends Admitted {
  /** Its seal was too old to be used, so it has to be rendered again. */
  readonly stale: boolean;
}

async function opened(turn: Turn, definition: Definition, { state, instance }: SubscribeRequest): Promise<Revived> {
  const call = { caller: turn.caller, component: definition.name, event: "", state, instance };
  try {
    return await revive(turn, definition, openSeal(turn, definition, call));
  } catch (error) {
    return refuseSeal(turn, error);
  }
}

/** The topics of an instance. @throws {DefinitionError} for a name that cannot be one. */
function topicsOf(turn: Turn, { component, definition }: LiveInstance): readonly string[] {
  const question = { params: component.params as never, caller: turn.caller };
  const names: unknown = definition.topics?.(question) ?? [];
  if (!Array.isArray(names)) {
    throw new DefinitionError(`${definition.name}.topics() gave ${typeof names}; it must give a list of names.`);
  }
  for (const name of names) {
    if (isTopic(name)) continue;
    throw new DefinitionError(
      `${definition.name}.topics() gave ${JSON.stringify(name)}; a topic is a text of 1 to 200 characters that does not begin with "_".`,
    );
  }
  return names;
}

/** A subscription begins like an event: find → admit → open seal → hydrate → admit to the instance. */
export async function admitSubscription(runtime: Runtime, call: SubscribeCall): Promise<AdmittedInstance> {
  const definition = findDefinition(runtime, call.component);
  const turn = beginTurn(runtime, call);
  try {
    await admitCaller(turn, definition);
    const { live, stale } = await opened(turn, definition, call);
    await admitInstance(turn, live);
    const topics = [...topicsOf(turn, live), instanceTopic(live.id)];
    return { component: definition.name, id: live.id, seal: call.state, topics, stale: stale !== undefined };
  } finally {
    turn.end();
  }
}

/** How often a push is made anew because an event wrote the stored state meanwhile. */
const MOST_TRIES = 3;

/** What a page is sent when something changed. @throws {HydrantError} as `dispatch`. */
export async function renderPush(
  runtime: Runtime,
  subscription: Subscription,
  changes: Changes,
): Promise<RenderedPush> {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    try {
      return await renderOnce(runtime, subscription, changes);
    } catch (error) {
      if (!(error instanceof HydrantError) || error.code !== "state_conflict") throw error;
    }
  }
  throw new HydrantError("unavailable", `${subscription.component} was written to faster than it could be pushed`);
}

/** Admit → open seal → hydrate → admit → tell the instance → present. */
async function renderOnce(runtime: Runtime, subscription: Subscription, changes: Changes): Promise<RenderedPush> {
  const { component, seal, id, connection } = subscription;
  const definition = findDefinition(runtime, component);
  const begun = beginTurn(runtime, callOf(connection));
  try {
    // Whoever lost a right a moment ago is shown nothing more.
    const turn = connection.call.callerNow === undefined ? begun : await sameCaller(begun, connection.call);
    connection.caller = turn.caller;
    const admitting = admitCaller(turn, definition);
    if (admitting !== undefined) await admitting;
    const { live, stale } = await opened(turn, definition, { component, state: seal, instance: id });
    const admittingToIt = admitInstance(turn, live);
    if (admittingToIt !== undefined) await admittingToIt;
    // Stored state that is newer than the seal is no reason to warn: it is what is to be shown.
    if (stale !== undefined && stale !== "state_conflict") {
      return { outcome: await presentStale(turn, live, stale, { errors: {}, submitted: {} }), base: NO_SEAL };
    }
    for (const [topic, change] of changes) {
      const own = copyOf(change, runtime);
      await runAuthored(turn, `${definition.name}.changed()`, () => live.component.changed(own, topic));
    }
    await derive(live, turn);
    return { outcome: await presentDone(turn, live), base: endOfSeal(seal) };
  } finally {
    begun.end();
  }
}

/** One change goes to many instances. What one of them makes of it must not be seen by the others. */
function copyOf(change: unknown, { limits }: Runtime): unknown {
  return typeof change === "object" && change !== null ? decode(encode(change, limits.stateDepth)) : change;
}

function callOf({ caller, call: { base } }: LiveConnection): CallContext {
  return base === undefined ? { caller } : { caller, base };
}

/**
 * Whether a piece may go to an instance as it is: where rights depend on the instance, only rendering can tell. What takes
 * its time or fails here is asked once more there, and said there. Never throws: the piece has others to go to.
 */
export function mayAppend(runtime: Runtime, { component, connection }: Subscription): boolean {
  const definition = findDefinition(runtime, component);
  if (definition.byObject.length > 0) return false;
  if (definition.permissions.length === 0) return true;
  try {
    const now = connection.call.callerNow?.() ?? connection.caller;
    if (now instanceof Promise) {
      now.catch(() => {});
      return false;
    }
    if (!isSame(now, connection.subject)) return false;
    const admitting = admitCaller(beginTurn(runtime, { caller: now }), definition);
    admitting?.catch(() => {});
    return admitting === undefined;
  } catch {
    return false;
  }
}

/** Whether seeing an instance depends on who asks. */
export function hasRights(runtime: Runtime, { component }: Subscription): boolean {
  const { permissions, byObject } = findDefinition(runtime, component);
  return permissions.length + byObject.length > 0;
}

/** Asks again for everything a connection is told of, and ends what its caller may no longer see. Never rejects. */
export async function stillAllowed(runtime: Runtime, connection: LiveConnection): Promise<void> {
  const turn = beginTurn(runtime, connection.call);
  try {
    turn.restart(mostMs(runtime));
    connection.caller = (await sameCaller(turn, connection.call)).caller;
    const byComponent = new Groups<Subscription>();
    for (const one of connection.subscriptions) {
      if (hasRights(runtime, one)) byComponent.join(one.component, one);
    }
    // Side by side, so that a question that is not answered does not put off the others.
    await Promise.all([
      ...[...byComponent].map(([name, all]) => stillAdmitted(runtime, connection, name, all)),
      ...[...connection.listening].map((topic) => stillListening(runtime, connection, topic)),
    ]);
  } catch (error) {
    if (error instanceof HydrantError && ERRORS[error.code].status < 500) connection.end(error.code);
    else runtime.log.error({ error }, "whether a live page may still be seen could not be asked");
  } finally {
    turn.end();
  }
}

/** Milliseconds one question about rights may take, so that losing one is noticed soon after the next is asked. */
function mostMs({ limits }: Runtime): number {
  return Math.min(limits.callMs, limits.rightsMs / 2);
}

async function stillAdmitted(
  runtime: Runtime,
  connection: LiveConnection,
  name: string,
  all: Iterable<Subscription>,
): Promise<void> {
  const definition = findDefinition(runtime, name);
  const turn = beginTurn(runtime, callOf(connection));
  turn.restart(mostMs(runtime));
  const lost = await refusalOf(turn, async () => admitCaller(turn, definition));
  for (const one of all) {
    const error =
      lost ?? (definition.byObject.length === 0 ? undefined : await instanceRefusalOf(turn, definition, one));
    if (error !== undefined) connection.refuse(one, error);
  }
  turn.end();
}

async function stillListening(runtime: Runtime, connection: LiveConnection, topic: string): Promise<void> {
  const turn = beginTurn(runtime, callOf(connection));
  turn.restart(mostMs(runtime));
  const error = await refusalOf(turn, async () => {
    await mayListen(turn, topic);
  });
  if (error !== undefined) connection.mute(topic, error);
  turn.end();
}

function instanceRefusalOf(
  turn: Turn,
  definition: Definition,
  { component, seal, id }: Subscription,
): Promise<HydrantError | undefined> {
  turn.restart();
  return refusalOf(turn, async () => {
    const { live } = await opened(turn, definition, { component, state: seal, instance: id });
    await admitInstance(turn, live);
  });
}

/** What refuses it. What merely failed refuses nothing, and is asked again soon. */
async function refusalOf({ runtime }: Turn, ask: () => Promise<void>): Promise<HydrantError | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (error instanceof HydrantError && ERRORS[error.code].status < 500) return error;
    runtime.log.error({ error }, "whether something live may still be seen could not be asked");
    return undefined;
  }
}

/** What a page wants to publish: count → admit → open seal → hydrate → admit → validate. @returns the topics it goes to. */
export async function admitBroadcast(
  runtime: Runtime,
  call: BroadcastCall,
): Promise<{ readonly topics: readonly string[]; readonly change: unknown }> {
  const definition = findDefinition(runtime, call.component);
  const turn = beginTurn(runtime, call);
  try {
    await countCall(turn, definition);
    await admitCaller(turn, definition);
    const { live } = await opened(turn, definition, call);
    await admitInstance(turn, live);
    if (definition.broadcast === undefined) {
      throw new HydrantError("forbidden", `${definition.name} does not declare \`static broadcast\``);
    }
    checkCaps({ change: call.change }, runtime.limits.payloadDepth, runtime.limits.payloadNodes);
    const result = await turn.settle(validate(definition.broadcast as Schema, call.change));
    if (result.issues !== undefined) {
      throw new HydrantError("invalid", undefined, { fields: fieldErrors(result.issues) });
    }
    return { topics: topicsOf(turn, live), change: result.value };
  } finally {
    turn.end();
  }
}

/** Whether a caller may listen to a topic itself. @throws {HydrantError} `forbidden`, `unauthenticated`, `timeout`. */
export async function admitListening(runtime: Runtime, caller: Caller, topic: unknown): Promise<string> {
  const turn = beginTurn(runtime, { caller });
  try {
    return await mayListen(turn, topic);
  } finally {
    turn.end();
  }
}

async function mayListen({ runtime, caller, settle }: Turn, topic: unknown): Promise<string> {
  const isAllowed = isTopic(topic) && (await settle(runtime.topicAccess(topic, caller))) === true;
  if (!isAllowed) throw new HydrantError(caller.user === null ? "unauthenticated" : "forbidden");
  return topic;
}
