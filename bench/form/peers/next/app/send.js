"use server";

import { errorsOf, valuesOf } from "../contact.js";

export async function send(_previous, form) {
  const values = valuesOf(form);
  const errors = errorsOf(values);
  return errors === undefined ? { sent: true } : { values, errors };
}
