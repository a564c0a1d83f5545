import { Component } from "hydrant";
import { z } from "zod";

/** A bell that rings three times a minute, for each visitor. */
export class Bell extends Component<{ rings: number }> {
  static override template = "limited/bell.njk";
  static override state = z.object({ rings: z.number().int() });
  static override events = { ring: null };
  // A visitor without a cookie counts as a new one. Whoever must be kept off in earnest is counted by "ip".
  static override eventLimits = { ring: { points: 3, seconds: 60, key: "session" } } as const;

  override mount() {
    this.state = { rings: 0 };
  }

  on_ring() {
    this.state.rings += 1;
  }
}
