import { admitCaller } from "./admit.js";
import { subjectOf } from "./caller.js";
import type { LastingCall } from "./calls.js";
import type { Definition, EventDefinition } from "./definition.js";
import { HydrantError } from "./errors.js";
import type { Turn } from "./turn.js";

/** Whoever asked is still the same person. @throws {HydrantError} `unauthenticated`. */
export async function sameCaller(turn: Turn, { callerNow }: Pick<LastingCall, "callerNow">): Promise<Turn> {
  if (callerNow === undefined) return turn;
  const caller = await turn.settle(callerNow());
  if (subjectOf(caller) !== turn.subject) throw new HydrantError("unauthenticated");
  return { ...turn, caller };
}

/** Asks every few seconds whether the caller of something that lasts may still see it. @returns a function that ends it. */
export function watchRights(
  turn: Turn,
  call: LastingCall,
  definition: Definition,
  event: EventDefinition,
  lost: (error: unknown) => void,
): () => void {
  const { clock, limits } = turn.runtime;
  let isOver = false;
  let cancel = (): void => {};

  async function ask(): Promise<void> {
    try {
      await admitCaller(await sameCaller(turn, call), definition, event);
      if (!isOver) cancel = clock.after(limits.rightsMs, () => void ask());
    } catch (error) {
      if (!isOver) lost(error);
    }
  }

  cancel = clock.after(limits.rightsMs, () => void ask());
  return () => {
    isOver = true;
    cancel();
  };
}
