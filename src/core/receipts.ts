import type { EventCall, Frame, Outcome, OutcomeStream } from "./calls.js";
import { ERRORS, HydrantError } from "./errors.js";
import type { Receipt } from "./ports/receipt-store.js";
import { attachStream } from "./stream-calls.js";
import type { Turn } from "./turn.js";

const LONGEST_KEY = 200;

/**
 * Carries an intent out at most once: the same key with the same payload gets the stored answer.
 * The state is not part of the comparison, because the client puts the newest one on a queued request.
 * @throws {HydrantError} `key_reused` for the same key with another payload.
 */
export async function once(
  turn: Turn,
  call: EventCall,
  instance: string,
  run: () => Promise<Outcome | OutcomeStream>,
): Promise<Outcome | OutcomeStream> {
  const idempotencyKey = call.idempotencyKey ?? intentOf(turn, call);
  if (idempotencyKey === undefined) return run();
  if (idempotencyKey === "" || idempotencyKey.length > LONGEST_KEY) {
    throw new HydrantError("malformed", `An Idempotency-Key has 1 to ${LONGEST_KEY} characters.`);
  }
  const { receipts, receiptMs, sealer } = turn.runtime;
  const key = `${turn.subject}\0${call.component}\0${instance}\0${idempotencyKey}`;
  // A payload may hold a password, and receipts lie in a store.
  const digest = sealer.fingerprint(`${call.event} ${JSON.stringify(call.payload)}`);
  const begun = await receipts.begin(key, digest, receiptMs).catch(failUnavailable);
  if (begun.status === "mismatch") throw new HydrantError("key_reused");
  if (begun.status === "done") return replay(turn, call, begun.receipt);
  const finish = (receipt: Receipt): Promise<void> => note(turn, () => receipts.finish(key, receipt));
  const fail = async (error: unknown): Promise<never> => {
    // The caller left and the handler stopped for that; a retry may do the work.
    if (error instanceof HydrantError && error.code === "cancelled") await note(turn, () => receipts.abandon(key));
    else await finish({ failure: failureOf(error) });
    throw error;
  };
  const outcome = await run().catch(fail);
  if (outcome.kind !== "stream") {
    await finish({ outcome });
    return outcome;
  }
  if (outcome.mode !== "resume") return { ...outcome, frames: noted(turn, outcome.frames, finish, fail) };
  const { name, ticket, component_id } = outcome;
  await finish({ stream: { name, ticket, component_id } });
  return outcome;
}

/**
 * What a stream ends in is the answer to its intent. Where it was left before, or nobody takes even the first frame, the
 * intent was not carried out.
 */
function noted(
  { runtime: { clock, limits } }: Turn,
  frames: OutcomeStream["frames"],
  finish: (receipt: Receipt) => Promise<void>,
  fail: (error: unknown) => Promise<never>,
): OutcomeStream["frames"] {
  const cancel = clock.after(limits.graceMs, () => void noting.return());
  const noting = noteEnd(frames, cancel, finish, fail);
  // What never began would not see that it was left.
  void noting.next();
  return noting as OutcomeStream["frames"];
}

/** Its first step is none of the stream: there it waits for whoever takes the frames. */
async function* noteEnd(
  frames: OutcomeStream["frames"],
  taken: () => void,
  finish: (receipt: Receipt) => Promise<void>,
  fail: (error: unknown) => Promise<never>,
): AsyncGenerator<Frame | undefined, void> {
  let isNoted = false;
  try {
    yield undefined;
    taken();
    for await (const frame of frames) {
      if (frame.done) await finish({ outcome: frame.outcome });
      isNoted ||= frame.done;
      yield frame;
    }
  } catch (error) {
    if (isNoted) throw error;
    isNoted = true;
    await fail(error);
  } finally {
    taken();
    if (!isNoted) await fail(new HydrantError("cancelled")).catch(() => {}); // it throws what it notes
  }
}

/** Without JavaScript a page loaded again sends what it sent before: the seal, which no other render has, tells. */
function intentOf({ runtime }: Turn, { onceBySeal, state, event, payload }: EventCall): string | undefined {
  return onceBySeal === true ? runtime.sealer.fingerprint(`${state} ${event} ${JSON.stringify(payload)}`) : undefined;
}

function failureOf(error: unknown): NonNullable<Receipt["failure"]> {
  return error instanceof HydrantError
    ? { code: error.code, message: error.message }
    : { code: "internal", message: ERRORS.internal.text };
}

/** The work is done and its answer stands; a store that is down by now only makes a retry unsafe. */
async function note({ runtime }: Turn, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    runtime.log.warn({ error }, "the end of an intent could not be noted; a retry of it would wait or run it again");
  }
}

function failUnavailable(cause: unknown): never {
  throw new HydrantError("unavailable", undefined, { cause, retryAfter: 5 });
}

function replay({ runtime }: Turn, call: EventCall, { outcome, failure, stream }: Receipt): Outcome | OutcomeStream {
  if (failure !== undefined) throw new HydrantError(failure.code, failure.message);
  return stream === undefined ? (outcome as Outcome) : attachStream(runtime, call, stream);
}
