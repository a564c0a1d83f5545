import { escapeHtml } from "../html.js";
import type { FormParts } from "./parts.js";
import type { FieldShape } from "./shape.js";

/** Names and values of attributes: `true` writes the name alone, `undefined` and `false` write nothing. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Every value is escaped; names are ours. */
export function writeAttributes(attributes: Attributes): string {
  let text = "";
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (value === undefined || value === false) continue;
    text += value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`;
  }
  return text;
}

/** What the type of an input is called in HTML. */
const INPUT_TYPES: Readonly<Record<string, string>> = {
  email: "email",
  url: "url",
  number: "number",
  date: "date",
  datetime: "datetime-local",
  time: "time",
  boolean: "checkbox",
  file: "file",
};

export function inputType(shape: FieldShape | undefined): string {
  return INPUT_TYPES[shape?.kind ?? "text"] ?? "text";
}

/** Types that a length and a pattern can be said of. */
const TEXTUAL: ReadonlySet<string> = new Set(["text", "email", "url", "search", "tel", "password"]);

/** What the browser can check of what the schema says. */
function constraints(shape: FieldShape, type: string): Attributes {
  const { required, minLength, maxLength, pattern, min, max, step } = shape;
  const isText = TEXTUAL.has(type) || type === "textarea";
  return {
    required,
    ...(isText ? { minlength: minLength, maxlength: maxLength } : { min, max, step }),
    ...(isText && type !== "textarea" ? { pattern } : {}),
  };
}

/** What is said otherwise than the schema says it. */
interface Leniency {
  /** Browsers count the steps of a number from its value; from one that is refused they would refuse the right ones. */
  readonly anyStep?: boolean;
  /** Where one control of several has to be filled in, or what is needed is there already. */
  readonly mayBeEmpty?: boolean;
}

/** The same as text, written once for each field of a form. */
export function constraintText(
  { constraintTexts }: Pick<FormParts, "constraintTexts">,
  shape: FieldShape | undefined,
  type: string,
  { anyStep = false, mayBeEmpty = false }: Leniency,
): string {
  if (shape === undefined) return "";
  let texts = constraintTexts.get(shape);
  if (texts === undefined) {
    texts = new Map();
    constraintTexts.set(shape, texts);
  }
  const key = anyStep || mayBeEmpty ? `${type} ${anyStep} ${mayBeEmpty}` : type;
  let text = texts.get(key);
  if (text === undefined) {
    const { required, ...rest } = constraints(shape, type);
    text = writeAttributes({
      required: required === true && !mayBeEmpty,
      ...rest,
      ...(anyStep ? { step: "any" } : {}),
    });
    texts.set(key, text);
  }
  return text;
}
