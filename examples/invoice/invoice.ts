import { FormComponent } from "hydrant";
import { z } from "zod";
import { Numbers } from "../gallery/numbers.js";
import { amountOf, sum, written } from "./money.js";

const Line = z.object({
  what: z.string().trim().min(1, "Say what it is for.").max(80, "Keep it under 80 characters.").meta({ title: "For" }),
  quantity: z.number("How many?").multipleOf(1, "Whole ones only.").min(1, "At least one.").max(999, "At most 999."),
  price: z
    .number("What does one cost?")
    .min(0, "Nothing less than nothing.")
    .max(99_999, "At most 99,999.")
    .multipleOf(0.01, "At most two digits after the point.")
    .meta({ title: "Price of one" }),
});

const currencies = { EUR: "Euro", GBP: "Pound", USD: "Dollar" } as const;

const schema = z
  .object({
    customer: z.string().trim().min(1, "Say who it is for.").max(80, "Keep it under 80 characters."),
    issued: z.iso.date("Choose a day."),
    due: z.iso.date("Choose a day."),
    currency: z.enum(Object.keys(currencies) as (keyof typeof currencies)[]).meta({ choices: currencies }),
    items: z.array(Line).min(1, "An invoice has at least one line.").max(20, "An invoice has at most 20 lines."),
  })
  .refine(({ issued, due }) => due === "" || !(due < issued), {
    path: ["due"],
    error: "Not before the day it is issued.",
    // Looked at while other fields are still empty, too.
    when: () => true,
  });

const Made = z.object({ number: z.number(), invoice: schema });

interface Extra {
  /** The invoice that was just written. */
  made: z.infer<typeof Made> | null;
}

const numbers = new Numbers();

/** A day as a date control has it, so many days from today. */
function day(later: number): string {
  return new Date(Date.now() + later * 86_400_000).toISOString().slice(0, 10);
}

/** Lines come and go; what they come to is worked out by the server, in hundredths. */
export class Invoice extends FormComponent<typeof schema, Extra> {
  static override template = "invoice/invoice.njk";
  static override schema = schema;
  static override state = z.object({ made: Made.nullable() });
  static override events = { again: null };

  override async mount(params: object) {
    await super.mount(params);
    this.state.made = null;
  }

  override initial() {
    return { issued: day(0), due: day(14), currency: "EUR", items: [{ quantity: 1 }] };
  }

  async on_submit(invoice: z.output<typeof schema>) {
    await this.reset();
    this.state.made = { number: numbers.next(), invoice };
  }

  on_again() {
    this.state.made = null;
  }

  override getContext() {
    // What is entered may not be an invoice yet.
    const { items, currency }: { items?: object[]; currency?: string } =
      this.state.made?.invoice ?? this.state.formData;
    const amounts = (items ?? []).map((line) => amountOf(line ?? {}));
    const unit = currency !== undefined && Object.hasOwn(currencies, currency) ? currency : "EUR";
    return {
      amounts: amounts.map((amount) => (amount === undefined ? "–" : written(amount, unit))),
      total: written(sum(amounts), unit),
    };
  }
}
