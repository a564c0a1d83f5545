import { FormComponent } from "hydrant";
import { z } from "zod";
import { letterbox } from "./letterbox.js";

const topics = { question: "A question", praise: "Praise", mistake: "A mistake" } as const;
type Topic = keyof typeof topics;

const schema = z.object({
  name: z.string().trim().min(1, "Please say who writes.").max(80, "Keep it under 80 characters."),
  email: z.email("Use an address such as ada@example.org.").meta({ description: "For the answer, and nothing else." }),
  topic: z.enum(Object.keys(topics) as Topic[], "Choose what it is about.").meta({ choices: topics }),
  message: z.string().trim().min(10, "Write at least ten characters.").max(2_000, "Keep it under 2,000 characters."),
  consent: z
    .literal(true, "Without this the letter cannot be kept.")
    .meta({ title: "The server may keep my letter in its memory" }),
});

const Sent = z.object({ number: z.number(), name: z.string(), email: z.string(), topic: z.string(), text: z.string() });

interface Extra {
  /** The letter that was just taken. */
  sent: z.infer<typeof Sent> | null;
}

/** Checked by the server only, so that all messages look and sound the same. */
export class Contact extends FormComponent<typeof schema, Extra> {
  static override template = "contact/contact.njk";
  static override schema = schema;
  static override state = z.object({ sent: Sent.nullable() });
  static override events = { again: null };

  override async mount(params: object) {
    await super.mount(params);
    this.state.sent = null;
  }

  async on_submit({ name, email, topic, message }: z.output<typeof schema>) {
    const number = letterbox.keep({ name, email, topic, message });
    this.state.sent = { number, name, email, topic: topics[topic], text: message };
    await this.reset();
  }

  on_again() {
    this.state.sent = null;
  }
}
