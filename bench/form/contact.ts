import { z } from "zod";
import { COUNTRIES, FIELDS } from "./fields.js";

/** What every contender validates the form with. The peers get the compiled file copied beside their own. */
export const contact = z.object({
  name: z.string().trim().min(1, "A name, please").max(80),
  email: z.email("Not an e-mail address").max(120),
  phone: z.string().regex(/^\+?[\d ]{6,20}$/, "Digits and spaces, please"),
  company: z.string().trim().max(80),
  street: z.string().trim().min(1, "A street, please").max(120),
  city: z.string().trim().min(1, "A city, please").max(80),
  postcode: z.string().regex(/^[A-Z\d][A-Z\d -]{2,8}$/i, "Not a postcode"),
  country: z.enum(COUNTRIES, "Not a country we know"),
  guests: z.coerce.number().int().min(1, "From 1 to 20 guests").max(20, "From 1 to 20 guests"),
  message: z.string().trim().min(10, "10 characters or more").max(500),
});

export type Values = Readonly<Record<string, string>>;

/**
 * The ten fields as somebody sent them; a missing one is empty.
 *
 * @public for the peers
 */
export function valuesOf(form: FormData): Values {
  return Object.fromEntries(
    FIELDS.map(({ name }) => {
      const value = form.get(name);
      return [name, typeof value === "string" ? value : ""];
    }),
  );
}

/** The first message of every field that does not validate; `undefined` when all do. */
export function errorsOf(values: Values): Values | undefined {
  const judged = contact.safeParse(values);
  if (judged.success) return undefined;
  const errors: Record<string, string> = {};
  for (const { path, message } of judged.error.issues) errors[String(path[0])] ??= message;
  return errors;
}
