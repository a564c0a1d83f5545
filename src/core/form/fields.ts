import { escapeHtml, SafeHtml } from "../html.js";
import { choiceGroup, choicesOf, describedBy, type FieldOptions, helpText, input } from "./controls.js";
import { fileField } from "./file-field.js";
import { enteredIn, errorsOf, type FormScope, idOf, shapeFor } from "./scope.js";
import type { FieldShape } from "./shape.js";

/** One row of a repeatable group, for templates that lay it out themselves. */
export interface Row {
  /** Begins the names of its fields: `items[0]`. */
  readonly name: string;
  readonly index: number;
}

/** How many choices a person still oversees as radio buttons. */
const MOST_RADIOS = 4;

function labelText(form: FormScope, name: string, { label }: FieldOptions): string {
  return label ?? shapeFor(form, name)?.title ?? name;
}

function requiredMark(shape: FieldShape | undefined): string {
  return shape?.required === true ? ' <span data-required aria-hidden="true">*</span>' : "";
}

/** `<label for="…">Email</label>` */
export function label(form: FormScope, name: string, options: FieldOptions): SafeHtml {
  const text = escapeHtml(labelText(form, name, options));
  return new SafeHtml(`<label for="${idOf(form, name)}">${text}${requiredMark(shapeFor(form, name))}</label>`);
}

/** The line that explains a field; empty when it has none. */
export function help(form: FormScope, name: string, options: FieldOptions): SafeHtml {
  const text = helpText(form, name, options);
  if (text === undefined) return new SafeHtml("");
  return new SafeHtml(`<p id="${idOf(form, name)}-help" data-field-help>${escapeHtml(text)}</p>`);
}

/** The messages for a field; empty when it has none. */
export function error(form: FormScope, name: string): SafeHtml {
  const messages = errorsOf(form, name);
  form.scope.claimed.add(name);
  if (messages.length === 0) return new SafeHtml("");
  const id = `${idOf(form, name)}-error`;
  if (messages.length === 1) {
    return new SafeHtml(`<p id="${id}" data-field-error>${escapeHtml(messages[0] as string)}</p>`);
  }
  const items = messages.map((message) => `<li>${escapeHtml(message)}</li>`);
  return new SafeHtml(`<ul id="${id}" data-field-error>${items.join("")}</ul>`);
}

function pending(form: FormScope, { check = form.live, pending: text = "Checking …" }: FieldOptions): string {
  return check ? `<span class="htmx-indicator" data-field-pending role="status" hidden>${escapeHtml(text)}</span>` : "";
}

function wrapped(form: FormScope, name: string, content: string, tag = "div", extra = ""): SafeHtml {
  const invalid = errorsOf(form, name).length > 0 ? " data-invalid" : "";
  return new SafeHtml(`<${tag} data-field="${escapeHtml(name)}"${invalid}${extra}>${content}</${tag}>`);
}

/** A group of controls with one name for all of them. */
function fieldset(form: FormScope, name: string, options: FieldOptions, content: string, extra = ""): SafeHtml {
  const legend = `<legend>${escapeHtml(labelText(form, name, options))}${requiredMark(shapeFor(form, name))}</legend>`;
  const about = describedBy(form, name, options);
  const described = about === undefined ? "" : ` aria-describedby="${about}"`;
  const inner = `${legend}${help(form, name, options).value}${content}${error(form, name).value}`;
  return wrapped(form, name, inner, "fieldset", extra + described);
}

/** A group of fields. It has no control of its own, so the summary leads to the group itself. */
function fieldsOf(form: FormScope, name: string, options: FieldOptions, content: string): SafeHtml {
  return fieldset(form, name, options, content, ` id="${idOf(form, name)}"`);
}

function rowCount(form: FormScope, name: string): number {
  const entered = enteredIn(form, name);
  const { minItems = 0 } = shapeFor(form, name) ?? {};
  return Math.max(Array.isArray(entered) ? entered.length : 0, minItems);
}

/** The rows a repeatable group has now; at least as many as the schema wants. */
export function rows(form: FormScope, name: string): readonly Row[] {
  const length = rowCount(form, name);
  return Array.from({ length }, (_, index) => ({ name: `${name}[${index}]`, index }));
}

/** Attributes of the button that adds a row. */
export function addRow(form: FormScope, name: string): SafeHtml {
  const { maxItems = Number.POSITIVE_INFINITY } = shapeFor(form, name) ?? {};
  const full = rowCount(form, name) >= maxItems ? " disabled" : "";
  return new SafeHtml(`type="submit" formnovalidate data-add-row ${form.on("add_row", { _field: name })}${full}`);
}

/** Attributes of the button that takes a row away. */
export function removeRow(form: FormScope, name: string, index: number): SafeHtml {
  const { minItems = 0 } = shapeFor(form, name) ?? {};
  const needed = rowCount(form, name) <= minItems ? " disabled" : "";
  return new SafeHtml(
    `type="submit" formnovalidate ${form.on("remove_row", { _field: name, _index: index })}${needed}`,
  );
}

function repeatable(form: FormScope, name: string, options: FieldOptions, item: FieldShape | undefined): SafeHtml {
  const text = labelText(form, name, options);
  const all = rows(form, name).map(({ name: row, index }) => {
    const place = `${text} ${index + 1}`;
    const fields =
      item?.kind === "group"
        ? [...(item.fields?.keys() ?? [])].map((field) => fieldHtml(form, `${row}.${field}`, {}).value).join("")
        : fieldHtml(form, row, { label: place }).value;
    const remove = `<button ${removeRow(form, name, index).value} aria-label="Remove ${escapeHtml(place)}">Remove</button>`;
    return `<div data-row role="group" aria-label="${escapeHtml(place)}">${fields}${remove}</div>`;
  });
  return fieldsOf(form, name, options, `${all.join("")}<button ${addRow(form, name).value}>Add</button>`);
}

function box(form: FormScope, name: string, options: FieldOptions): SafeHtml {
  const control = input(form, name, options).value;
  const parts = `<div data-choice>${control}${label(form, name, options).value}</div>`;
  return wrapped(
    form,
    name,
    `${parts}${help(form, name, options).value}${pending(form, options)}${error(form, name).value}`,
  );
}

function group(form: FormScope, name: string, options: FieldOptions, shape: FieldShape): SafeHtml {
  const fields = [...(shape.fields?.keys() ?? [])].map((field) => fieldHtml(form, `${name}.${field}`, {}).value);
  return fieldsOf(form, name, options, fields.join(""));
}

function plain(form: FormScope, name: string, options: FieldOptions): SafeHtml {
  const parts = `${label(form, name, options).value}${help(form, name, options).value}${input(form, name, options).value}`;
  return wrapped(form, name, `${parts}${pending(form, options)}${error(form, name).value}`);
}

/** A whole field: label, help, control and messages, made from the schema. */
export function fieldHtml(form: FormScope, name: string, options: FieldOptions): SafeHtml {
  const shape = shapeFor(form, name);
  const upload = form.form.uploads.get(name);
  if (upload !== undefined) {
    const control = fileField(form, name, options, upload);
    const parts = `${label(form, name, options).value}${help(form, name, options).value}${control}${error(form, name).value}`;
    return wrapped(form, name, parts, "div", " data-drop");
  }
  if (shape?.kind === "boolean" && options.type === undefined) return box(form, name, options);
  if (shape?.kind === "group") return group(form, name, options, shape);
  if (shape?.kind === "list" && options.choices === undefined) {
    const choices = shape.item?.choices;
    if (choices === undefined) return repeatable(form, name, options, shape.item);
    if (options.type !== "select") return fieldset(form, name, options, choiceGroup(form, name, options, choices));
  }
  const few = shape?.kind === "choice" && (shape.choices?.length ?? 0) <= MOST_RADIOS && shape.required;
  if (options.type === "radio" || (few && options.type === undefined && options.choices === undefined)) {
    return fieldset(
      form,
      name,
      { ...options, type: "radio" },
      choiceGroup(form, name, { ...options, type: "radio" }, choicesOf(shape, options)),
    );
  }
  return plain(form, name, options);
}
