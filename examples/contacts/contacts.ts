import { Component, type Payload } from "hydrant";
import { z } from "zod";
import { addressBook } from "./address-book.js";

const params = z.object({ chosen: z.coerce.number().int() });
const events = { choose: z.object({ id: z.coerce.number().int() }) };

/** The list: choosing a person shows them in the component beside it. */
export class Contacts extends Component<{ chosen: number }, z.infer<typeof params>> {
  static override template = "contacts/contacts.njk";
  static override params = params;
  static override state = z.object({ chosen: z.number().int() });
  static override events = events;

  override mount({ chosen }: z.infer<typeof params>) {
    this.state = { chosen };
  }

  on_choose({ id }: Payload<typeof events, "choose">) {
    this.state.chosen = id;
    this.refresh({ key: "person", component: "person", params: { person: id } });
  }

  override getContext() {
    return { people: addressBook.all() };
  }
}
