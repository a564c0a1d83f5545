import { Component } from "hydrant";
import { z } from "zod";

const MOST = 6;

/** Puts counters into a card. Three levels, three states: shelf, card, counter. */
export class Shelf extends Component<{ counters: number }> {
  static override template = "card/shelf.njk";
  static override state = z.object({ counters: z.number().int() });
  static override events = { add: null };

  override mount() {
    this.state = { counters: 2 };
  }

  on_add() {
    this.state.counters = Math.min(MOST, this.state.counters + 1);
  }

  override getContext() {
    return { full: this.state.counters >= MOST };
  }
}
