import { FormComponent, HydrantError, IsAuthenticated } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { z } from "zod";
import { isPassword } from "./passwords.js";
import { people } from "./people.js";
import type { Visitor } from "./visitor.js";

const schema = z.object({
  name: z.string().trim().toLowerCase().min(1, "Enter your name.").max(60, "No name here is that long."),
  password: z.string().min(1, "Enter your password.").max(200, "No password here is that long."),
});

/** With several processes: `redisLimitStore(client)`. */
const attempts = memoryLimitStore();
const PER_NAME = { points: 20, seconds: 600 };

/** Lets people in and out. */
export class SignIn extends FormComponent<typeof schema> {
  static override template = "members/sign-in.njk";
  static override schema = schema;
  static override sensitive = ["password"];
  static override events = { sign_out: null };
  static override eventPermissions = { sign_out: IsAuthenticated };
  // Counted before a request is read. Many people may share one address, so the narrow limit is that of a name, below.
  static override eventLimits = {
    submit: [
      { points: 60, seconds: 60, key: "ip" },
      { points: 600, seconds: 3_600, key: "ip" },
    ],
  } as const;

  async on_submit({ name, password }: z.output<typeof schema>) {
    await this.#countAttempt(name);
    const member = people.find(name);
    // Asked for in any case: neither the answer nor its time tells whether somebody of that name exists.
    const isRight = await isPassword(password, people.secretOf(name));
    if (member === undefined || !isRight) {
      throw new HydrantError("invalid", undefined, { fields: { form: ["This name and this password do not match."] } });
    }
    this.#visitor.signIn(member);
    this.redirect("/members");
  }

  on_sign_out() {
    this.#visitor.signOut();
    this.redirect("/members");
  }

  override getContext() {
    return { member: this.#visitor.user };
  }

  async #countAttempt(name: string) {
    const { allowed, resetMs } = await attempts.consume(name, PER_NAME);
    if (allowed) return;
    const minutes = Math.ceil(resetMs / 60_000);
    throw new HydrantError(
      "rate_limited",
      `Too many attempts with this name. Please try again in ${minutes} minutes.`,
      {
        retryAfter: resetMs / 1000,
      },
    );
  }

  get #visitor() {
    return this.caller as Visitor;
  }
}
