import { admitCaller, refuseSeal } from "./admit.js";
import type { CallContext, EventCall, Outcome, OutcomeStream, ResumeCall } from "./calls.js";
import type { EventDefinition } from "./definition.js";
import { HydrantError } from "./errors.js";
import { findEvent } from "./find.js";
import { framesOf, type HandlerFrames } from "./frames.js";
import type { LiveInstance } from "./instance.js";
import { watchRights } from "./rights.js";
import type { Runtime } from "./runtime.js";
import { openStream, sealStream } from "./tickets.js";
import { beginTurn, type Turn } from "./turn.js";

/** A handler that yields goes on after the call was answered: under a name, watched, and kept where it can be resumed. */
export function beginStream(
  turn: Turn,
  live: LiveInstance,
  event: EventDefinition,
  call: EventCall,
  steps: AsyncIterable<unknown>,
): OutcomeStream {
  const { definition, id } = live;
  const { sealer, streams } = turn.runtime;
  const resumable = definition.stream === "resume";
  const name = sealer.randomName(26);
  // A kept stream outlives the connection it began on.
  if (resumable) turn.detach();
  const handler = framesOf(turn, live, event, steps);
  const reading = resumable ? streams.journalled(name, handler) : streams.direct(name, handler);
  const ticket = sealStream(turn, { instance: id, name, component: definition.name, event: event.name, resumable });
  const frames = whileAllowed(reading, call, (lost) => watchRights(turn, call, definition, event, lost));
  return { kind: "stream", component_id: id, name, ticket, mode: definition.stream, frames };
}

/** The frames, as long as the caller is there and may see them. */
async function* whileAllowed(
  { frames, fail }: HandlerFrames,
  { signal: given }: CallContext,
  watch: (lost: (error: unknown) => void) => () => void,
): OutcomeStream["frames"] {
  const cancel = watch(fail);
  const signal = typeof given === "function" ? given() : given;
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

/** The rest of a stream for the person it was for: open → admit → read what is kept. */
export async function resumeStream(runtime: Runtime, call: ResumeCall): Promise<OutcomeStream> {
  const turn = beginTurn(runtime, call);
  try {
    const opened = await opening(turn, call.ticket);
    if (!opened.resumable) throw new HydrantError("not_found");
    const { definition, event } = findEvent(runtime, opened);
    await admitCaller(turn, definition, event);
    const reading = runtime.streams.read(opened.name, call.after);
    const frames = whileAllowed(reading, call, (lost) => watchRights(turn, call, definition, event, lost));
    const { instance: component_id, name } = opened;
    return { kind: "stream", component_id, name, ticket: call.ticket, mode: "resume", frames };
  } finally {
    turn.end();
  }
}

/** Ends a stream for the person it was for; what it has shown by then stays. */
export async function stopStream(runtime: Runtime, call: Pick<ResumeCall, "caller" | "ticket">): Promise<void> {
  const turn = beginTurn(runtime, call);
  const { name } = await opening(turn, call.ticket);
  await runtime.streams.stop(name);
}

async function opening(turn: Turn, ticket: string): Promise<ReturnType<typeof openStream>> {
  try {
    return openStream(turn, ticket);
  } catch (error) {
    return refuseSeal(turn, error);
  }
}
