import { SafeHtml } from "../html.js";
import type { Scope } from "../view.js";
import { controlAttributes, type FieldOptions, input } from "./controls.js";
import type { FormDefinition } from "./definition.js";
import { addRow, error, fieldHtml, help, label, type Row, removeRow, rows } from "./fields.js";
import { enteredIn, type FormScope, shapeFor, textIn } from "./scope.js";
import { formErrors } from "./summary.js";

/** What `form()` may be told. */
export interface FormOptions {
  /** Fields are checked while they are filled in. Default false. */
  readonly check?: boolean;
  /** Asks before the page is left while something entered was not sent. Default false. */
  readonly guard?: boolean;
  /** `false` leaves all checking to the server, so that its messages are the only ones. Default true. */
  readonly native?: boolean;
  /** The event it sends. Default `submit`; in a form of several steps `next`, but for the last. */
  readonly event?: string;
}

/** What the template of a form can call beside what every template can. */
export interface FormHelpers {
  /** Attributes of the form element: `<form {{ form() }}>`. */
  form(options?: FormOptions): SafeHtml;
  /** A whole field: label, help, control and messages. `{{ field("email") }}` */
  field(name: string, options?: FieldOptions): SafeHtml;
  /** Its label alone. */
  label(name: string, options?: FieldOptions): SafeHtml;
  /** Its control alone. */
  input(name: string, options?: FieldOptions): SafeHtml;
  /** Its explanation alone. */
  help(name: string, options?: FieldOptions): SafeHtml;
  /** All messages, with links to their fields. */
  form_errors(): SafeHtml;
  /** The rows of a repeatable group: `{% for row in rows("items") %}{{ field(row.name + ".price") }}{% endfor %}`. */
  rows(name: string): readonly Row[];
  /** Attributes of the button that adds a row. */
  add_row(name: string): SafeHtml;
  /** Attributes of the button that takes a row away. */
  remove_row(name: string, index: number): SafeHtml;
}

/** Helpers that every template has and that know more in a form. */
interface Refined {
  control(name: string, options?: FieldOptions): SafeHtml;
  error(name: string): SafeHtml;
  value(name: string, fallback?: unknown): unknown;
}

interface Remembered {
  readonly touched: readonly string[];
  readonly submitted: boolean;
  readonly isValid: boolean;
}

function formAttributes(form: FormScope, state: Remembered, options: FormOptions): SafeHtml {
  const { check = false, guard = false, native = true, event = form.scope.sends ?? "submit" } = options;
  form.live = check;
  const isUnsent = state.touched.length > 0 || (state.submitted && !state.isValid);
  const parts = [
    form.on(event, {}),
    "data-form",
    ...(form.form.uploads.size > 0 ? ['enctype="multipart/form-data"'] : []),
    ...(native ? [] : ["novalidate"]),
    ...(guard ? ["data-guard"] : []),
    ...(guard && isUnsent ? ["data-unsent"] : []),
  ];
  return new SafeHtml(parts.join(" "));
}

/** The helpers of one run of a form's template. */
export function formHelpers(
  scope: Scope,
  form: FormDefinition,
  state: object,
  on: (event: string, args: Readonly<Record<string, unknown>>) => SafeHtml,
): FormHelpers & Refined {
  const remembered = state as Remembered;
  const run: FormScope = {
    scope,
    form,
    live: false,
    fields: new Map(),
    on: (event, args) => on(event, args).value,
  };
  return {
    form: (options = {}) => formAttributes(run, remembered, options),
    field: (name, options = {}) => fieldHtml(run, name, options),
    label: (name, options = {}) => label(run, name, options),
    input: (name, options = {}) => input(run, name, options),
    help: (name, options = {}) => help(run, name, options),
    form_errors: () => formErrors(run, remembered.submitted),
    rows: (name) => rows(run, name),
    add_row: (name) => addRow(run, name),
    remove_row: (name, index) => removeRow(run, name, index),
    control: (name, options = {}) => new SafeHtml(controlAttributes(run, name, options)),
    error: (name) => error(run, name),
    value: (name, fallback = "") =>
      enteredIn(run, name) === undefined ? fallback : textIn(run, name, shapeFor(run, name)),
  };
}
