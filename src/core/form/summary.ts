import { escapeHtml, SafeHtml } from "../html.js";
import { parseName } from "./names.js";
import { type FormScope, fieldId } from "./scope.js";

function titleOf({ form }: FormScope, name: string): string {
  return form.parts.shapeAt(name)?.title ?? name;
}

/**
 * Everything that is to be mended, with links to the fields, and what is wrong with the form as a whole. Empty until the
 * form was sent.
 */
export function formErrors(form: FormScope, wasSent: boolean): SafeHtml {
  const { scope } = form;
  scope.claimed.add("form");
  const errors = scope.refusal?.errors ?? {};
  const { form: whole = [], ...fields } = errors;
  const names = wasSent ? inOrder(form, Object.keys(fields)) : [];
  if (whole.length === 0 && names.length === 0) return new SafeHtml("");
  const lines = whole.map((message) => `<p>${escapeHtml(message)}</p>`);
  const links = names.map((name) => {
    scope.claimed.add(name);
    const text = `${titleOf(form, name)}: ${(fields[name] ?? []).join(" ")}`;
    return `<li><a href="#${fieldId(scope, name)}">${escapeHtml(text)}</a></li>`;
  });
  const list = links.length === 0 ? "" : `<ul>${links.join("")}</ul>`;
  return new SafeHtml(`<div role="alert" data-form-errors>${lines.join("")}${list}</div>`);
}

/** Schemas tell what took them long last; a person reads from the top. */
function inOrder({ form }: FormScope, names: readonly string[]): readonly string[] {
  const order = form.fieldNames();
  const place = (name: string): number => order.indexOf(String(parseName(name)[0]));
  return names.toSorted((a, b) => place(a) - place(b));
}
