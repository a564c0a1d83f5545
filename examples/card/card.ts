import { Component } from "hydrant";
import { z } from "zod";

const params = z.object({ title: z.string() });
const TONES = ["plain", "sage", "clay"];

/** A frame for whatever stands between its tags. */
export class Card extends Component<{ paints: number }, z.infer<typeof params>> {
  static override template = "card/card.njk";
  static override params = params;
  static override state = z.object({ paints: z.number().int() });
  static override events = { paint: null };
  static override slots = ["default", "footer"];

  override mount() {
    this.state = { paints: 0 };
  }

  on_paint() {
    this.state.paints += 1;
  }

  override getContext() {
    return { tone: TONES[this.state.paints % TONES.length] };
  }
}
