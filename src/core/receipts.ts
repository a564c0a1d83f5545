import type { EventCall, Outcome } from "./calls.js";
import { ERRORS, HydrantError } from "./errors.js";
import type { Receipt } from "./ports/receipt-store.js";
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
  run: () => Promise<Outcome>,
): Promise<Outcome> {
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
  if (begun.status === "done") return replay(begun.receipt);
  const outcome = await run().catch(async (error: unknown) => {
    // The caller left and the handler stopped for that; a retry may do the work.
    if (error instanceof HydrantError && error.code === "cancelled") await note(turn, () => receipts.abandon(key));
    else await note(turn, () => receipts.finish(key, { failure: failureOf(error) }));
    throw error;
  });
  await note(turn, () => receipts.finish(key, { outcome }));
  return outcome;
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

function replay({ outcome, failure }: Receipt): Outcome {
  if (failure !== undefined) throw new HydrantError(failure.code, failure.message);
  return outcome as Outcome;
}
