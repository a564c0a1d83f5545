import { type FieldChange, WizardComponent, type WizardData } from "hydrant";
import { z } from "zod";
import { Numbers } from "../gallery/numbers.js";
import { citiesOf, places } from "./places.js";
import { Booked, steps } from "./steps.js";

interface Extra {
  /** The booking that was just taken. */
  booked: z.infer<typeof Booked> | null;
}

const numbers = new Numbers();

/** One step at a time, back and forth; only the last one sends, and then all of them are checked again. */
export class Wizard extends WizardComponent<typeof steps, Extra> {
  static override template = "wizard/wizard.njk";
  static override steps = steps;
  static override state = z.object({ booked: Booked.nullable() });
  static override events = { again: null };

  override async mount(params: object) {
    await super.mount(params);
    this.state.booked = null;
  }

  override initial() {
    return { nights: 7, travellers: [{}] };
  }

  override on_field_change({ field }: FieldChange) {
    const { country, city } = this.state.formData;
    if (field === "country" && !citiesOf(country).includes(String(city))) this.state.formData.city = "";
  }

  async on_submit({ country, city, departure, nights, travellers, wishes }: WizardData<typeof steps>) {
    await this.reset();
    const where = `${city}, ${places[country].name}`;
    this.state.booked = { number: numbers.next(), where, departure, nights, travellers, wishes };
  }

  on_again() {
    this.state.booked = null;
  }

  override getContext() {
    const { country } = this.state.formData;
    return { cities: citiesOf(country), place: places[country as keyof typeof places]?.name };
  }
}
