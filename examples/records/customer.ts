import { HydrantError, ModelFormComponent } from "hydrant";
import { z } from "zod";
import { customers, ME } from "./customers.js";
import type { Customer } from "./database.js";

const params = z.object({ customer: z.int().catch(0) });

const schema = z.object({
  name: z.string().trim().min(1, "A customer needs a name.").max(80, "Keep it under 80 characters."),
  email: z.email("Use an address such as ines@example.org."),
  city: z.string().trim().max(80, "Keep it under 80 characters."),
  since: z.iso.date("Use a date.").meta({ title: "Customer since" }),
  credit_limit: z.int("Whole euros only.").min(0, "Not below 0.").max(1_000_000, "At most 1,000,000.").nullable().meta({
    title: "Credit limit",
    description: "In whole euros. Empty where none was agreed.",
  }),
  newsletter: z.boolean().meta({ title: "Gets the newsletter" }),
});

type Params = z.infer<typeof params>;

/** Edits one customer. Who saves over somebody else's change is shown it first. */
export class CustomerEditor extends ModelFormComponent<typeof schema, Customer, number, Params, { saved: boolean }> {
  static override template = "records/customer.njk";
  static override params = params;
  static override schema = schema;
  static override records = customers;
  static override state = z.object({ saved: z.boolean() });

  override async mount(given: Params) {
    await super.mount(given);
    this.state.saved = false;
  }

  override identity() {
    return this.params.customer;
  }

  override mayEdit({ owner }: Customer) {
    if (owner === ME) return true;
    // `false` would ask an anonymous visitor to sign in first, and here everybody is one.
    throw new HydrantError("forbidden");
  }

  override saved() {
    this.state.saved = true;
    this.refresh({ key: "customers", component: "customers", params: { chosen: this.params.customer } });
  }

  override getContext() {
    return { fields: Object.keys(schema.shape), changed: this.#changed() };
  }

  /** After a conflict: what stands in the database now, as a line beside each field. */
  #changed() {
    const lines = Object.entries(this.state.conflicts).map(([name, text]) => [
      name,
      `Saved meanwhile: ${SAID[text] ?? text}`,
    ]);
    return lines.length === 0 ? undefined : Object.fromEntries(lines);
  }
}

/** Values that need words. */
const SAID: Readonly<Record<string, string>> = { "": "nothing", true: "yes", false: "no" };
