import {
  type Caller,
  type ComponentServer,
  type Failure,
  HydrantError,
  isWireName,
  type LastingCall,
  type LiveConnection,
  type Outcome,
  type OutcomeStream,
  PAGE_FIELD,
  type PostedEvent,
} from "../../core/index.js";
import type { EventMessage, Request } from "./incoming.js";
import { encode, type FailureParts, isShown, type UpdateParts, updateJson, updateTexts } from "./messages.js";

/** How a failure is answered. */
export interface Refusing extends FailureParts {
  readonly isHtmx?: boolean;
  readonly component?: string;
  /** What the code says of closing is meant for messages, not for what they ask for. */
  readonly keepOpen?: boolean;
}

/** What carries out a message needs of the socket it came through. */
export interface Answering {
  readonly server: ComponentServer;
  readonly base: string;
  /** Who asks now. @throws {HydrantError} `unauthenticated` where that is somebody else by now. */
  readonly caller: () => Promise<Caller>;
  readonly callerNow: LastingCall["callerNow"];
  /** What the page is told of changes through; another one after that has ended. */
  readonly connection: () => LiveConnection;
  /** What the page has seen where a message does not say. */
  readonly cursor: string | undefined;
  /** Aborts when the socket is lost. */
  readonly signal: AbortSignal;
  readonly send: (text: string) => void;
  readonly fail: (error: unknown, about: Refusing) => void;
  /** Resolves when the other side takes something. */
  readonly drained: () => Promise<void>;
}

/** How the answers to one message look. */
interface Wording {
  readonly component: string | undefined;
  readonly id: string | undefined;
  readonly isHtmx: boolean;
}

function posted({ state, payload = {} }: EventMessage): PostedEvent {
  if (typeof state !== "string") {
    throw new HydrantError("malformed", '"state" must be there, as a text: the seal of the instance.');
  }
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw new HydrantError("malformed", '"payload" must be an object.');
  }
  const { [PAGE_FIELD]: _page, ...fields } = payload as Readonly<Record<string, unknown>>;
  return { state, payload: fields };
}

function callOf({ base, signal, callerNow }: Answering, caller: Caller): LastingCall {
  return callerNow === undefined ? { caller, base, signal } : { caller, callerNow, base, signal };
}

/** Runs an event and answers with what it shows, then with its acknowledgement. */
export async function carryOutEvent(message: EventMessage, answering: Answering): Promise<void> {
  const { server } = answering;
  const { component, component_id: instance, event, id } = message;
  if (server.describe(component)?.events.has(event) !== true) throw new HydrantError("not_found");
  if (instance !== undefined && !isWireName(instance)) throw new HydrantError("not_found");
  const call = callOf(answering, await answering.caller());
  const answer = await server.stream({
    ...call,
    component,
    event,
    instance,
    idempotencyKey: id,
    read: async () => posted(message),
  });
  if (answer.kind === "stream") await showFrames(answer, message, answering);
  else show(answer, message, {}, answering);
  acknowledge(id, answering);
}

/** Goes on with a stream that another connection began. */
export async function resume(
  { ticket, after, component, id }: Extract<Request, { type: "component_resume" }>,
  answering: Answering,
): Promise<void> {
  const call = callOf(answering, await answering.caller());
  const stream = await answering.server.resumeStream({ ...call, ticket, after });
  await showFrames(stream, { component, id, isHtmx: false }, answering);
  acknowledge(id, answering);
}

export async function stop(
  { ticket, id }: Extract<Request, { type: "component_stop" }>,
  answering: Answering,
): Promise<void> {
  await answering.server.stopStream({ caller: await answering.caller(), ticket });
  acknowledge(id, answering);
}

export async function broadcast(
  { component, component_id: instance, state, change, id }: Extract<Request, { type: "broadcast" }>,
  answering: Answering,
): Promise<void> {
  const call = callOf(answering, await answering.caller());
  const { reached } = await answering.server.live.broadcast({ ...call, component, state, instance, change });
  answering.send(encode({ type: "ack", id, reached }));
}

function acknowledge(id: string | undefined, { send }: Answering): void {
  send(encode({ type: "ack", id }));
}

function failureOf(
  { code, refusal, kind }: Outcome,
  component: string | undefined,
  server: ComponentServer,
): Failure | undefined {
  if (code === undefined) return undefined;
  const fields = kind === "invalid" && refusal !== undefined ? { fields: refusal.errors } : {};
  return server.report(new HydrantError(code, undefined, fields), { component });
}

/** Sends what an outcome shows, and remembers the seals that the page holds from then on. */
function show(
  outcome: Outcome,
  { component, id, isHtmx }: Wording,
  frame: Partial<UpdateParts>,
  { server, send, connection }: Answering,
): void {
  const moved = (instance: string, state: string): void => connection().moved("", instance, state);
  if (isShown(outcome)) {
    const parts = { ...frame, component, id, failure: failureOf(outcome, component, server) };
    for (const text of isHtmx ? updateTexts(outcome, parts) : [updateJson(outcome, parts)]) send(text);
  }
  moved(outcome.component_id, outcome.state);
  for (const { target, instance } of outcome.partials) if (instance !== undefined) moved(target, instance.state);
}

/** One update for every frame, no faster than they are taken. Before them goes what the page can stop the stream with. */
async function showFrames(
  { frames, component_id, ticket, mode }: OutcomeStream,
  wording: Wording,
  answering: Answering,
): Promise<void> {
  const { component, id } = wording;
  answering.send(encode({ type: "component_stream", component_id, component, ticket, mode, id }));
  for await (const { number, done, append, outcome } of frames) {
    if (answering.signal.aborted) return;
    show(outcome, wording, { number, stream_done: done, append }, answering);
    await answering.drained();
  }
}
