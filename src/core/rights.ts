import { admitCaller, admitInstance } from "./admit.js";
import { type Caller, subjectOf } from "./caller.js";
import type { LastingCall } from "./calls.js";
import type { Definition, EventDefinition } from "./definition.js";
import { HydrantError } from "./errors.js";
import { openSeal, revive } from "./revive.js";
import type { Runtime } from "./runtime.js";
import { beginTurn, type Turn } from "./turn.js";

/** Whether a caller is the one that something was begun for. */
export function isSame(caller: Caller, subject: string): boolean {
  const isKnown = caller.user !== null || (caller.session ?? "") !== "";
  return isKnown && subjectOf(caller) === subject;
}

/** Whoever asked is still the same person. @throws {HydrantError} `unauthenticated`. */
export async function sameCaller(turn: Turn, { callerNow }: Pick<LastingCall, "callerNow">): Promise<Turn> {
  if (callerNow === undefined) return turn;
  const caller = await turn.settle(callerNow());
  if (!isSame(caller, turn.subject)) throw new HydrantError("unauthenticated");
  return { ...turn, caller };
}

/** An event whose answer lasts. */
export interface LastingEvent {
  readonly definition: Definition;
  readonly event: EventDefinition;
  /** The seal it was sent with: rights may depend on the instance. */
  readonly seal: string;
}

/** Whether the caller may still send the event that is being answered. @throws {HydrantError} as the event would. */
export async function admitAgain(
  runtime: Runtime,
  call: LastingCall,
  { definition, event, seal }: LastingEvent,
): Promise<void> {
  const { caller } = call;
  // A turn of its own: the time of the one that is answered is that of its handler.
  const turn = beginTurn(runtime, { caller });
  try {
    const asked = await sameCaller(turn, call);
    await admitCaller(asked, definition, event);
    if (event.byObject.length === 0) return;
    const sent = { caller, component: definition.name, event: event.name, state: seal };
    const { live } = await revive(asked, definition, openSeal(asked, definition, sent));
    await admitInstance(asked, live, event);
  } finally {
    turn.end();
  }
}

/** Asks every few seconds whether the caller of something that lasts may still see it. @returns a function that ends it. */
export function watchRights(
  runtime: Runtime,
  call: LastingCall,
  event: LastingEvent,
  lost: (error: unknown) => void,
): () => void {
  const { clock, limits } = runtime;
  let isOver = false;
  let cancel = (): void => {};

  function schedule(): void {
    cancel = clock.after(limits.rightsMs, () => void ask());
  }

  async function ask(): Promise<void> {
    try {
      await admitAgain(runtime, call, event);
      if (!isOver) schedule();
    } catch (error) {
      if (!isOver) lost(error);
    }
  }

  schedule();
  return () => {
    isOver = true;
    cancel();
  };
}
