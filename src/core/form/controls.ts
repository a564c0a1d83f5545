import { takesFocus } from "../focus.js";
import { escapeHtml, SafeHtml } from "../html.js";
import { constraintText, inputType, writeAttributes } from "./attributes.js";
import { enteredIn, errorsOf, type FormScope, idOf, shapeFor, textIn } from "./scope.js";
import type { Choice, FieldShape } from "./shape.js";
import { textOf } from "./text.js";

/** What a template may say about one field. All else comes from the schema. */
export interface FieldOptions {
  /** Default: the schema's `title`, else the name in words. */
  readonly label?: string;
  /** A line below the label. Default: the schema's `description`. */
  readonly help?: string;
  /** `textarea`, `password`, `tel`, `search`, `radio`, `hidden`, or any type of an input. */
  readonly type?: string;
  readonly placeholder?: string;
  readonly autocomplete?: string;
  /** Lines of a text area. */
  readonly rows?: number;
  /** Values of a choice that depends on other fields: texts, or `{ value, label }`. */
  readonly choices?: readonly (string | number | Choice)[];
  /** Checks the field while it is filled in. Default: what `form(check=true)` says. */
  readonly check?: boolean;
  /** Shown while a check runs. */
  readonly pending?: string;
}

/** What is special about one of several controls of a field. */
interface Special {
  readonly id?: string;
  /** It may be left empty although the field is needed. */
  readonly mayBeEmpty?: boolean;
}

const NOTHING_SPECIAL: Special = Object.freeze({});

/** The attributes that every control of a field has. */
export function controlAttributes(
  form: FormScope,
  name: string,
  options: FieldOptions,
  { id, mayBeEmpty = false }: Special = NOTHING_SPECIAL,
): string {
  const shape = shapeFor(form, name);
  const type = options.type ?? inputType(shape);
  const isInvalid = errorsOf(form, name).length > 0;
  const { placeholder, autocomplete } = options;
  const constraints = constraintText(form.form.parts, shape, type, {
    anyStep: isInvalid && type === "number",
    mayBeEmpty,
  });
  let text = `name="${escapeHtml(name)}" id="${id ?? idOf(form, name)}"${constraints}`;
  if (placeholder !== undefined || autocomplete !== undefined) text += writeAttributes({ placeholder, autocomplete });
  if (isInvalid) text += ' aria-invalid="true"';
  const about = describedBy(form, name, options);
  if (about !== undefined) text += ` aria-describedby="${about}"`;
  if (takesFocus(form.scope, isInvalid)) text += " autofocus";
  return text + liveAttributes(form, name, options);
}

/** Ids of what is said about a field beside its label. */
export function describedBy(form: FormScope, name: string, options: FieldOptions): string | undefined {
  const id = idOf(form, name);
  const hasHelp = helpText(form, name, options) !== undefined;
  if (errorsOf(form, name).length === 0) return hasHelp ? `${id}-help` : undefined;
  return hasHelp ? `${id}-help ${id}-error` : `${id}-error`;
}

export function helpText(form: FormScope, name: string, { help }: FieldOptions): string | undefined {
  return help ?? shapeFor(form, name)?.help;
}

/**
 * Asks the server about the field when a person leaves it or pauses. It has a queue of its own, in which a newer question
 * takes the place of an older one.
 */
function liveAttributes(form: FormScope, name: string, { check = form.live }: FieldOptions): string {
  if (!check) return "";
  const event = form.on("field_change", { _field: name });
  return ` ${event} hx-trigger="change, input changed delay:500ms" hx-sync="this:replace" hx-indicator="closest [data-field]"`;
}

export function choicesOf(shape: FieldShape | undefined, { choices }: FieldOptions): readonly Choice[] {
  if (choices === undefined) return shape?.choices ?? [];
  return choices.map((one) => (typeof one === "object" ? one : { value: one, label: String(one) }));
}

function chosen(form: FormScope, name: string): ReadonlySet<string> {
  const value = enteredIn(form, name);
  const fallback = value === undefined ? shapeFor(form, name)?.default : value;
  return new Set([fallback].flat().map((one) => textOf(undefined, one)));
}

function select(form: FormScope, name: string, options: FieldOptions, shape: FieldShape | undefined): string {
  const picked = chosen(form, name);
  const choices = choicesOf(shape, options);
  const isList = shape?.kind === "list";
  const empty = isList || choices.some(({ value }) => value === "") ? "" : '<option value="">Choose …</option>';
  const items = choices.map(
    ({ value, label }) =>
      `<option value="${escapeHtml(String(value))}"${picked.has(String(value)) ? " selected" : ""}>${escapeHtml(label)}</option>`,
  );
  return `<select ${controlAttributes(form, name, options)}${isList ? " multiple" : ""}>${empty}${items.join("")}</select>`;
}

/** Radio buttons, or boxes where several may be chosen. */
export function choiceGroup(form: FormScope, name: string, options: FieldOptions, choices: readonly Choice[]): string {
  const type = shapeFor(form, name)?.kind === "list" ? "checkbox" : "radio";
  const picked = chosen(form, name);
  return choices
    .map(({ value, label }, index) => {
      const id = `${idOf(form, name)}${index === 0 ? "" : `-${index + 1}`}`;
      // A group of boxes needs one of them, which HTML cannot say.
      const attributes = controlAttributes(form, name, options, { id, mayBeEmpty: type === "checkbox" });
      const checked = picked.has(String(value)) ? " checked" : "";
      return `<div data-choice><input type="${type}" ${attributes} value="${escapeHtml(String(value))}"${checked}><label for="${id}">${escapeHtml(label)}</label></div>`;
    })
    .join("");
}

function isTicked(form: FormScope, name: string): boolean {
  const value = enteredIn(form, name) ?? shapeFor(form, name)?.default;
  return value === true || ["on", "true", "1"].includes(textOf(undefined, [value].flat().at(-1)));
}

/** One complete control, without its label. */
export function input(form: FormScope, name: string, options: FieldOptions): SafeHtml {
  const shape = shapeFor(form, name);
  const type = options.type ?? inputType(shape);
  if (type === "select" || options.choices !== undefined || (shape?.kind === "choice" && options.type === undefined)) {
    return new SafeHtml(select(form, name, options, shape));
  }
  const attributes = controlAttributes(form, name, options);
  if (type === "textarea") {
    const rows = options.rows ?? 4;
    // A line feed right behind the tag is not part of the text.
    return new SafeHtml(
      `<textarea ${attributes} rows="${escapeHtml(String(rows))}">\n${escapeHtml(textIn(form, name, shape))}</textarea>`,
    );
  }
  if (type === "checkbox") {
    return new SafeHtml(`<input type="checkbox" ${attributes} value="on"${isTicked(form, name) ? " checked" : ""}>`);
  }
  const isSecret = type === "password" || form.form.parts.isSensitive(name);
  const value = isSecret ? "" : ` value="${escapeHtml(textIn(form, name, shape))}"`;
  return new SafeHtml(`<input type="${escapeHtml(type)}" ${attributes}${value}>`);
}
