import { type Caller, subjectOf } from "./caller.js";
import type { CallContext, HeldInstance } from "./calls.js";
import { type Effects, noEffects } from "./effects.js";
import { HydrantError } from "./errors.js";
import type { Runtime } from "./runtime.js";

/** One call while it is answered. */
export interface Turn {
  readonly runtime: Runtime;
  readonly caller: Caller;
  /** What the caller's seals are bound to. */
  readonly subject: string;
  readonly base: string;
  readonly wholePage: boolean;
  /** Path of that page, when it is known. */
  readonly page: string | undefined;
  readonly held: ReadonlyMap<string, HeldInstance>;
  /** Shared by all instances of the call. */
  readonly effects: Effects;
  /** Components that may still be mounted. */
  readonly budget: { instances: number };
  readonly signal: () => AbortSignal;
  /** Waits for the author's code, but not longer than the call may take. */
  readonly settle: <T>(value: T | Promise<T>) => T | Promise<T>;
  /** Whether the caller left. */
  readonly cancelled: () => boolean;
  /** Begins the turn's time anew: after a body has arrived in a time of its own, and for every step of a stream. */
  readonly restart: (ms?: number) => void;
  /** Tells the author's code to stop. */
  readonly abort: (reason: unknown) => void;
  /** The call goes on without its caller. */
  readonly detach: () => void;
  /** A signal that was not told yet, for what runs after the author's code was stopped. */
  readonly renew: () => void;
  /** Ends the turn's clock. */
  readonly end: () => void;
}

/** A promise, or what a query builder returns in its place. */
function waits<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value;
}

const NOTHING_HELD: ReadonlyMap<string, HeldInstance> = new Map();

export interface TurnOptions {
  readonly wholePage?: boolean | undefined;
  readonly page?: string | undefined;
  readonly held?: readonly HeldInstance[] | undefined;
}

export function beginTurn(
  runtime: Runtime,
  call: CallContext,
  { wholePage = false, page, held }: TurnOptions = {},
): Turn {
  let { signal: given } = call;
  let leaving: AbortSignal | undefined;
  let controller: AbortController | undefined;
  let cancelTimer: (() => void) | undefined;
  let over: Promise<never> | undefined;
  let isDetached = false;
  let allowedMs = runtime.limits.callMs;

  function outer(): AbortSignal | undefined {
    leaving ??= typeof given === "function" ? given() : given;
    return leaving;
  }

  function signal(): AbortSignal {
    if (controller !== undefined) return controller.signal;
    const made = new AbortController();
    controller = made;
    const left = outer();
    if (left?.aborted) made.abort(left.reason);
    else
      left?.addEventListener("abort", () => isDetached || made.abort(left.reason), { once: true, signal: made.signal });
    return made.signal;
  }

  /** Rejects when the time is over. Made for the first piece of author's code that waits. */
  function whenOver(): Promise<never> {
    over ??= new Promise<never>((_resolve, reject) => {
      cancelTimer = runtime.clock.after(allowedMs, () => {
        const late = new HydrantError("timeout", `the call took longer than ${allowedMs} ms`);
        signal();
        controller?.abort(late);
        reject(late);
      });
    });
    return over;
  }

  return {
    runtime,
    caller: call.caller,
    subject: subjectOf(call.caller),
    base: call.base ?? "/components",
    wholePage,
    page,
    held: held === undefined ? NOTHING_HELD : new Map(held.map((one) => [one.id, one])),
    effects: noEffects(),
    budget: { instances: runtime.limits.instances },
    signal,
    settle: (value) => (waits(value) ? Promise.race([value, whenOver()]) : value),
    cancelled: () => outer()?.aborted ?? false,
    restart: (ms = allowedMs) => {
      cancelTimer?.();
      over = undefined;
      allowedMs = ms;
    },
    abort: (reason) => {
      signal();
      controller?.abort(reason);
    },
    detach: () => {
      given = undefined;
      leaving = undefined;
      // A signal that the author's code took before stays the one that is told.
      isDetached = true;
    },
    renew: () => {
      controller = undefined;
    },
    end: () => cancelTimer?.(),
  };
}
