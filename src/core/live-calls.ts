import { admitCaller, admitInstance, countCall, refuseSeal } from "./admit.js";
import type { Caller } from "./caller.js";
import type { CallContext } from "./calls.js";
import type { Definition } from "./definition.js";
import { DefinitionError, ERRORS, HydrantError } from "./errors.js";
import { findDefinition } from "./find.js";
import { derive, type LiveInstance, runAuthored } from "./instance.js";
import type { LiveConnection, RenderedPush, SubscribeRequest, Subscription } from "./live/connection.js";
import { type Admitted, instanceTopic, isTopic } from "./live/items.js";
import { fieldErrors, type Schema, validate } from "./ports/schema.js";
import { checkCaps, openSeal, type Revived, revive } from "./revive.js";
import { sameCaller } from "./rights.js";
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
  const names = definition.topics?.(question) ?? [];
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

/** What a page is sent when something changed: admit → open seal → hydrate → admit → tell the instance → present. */
export async function renderPush(
  runtime: Runtime,
  { component, seal, id, connection }: Subscription,
  changes: ReadonlyMap<string, unknown>,
): Promise<RenderedPush> {
  const definition = findDefinition(runtime, component);
  const turn = beginTurn(runtime, callOf(connection));
  try {
    const admitting = admitCaller(turn, definition);
    if (admitting !== undefined) await admitting;
    const { live, stale } = await opened(turn, definition, { component, state: seal, instance: id });
    const admittingToIt = admitInstance(turn, live);
    if (admittingToIt !== undefined) await admittingToIt;
    if (stale !== undefined) {
      return { outcome: await presentStale(turn, live, stale, { errors: {}, submitted: {} }), base: 0 };
    }
    for (const [topic, change] of changes) {
      await runAuthored(turn, `${definition.name}.changed()`, () => live.component.changed(change, topic));
    }
    await derive(live, turn);
    return { outcome: await presentDone(turn, live), base: live.previous?.rev ?? 0 };
  } finally {
    turn.end();
  }
}

function callOf({ caller, call: { base } }: LiveConnection): CallContext {
  return base === undefined ? { caller } : { caller, base };
}

/** Whether a piece may go to an instance as it is: where rights depend on the instance, only rendering can tell. */
export function mayAppend(runtime: Runtime, { component, connection }: Subscription): boolean {
  const definition = findDefinition(runtime, component);
  if (definition.byObject.length > 0) return false;
  if (definition.permissions.length === 0) return true;
  const turn = beginTurn(runtime, callOf(connection));
  try {
    return admitCaller(turn, definition) === undefined;
  } catch (error) {
    // Rendering finds the same, and says it.
    if (error instanceof HydrantError) return false;
    throw error;
  }
}

/** Asks again for everything a connection is told of, and ends what its caller may no longer see. */
export async function stillAllowed(runtime: Runtime, connection: LiveConnection): Promise<void> {
  const turn = beginTurn(runtime, connection.call);
  try {
    const asked = await sameCaller(turn, connection.call);
    connection.caller = asked.caller;
    const known = new Map<string, HydrantError | undefined>();
    for (const one of [...connection.subscriptions]) {
      if (!known.has(one.component)) known.set(one.component, await refusalOf(asked, one));
      const error = known.get(one.component) ?? (await instanceRefusalOf(asked, one));
      if (error !== undefined) connection.refuse(one, error);
    }
  } catch (error) {
    if (error instanceof HydrantError && ERRORS[error.code].status < 500) connection.end(error.code);
    else runtime.log.error({ error }, "whether a live page may still be seen could not be asked");
  } finally {
    turn.end();
  }
}

function refusalOf(turn: Turn, { component }: Subscription): Promise<HydrantError | undefined> {
  return refused(async () => admitCaller(turn, findDefinition(turn.runtime, component)));
}

async function instanceRefusalOf(turn: Turn, { component, seal, id }: Subscription): Promise<HydrantError | undefined> {
  const definition = findDefinition(turn.runtime, component);
  if (definition.byObject.length === 0) return undefined;
  return refused(async () => {
    const { live } = await opened(turn, definition, { component, state: seal, instance: id });
    await admitInstance(turn, live);
  });
}

/** What refuses it; what merely failed refuses nothing. */
async function refused(ask: () => Promise<void>): Promise<HydrantError | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (error instanceof HydrantError && ERRORS[error.code].status < 500) return error;
    throw error;
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

/** Whether a caller may listen to a topic itself. @throws {HydrantError} `forbidden`. */
export async function admitListening(runtime: Runtime, caller: Caller, topic: unknown): Promise<string> {
  const isAllowed = isTopic(topic) && (await runtime.topicAccess(topic, caller)) === true;
  if (!isAllowed) throw new HydrantError(caller.user === null ? "unauthenticated" : "forbidden");
  return topic;
}
