import { at, parseName } from "./names.js";
import type { FormErrors } from "./state.js";

/** Messages of the handler by field, each with what was entered when it gave them. */
export type Refusals = Readonly<
  Record<string, { readonly entered: string | undefined; readonly messages: readonly string[] }>
>;

/** As text, to be compared. Sensitive fields are not among the data, so they are always the same. */
function enteredAt(data: object, name: string): string | undefined {
  return JSON.stringify(at(data, parseName(name)));
}

export function noteRefusals(errors: FormErrors, data: object): Refusals {
  return Object.fromEntries(
    Object.entries(errors).map(([name, messages]) => [name, { entered: enteredAt(data, name), messages }]),
  );
}

/** What the handler said holds until the field is changed, or the form is sent again. */
export function standingRefusals(refusals: Refusals, data: object): Record<string, readonly string[]> {
  const standing = Object.entries(refusals).filter(([name, { entered }]) => enteredAt(data, name) === entered);
  return Object.fromEntries(standing.map(([name, { messages }]) => [name, messages]));
}
