import { type FieldChange, FormComponent, HydrantError } from "hydrant";
import { z } from "zod";
import { accounts } from "./accounts.js";
import { meetsAll, passwordRules } from "./password-rules.js";

const TAKEN = "This name is taken.";

const NAME = /^[A-Za-z][A-Za-z0-9-]{2,19}$/;

const schema = z
  .object({
    userName: z
      .string()
      .trim()
      .regex(NAME, "Use 3 to 20 letters, digits and hyphens, a letter first.")
      // The directory is asked only about what could be a name.
      .refine(async (name) => !NAME.test(name) || accounts.isFree(name), TAKEN),
    email: z.email("Use an address such as ada@example.org."),
    password: z
      .string()
      .min(1, "Choose a password.")
      .max(200, "Keep it under 200 characters.")
      .refine((password) => password === "" || meetsAll(password), "It does not meet every rule yet."),
    repeat: z.string().min(1, "Type the password once more.").meta({ title: "Password again" }),
  })
  .refine(({ password, repeat }) => repeat === "" || password === repeat, {
    path: ["repeat"],
    error: "The two passwords differ.",
  });

interface Extra {
  /** For each rule, whether the password met it when it was last looked at. The password itself is never kept. */
  met: boolean[];
  /** Name of the account that was just made. */
  made: string | null;
}

/** Checked while it is filled in. The password goes to the server for that, and never comes back. */
export class SignUp extends FormComponent<typeof schema, Extra> {
  static override template = "sign-up/sign-up.njk";
  static override schema = schema;
  static override sensitive = ["password", "repeat"];
  static override state = z.object({ met: z.array(z.boolean()), made: z.string().nullable() });
  static override events = { again: null };

  override async mount(params: object) {
    await super.mount(params);
    Object.assign(this.state, { met: [], made: null });
  }

  override on_field_change({ field, value }: FieldChange) {
    if (field === "password") this.state.met = passwordRules.map(({ passes }) => passes(String(value ?? "")));
  }

  async on_submit({ userName }: z.output<typeof schema>) {
    // Somebody else may have been faster.
    if (!accounts.claim(userName)) throw new HydrantError("invalid", undefined, { fields: { userName: [TAKEN] } });
    await this.reset();
    Object.assign(this.state, { met: [], made: userName });
  }

  on_again() {
    this.state.made = null;
  }

  override getContext() {
    const { formData, submitted, touched, met } = this.state;
    const isAsked = submitted || touched.includes("userName");
    return {
      free: isAsked && this.fieldErrors.userName === undefined ? formData.userName : undefined,
      rules: passwordRules.map(({ text }, index) => ({ text, isMet: met[index] === true })),
    };
  }
}
