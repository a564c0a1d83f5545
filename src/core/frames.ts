import type { Frame, Outcome, OutcomeEffects } from "./calls.js";
import { Append } from "./component.js";
import type { EventDefinition } from "./definition.js";
import { HydrantError } from "./errors.js";
import { escapeHtml, SafeHtml } from "./html.js";
import { placeId } from "./identity.js";
import { checkState, derive, handlerName, type LiveInstance, runAuthored } from "./instance.js";
import { othersTurn } from "./ports/clock.js";
import { appended, presentDone } from "./show.js";
import { fromText, type Snapshot } from "./state.js";
import type { Turn } from "./turn.js";

/** Milliseconds a stopped handler has for its `finally`. */
const CLOSING_MS = 5000;

/** Told from outside while the handler runs. */
export interface StreamControl {
  /** Ends the handler; what it has shown by then is shown once more, with its state, as the last frame. */
  readonly stop: () => void;
  /** Ends the handler with an error. */
  readonly fail: (error: unknown) => void;
}

/** A value, the end, or what the handler refused to go on for. */
type Step = IteratorResult<unknown> | "stopped" | HydrantError;

/** Shows how things stand and why the handler went no further. @param seal That of the last frame; empty for none. */
export type ShowRefusal = (error: HydrantError, seal: string) => Promise<Outcome>;

/** A handler that yields, as frames. */
export interface HandlerFrames extends StreamControl {
  readonly frames: AsyncGenerator<Frame, void>;
  /** Resolves when the handler has ended, or has had its time for that, after the frames have. */
  readonly ended: () => Promise<void>;
}

/** What ends an answer and has no place before its end. */
const NO_EFFECTS: OutcomeEffects = { redirect: undefined, pushUrl: undefined, replaceUrl: undefined, trigger: {} };

/**
 * One frame for every `yield` and a last one. The next step is taken when the next frame is asked for, so a slow reader
 * slows the handler.
 */
export function framesOf(
  turn: Turn,
  begun: LiveInstance,
  event: EventDefinition,
  steps: AsyncIterable<unknown>,
  showRefusal: ShowRefusal,
): HandlerFrames {
  const { limits, clock } = turn.runtime;
  const iterator = steps[Symbol.asyncIterator]();
  const until = clock.now() + limits.streamMs;
  let live = begun;
  let shown = "";
  let number = 0;
  let closing: Promise<void> = Promise.resolve();
  // The step that was running when it was told to end: what it fails with is told to nobody else.
  let inFlight: Promise<IteratorResult<unknown>> | undefined;
  // What came from outside while nothing was waited for, and who waits now. One promise for each step: a race with one
  // that lasts would keep every step until the stream ends.
  let told: { readonly stopped: true } | { readonly error: unknown } | undefined;
  let waiting: (() => void) | undefined;

  function tell(what: NonNullable<typeof told>): void {
    told ??= what;
    waiting?.();
  }

  async function whenTold(): Promise<"stopped"> {
    if (told === undefined)
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
    if (told !== undefined && "error" in told) throw told.error;
    return "stopped";
  }

  async function next(): Promise<Step> {
    // Not a step more once it is told to end.
    if (told !== undefined) return whenTold();
    if (clock.now() > until) throw new HydrantError("timeout", `a stream took longer than ${limits.streamMs} ms`);
    turn.restart(limits.frameMs);
    const step = runAuthored(turn, handlerName(live, event), () => {
      inFlight = iterator.next();
      return inFlight;
    });
    try {
      return await Promise.race([whenTold(), step]);
    } catch (error) {
      const isRefusal = told === undefined && error instanceof HydrantError && error.code === "invalid";
      if (isRefusal) return error;
      throw error;
    } finally {
      if (told === undefined) inFlight = undefined;
    }
  }

  /** Lets the handler's `finally` run, but does not wait for ever: what it waits for may never come. */
  async function close(reason: unknown): Promise<void> {
    turn.abort(reason);
    turn.restart(CLOSING_MS);
    try {
      await runAuthored(turn, handlerName(live, event), async () => {
        await Promise.all([inFlight, iterator.return?.()]);
      });
    } catch (error) {
      if (error instanceof HydrantError && error.code === "timeout") {
        turn.runtime.log.warn(
          { component: live.definition.name, event: event.name },
          `a streaming handler did not end within ${CLOSING_MS} ms after it was stopped; let it heed this.signal`,
        );
      } else if (!isAbort(error, turn.signal().reason)) throw error;
    }
  }

  /** Ends the handler when nothing more of it is shown. */
  async function leave(reason: unknown): Promise<void> {
    try {
      await close(reason);
    } catch (error) {
      const names = { component: live.definition.name, event: event.name };
      turn.runtime.log.error({ ...names, error }, "a streaming handler failed while it was ended");
    } finally {
      turn.end();
    }
  }

  /** The seal on the page is now that of the frame before, and so is what stands in it. */
  async function after({ state }: Outcome, sealed: Snapshot | undefined): Promise<LiveInstance> {
    live.fills.clear();
    // Every frame is an answer of its own, but what has no place in one stays for the last.
    Object.assign(turn.effects, { refresh: [], removed: false, unchanged: false });
    turn.budget.instances = limits.instances;
    if (state === "" || sealed === undefined) return live;
    shown = state;
    // The state itself goes on in the component; what is in the seal is only read where another call opens it.
    if (!live.definition.stored) return { ...live, previous: { ...sealed, state: undefined } };
    const { sealer, states } = turn.runtime;
    const binding = { purpose: "state", component: live.definition.name, subject: turn.subject } as const;
    const previous = fromText(sealer.unseal(binding, state).text);
    const { origin, conflict } = await states.hydrate(live.definition, previous);
    if (conflict) throw new HydrantError("state_conflict");
    return { ...live, previous, origin };
  }

  async function show(value: unknown): Promise<Frame> {
    checkState(live, event);
    number++;
    if (value instanceof Append) {
      const { place, content } = value;
      turn.effects.unchanged = false;
      const html = content instanceof SafeHtml ? content.value : escapeHtml(content);
      return { number, done: false, outcome: appended(live, html), append: placeId(live.id, place) };
    }
    await derive(live, turn);
    let sealed: Snapshot | undefined;
    const outcome = await presentDone(turn, live, (snapshot) => {
      sealed = snapshot;
    });
    const done = outcome.kind === "redirect" || outcome.kind === "removed";
    if (done) return { number, done, outcome, append: undefined };
    live = await after(outcome, sealed);
    return { number, done, outcome: { ...outcome, effects: NO_EFFECTS }, append: undefined };
  }

  async function last(): Promise<Frame> {
    checkState(live, event);
    await derive(live, turn);
    return { number: number + 1, done: true, outcome: await presentDone(turn, live), append: undefined };
  }

  /** What the handler refused is answered as ever; what it has shown by then stands. */
  async function refused(error: HydrantError): Promise<Frame> {
    return { number: number + 1, done: true, outcome: await showRefusal(error, shown), append: undefined };
  }

  function frameOf(step: Step): Promise<Frame> {
    if (step instanceof HydrantError) return refused(step);
    return step === "stopped" || step.done === true ? last() : show(step.value);
  }

  /** What the handler has shown stands; what follows has a time and a signal of its own. */
  async function stopped(): Promise<void> {
    await close(new DOMException("the stream was stopped", "AbortError"));
    turn.renew();
    turn.restart(limits.frameMs);
  }

  async function* frames(): AsyncGenerator<Frame, void> {
    const signal = turn.signal();
    const leaving = (): void => tell({ error: reasonOf(signal) });
    if (signal.aborted) leaving();
    else signal.addEventListener("abort", leaving, { once: true });
    let isEnded = false;
    try {
      for (;;) {
        const step = await next();
        if (step === "stopped") {
          signal.removeEventListener("abort", leaving);
          await stopped();
        }
        isEnded = step === "stopped" || step instanceof HydrantError || step.done === true;
        const frame = await frameOf(step);
        // While it is read no time is counted.
        turn.end();
        yield frame;
        if (frame.done) return;
        await othersTurn();
      }
    } catch (error) {
      isEnded = true;
      // Whoever waits for a frame is told at once, however long the handler takes to end.
      closing = leave(error);
      throw error;
    } finally {
      if (!isEnded) {
        closing = leave(new DOMException("the stream was left", "AbortError"));
        await closing;
      }
    }
  }

  return {
    frames: frames(),
    stop: () => tell({ stopped: true }),
    fail: (error) => tell({ error }),
    ended: () => closing,
  };
}

/** Either its time was over, or the caller left. */
function reasonOf({ reason }: AbortSignal): unknown {
  return reason instanceof HydrantError ? reason : new HydrantError("cancelled", undefined, { cause: reason });
}

/** Whether the handler ended because it was told to, and not for a fault of its own. */
function isAbort(error: unknown, reason: unknown): boolean {
  const thrown = error instanceof HydrantError && error.code === "internal" ? error.cause : error;
  if (thrown === reason || (thrown instanceof Error && thrown.name === "AbortError")) return true;
  return error instanceof HydrantError && error.code === "cancelled";
}
