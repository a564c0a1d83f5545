import { Component, type Payload } from "hydrant";
import { z } from "zod";

const events = { increment: z.object({ by: z.coerce.number().int().min(1).max(10).default(1) }) };

export class Counter extends Component<{ count: number }> {
  static override template = "counter/counter.njk";
  static override params = z.object({ start: z.coerce.number().int().default(0) });
  static override state = z.object({ count: z.number().int() });
  static override events = events;

  override mount({ start }: { start: number }) {
    this.state = { count: start };
  }

  on_increment({ by }: Payload<typeof events, "increment">) {
    this.state.count += by;
  }
}
