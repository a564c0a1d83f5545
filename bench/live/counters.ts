import type { Payload } from "hydrant";
import { z } from "zod";
import { Counter } from "../event/counter.js";

/** Frames of one stream, the last one included. */
export const FRAMES = 200;

const events = {
  increment: z.object({ by: z.coerce.number().int().min(1).max(10).default(1) }),
  run: z.object({ by: z.coerce.number().int().min(1).max(10).default(1) }),
};

/** What waits for something outside takes at least a turn, and so every frame goes out by itself. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The counter of the event, which also shows many steps one after the other. */
export class StreamedCounter extends Counter {
  static override events = events;

  async *on_run({ by }: Payload<typeof events, "run">) {
    for (let frame = 1; frame < FRAMES; frame++) {
      this.state.count += by;
      yield;
      await turn();
    }
    this.state.count += by;
  }
}

/** The counter of the event, counted up by what is published. */
export class ToldCounter extends Counter {
  static override topics = () => ["count"];

  override changed() {
    this.state.count += 1;
  }
}
