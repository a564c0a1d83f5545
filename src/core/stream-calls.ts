import { refuseSeal } from "./admit.js";
import type { CallContext, EventCall, Outcome, OutcomeStream, ResumeCall } from "./calls.js";
import type { EventDefinition } from "./definition.js";
import { HydrantError } from "./errors.js";
import { findEvent } from "./find.js";
import { framesOf, type ShowRefusal } from "./frames.js";
import type { LiveInstance } from "./instance.js";
import type { Receipt } from "./ports/receipt-store.js";
import { admitAgain, type LastingEvent, watchRights } from "./rights.js";
import type { Runtime } from "./runtime.js";
import type { Reading } from "./stream-reading.js";
import { openStream, type StreamTicket, sealStream } from "./tickets.js";
import { beginTurn, type Turn } from "./turn.js";

/**
 * A handler that yields goes on after the call was answered: under a name, watched, and kept where it can be resumed.
 * @throws {HydrantError} `unavailable` where nothing can be kept; then the handler has not begun.
 */
export async function beginStream(
  turn: Turn,
  live: LiveInstance,
  event: EventDefinition,
  call: EventCall,
  steps: AsyncIterable<unknown>,
  showRefusal: ShowRefusal,
): Promise<OutcomeStream> {
  const { runtime } = turn;
  const { definition, id } = live;
  const resumable = definition.stream === "resume";
  const name = runtime.sealer.randomName(26);
  // A kept stream outlives the connection it began on.
  if (resumable) turn.detach();
  const handler = framesOf(turn, live, event, steps, showRefusal);
  const reading = resumable
    ? await runtime.streams.journalled(name, call.state, handler)
    : runtime.streams.direct(name, handler);
  const ticket = sealStream(turn, { instance: id, name, component: definition.name, event: event.name, resumable });
  const frames = whileAllowed(runtime, call, { definition, event, seal: call.state }, reading);
  return { kind: "stream", component_id: id, name, ticket, mode: definition.stream, frames };
}

/** The frames, as long as the caller is there and may see them. */
async function* whileAllowed(
  runtime: Runtime,
  call: CallContext,
  event: LastingEvent,
  { frames, fail }: Reading,
): OutcomeStream["frames"] {
  const cancel = watchRights(runtime, call, event, fail);
  const signal = typeof call.signal === "function" ? call.signal() : call.signal;
  const leave = (): void => fail(new HydrantError("cancelled"));
  if (signal?.aborted === true) leave();
  else signal?.addEventListener("abort", leave, { once: true });
  try {
    yield* frames;
  } finally {
    signal?.removeEventListener("abort", leave);
    cancel();
  }
}

/** The last frame alone, where no stream is wanted. */
export async function lastOutcome({ frames }: OutcomeStream): Promise<Outcome> {
  for await (const { done, outcome } of frames) if (done) return outcome;
  throw new HydrantError("internal", "a stream ended without a last frame");
}

/** A kept stream that an earlier call of the same intent began, from its beginning. */
export function attachStream(
  runtime: Runtime,
  call: EventCall,
  { name, ticket, component_id }: NonNullable<Receipt["stream"]>,
): OutcomeStream {
  const event = { ...findEvent(runtime, call), seal: call.state };
  const frames = whileAllowed(runtime, call, event, runtime.streams.read(name, 0));
  return { kind: "stream", component_id, name, ticket, mode: "resume", frames };
}

/** The rest of a stream for the person it was for: open → find what is kept → admit → read. */
export async function resumeStream(runtime: Runtime, call: ResumeCall): Promise<OutcomeStream> {
  const ticket = await opened(runtime, call);
  if (!ticket.resumable) throw new HydrantError("not_found");
  const { name, instance: component_id } = ticket;
  const event = { ...findEvent(runtime, ticket), seal: await runtime.streams.sealOf(name) };
  await admitAgain(runtime, call, event);
  const frames = whileAllowed(runtime, call, event, runtime.streams.read(name, call.after));
  return { kind: "stream", component_id, name, ticket: call.ticket, mode: "resume", frames };
}

/** Ends a stream for the person it was for; what it has shown by then stays. */
export async function stopStream(runtime: Runtime, call: Pick<ResumeCall, "caller" | "ticket">): Promise<void> {
  const { name } = await opened(runtime, call);
  await runtime.streams.stop(name);
}

async function opened(
  runtime: Runtime,
  { caller, ticket }: Pick<ResumeCall, "caller" | "ticket">,
): Promise<StreamTicket> {
  const turn = beginTurn(runtime, { caller });
  try {
    return openStream(turn, ticket);
  } catch (error) {
    return await refuseSeal(turn, error);
  } finally {
    turn.end();
  }
}
