import type { Frame, Outcome } from "./calls.js";
import { Append } from "./component.js";
import type { EventDefinition } from "./definition.js";
import { noEffects } from "./effects.js";
import { HydrantError } from "./errors.js";
import { escapeHtml, SafeHtml } from "./html.js";
import { placeId } from "./identity.js";
import { checkState, derive, handlerName, type LiveInstance, runAuthored } from "./instance.js";
import { appended, presentDone } from "./show.js";
import { fromText } from "./state.js";
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

type Step = IteratorResult<unknown> | "stopped";

/** A handler that yields, as frames. */
export interface HandlerFrames extends StreamControl {
  readonly frames: AsyncGenerator<Frame, void>;
}

/**
 * One frame for every `yield` and a last one. The next step is taken when the next frame is asked for, so a slow reader
 * slows the handler.
 */
export function framesOf(
  turn: Turn,
  begun: LiveInstance,
  event: EventDefinition,
  steps: AsyncIterable<unknown>,
): HandlerFrames {
  const { limits, clock } = turn.runtime;
  const iterator = steps[Symbol.asyncIterator]();
  const until = clock.now() + limits.streamMs;
  let live = begun;
  let number = 0;
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
    if (clock.now() > until) throw new HydrantError("timeout", `a stream took longer than ${limits.streamMs} ms`);
    turn.restart(limits.frameMs);
    return Promise.race([whenTold(), runAuthored(turn, handlerName(live, event), () => iterator.next())]);
  }

  /** Lets the handler's `finally` run, but does not wait for ever: what it waits for may never come. */
  async function close(reason: unknown): Promise<void> {
    turn.abort(reason);
    turn.restart(CLOSING_MS);
    try {
      await runAuthored(turn, handlerName(live, event), () => iterator.return?.());
    } catch (error) {
      if (error instanceof HydrantError && error.code === "timeout") {
        turn.runtime.log.warn(
          { component: live.definition.name, event: event.name },
          `a streaming handler did not end within ${CLOSING_MS} ms after it was stopped; let it heed this.signal`,
        );
      } else if (!isAbort(error, reason)) throw error;
    }
  }

  /** The seal on the page is now that of the frame before, and so is what stands in it. */
  async function after({ state }: Outcome): Promise<LiveInstance> {
    live.fills.clear();
    Object.assign(turn.effects, noEffects());
    if (state === "") return live;
    const { sealer, states } = turn.runtime;
    const binding = { purpose: "state", component: live.definition.name, subject: turn.subject } as const;
    const previous = fromText(sealer.unseal(binding, state).text);
    const origin = live.definition.stored ? (await states.hydrate(live.definition, previous)).origin : undefined;
    return { ...live, previous, origin };
  }

  async function show(value: unknown): Promise<Frame> {
    checkState(live, event);
    number++;
    if (value instanceof Append) {
      const { place, content } = value;
      const html = content instanceof SafeHtml ? content.value : escapeHtml(content);
      return { number, done: false, outcome: appended(live, html), append: placeId(live.id, place) };
    }
    await derive(live, turn);
    const outcome = await presentDone(turn, live);
    live = await after(outcome);
    return { number, done: outcome.kind === "redirect" || outcome.kind === "removed", outcome, append: undefined };
  }

  async function last(): Promise<Frame> {
    checkState(live, event);
    await derive(live, turn);
    return { number: number + 1, done: true, outcome: await presentDone(turn, live), append: undefined };
  }

  async function* frames(): AsyncGenerator<Frame, void> {
    let reason: unknown = new DOMException("the stream was left", "AbortError");
    let isOver = false;
    const signal = turn.signal();
    const leave = (): void => tell({ error: reasonOf(signal) });
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    try {
      for (;;) {
        const step = await next();
        if (step === "stopped") {
          signal.removeEventListener("abort", leave);
          await close(new DOMException("the stream was stopped", "AbortError"));
          turn.renew();
        }
        isOver = step === "stopped" || step.done === true;
        if (step === "stopped" || step.done === true) break;
        const frame = await show(step.value);
        yield frame;
        if (frame.done) return;
      }
      yield await last();
    } catch (error) {
      reason = error;
      throw error;
    } finally {
      if (!isOver) await close(reason);
      turn.end();
    }
  }

  return { frames: frames(), stop: () => tell({ stopped: true }), fail: (error) => tell({ error }) };
}

/** Either its time was over, or the caller left. */
function reasonOf({ reason }: AbortSignal): unknown {
  return reason instanceof HydrantError ? reason : new HydrantError("cancelled", undefined, { cause: reason });
}

function isAbort(error: unknown, reason: unknown): boolean {
  if (error === reason || (error instanceof Error && error.name === "AbortError")) return true;
  return error instanceof HydrantError && error.code === "cancelled";
}
