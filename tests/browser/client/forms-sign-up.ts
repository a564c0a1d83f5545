import { type FieldChange, FormComponent } from "hydrant";
import { html } from "hydrant/tagged";
import type { Page } from "playwright-core";
import { z } from "zod";
import type { LiveAppOptions } from "../../support/live-app.js";
import { formTemplate, named } from "./forms-stage.js";
import { gates } from "./stage.js";

/** Where checks and submits wait that begin with "slow". */
export const gate = gates();
/** Checks that ran, as `field=value`, and submits. */
export const ran: string[] = [];

const schema = z.object({
  name: z.string().min(2, "Two letters at least."),
  email: z.email("That is no address."),
  note: z.string(),
  land: z.enum(["de", "fr"]).optional(),
  city: z.string(),
});

class SignUp extends FormComponent<typeof schema, { count: number }> {
  static override template = "sign-up";
  static override schema = schema;

  override async mount(params: object) {
    await super.mount(params);
    this.state.count = 0;
  }

  override async on_field_change({ field, value }: FieldChange) {
    ran.push(`${field}=${value}`);
    const text = String(value);
    if (text.startsWith("slow") && !text.includes("@")) await gate.pass(text);
    if (field === "land") this.state.formData.city = value === "fr" ? "Paris" : "Berlin";
  }

  override async on_submit({ name, note }: z.output<typeof schema>) {
    ran.push(`submit ${name}`);
    if (note.startsWith("slow")) await gate.pass(note);
    await this.reset();
    this.state.count += 1;
  }
}

/** The form in an application of its own. */
export const SIGN_UP = {
  components: { "sign-up": SignUp },
  templates: {
    "sign-up": formTemplate(
      ({ root, state, form, field }) => html`<section ${root()}>
        <output>${state.count}</output>
        <form ${form({ check: true, native: false })}>
          ${field("name")} ${field("email", { pending: "Asking …" })} ${field("note", { check: false })}
          ${field("land", { type: "select" })} ${field("city")}
          <button>Send</button>
        </form>
      </section>`,
    ),
  },
  pages: { "/": ({ component }) => component("sign-up") },
} satisfies LiveAppOptions;

/** Fills in and leaves a field, as a person does with the keyboard. */
export async function fillIn(page: Page, name: string, text: string) {
  await page.focus(named(name));
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
  await page.keyboard.press("Tab");
}
