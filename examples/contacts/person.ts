import { Component, HydrantError, type Payload } from "hydrant";
import { z } from "zod";
import { addressBook } from "./address-book.js";

const params = z.object({ person: z.coerce.number().int() });
const events = {
  save: z.object({
    name: z.string().trim().min(1, "A person needs a name.").max(60, "Keep it under 60 characters."),
    role: z.string().trim().max(60, "Keep it under 60 characters."),
    phone: z
      .string()
      .trim()
      .regex(/^[+\d ]{3,24}$/, "Use digits, spaces and a plus sign."),
  }),
};

/** One person in full: saving also refreshes the list beside it. */
export class PersonCard extends Component<{ saved: boolean }, z.infer<typeof params>> {
  static override template = "contacts/person.njk";
  static override params = params;
  static override state = z.object({ saved: z.boolean() });
  static override events = events;

  override mount() {
    this.state = { saved: false };
  }

  on_save(details: Payload<typeof events, "save">) {
    Object.assign(this.#person(), details);
    this.state.saved = true;
    this.refresh({ key: "contacts", component: "contacts", params: { chosen: this.params.person } });
  }

  override getContext() {
    return { person: this.#person() };
  }

  #person() {
    const person = addressBook.find(this.params.person);
    if (!person) throw new HydrantError("invalid", "This person is not in the book.");
    return person;
  }
}
