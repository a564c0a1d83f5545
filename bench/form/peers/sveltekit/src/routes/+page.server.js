import { fail } from "@sveltejs/kit";
import { errorsOf, valuesOf } from "../../contact.js";

export const actions = {
  default: async ({ request }) => {
    const values = valuesOf(await request.formData());
    const errors = errorsOf(values);
    return errors === undefined ? { sent: true } : fail(422, { values, errors });
  },
};
