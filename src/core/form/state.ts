import { fieldErrors, type SchemaIssue, type SchemaResult } from "../ports/schema.js";
import type { FormParts } from "./parts.js";
import type { Refusals } from "./refusals.js";

/** Messages by the full name of a field; those about the whole form stand under `form`. */
export type FormErrors = Readonly<Record<string, readonly string[]>>;

/** What every form remembers. */
export interface FormState {
  /** What was entered, as it was entered, nested as the schema is. Sensitive fields are never in it. */
  formData: Record<string, unknown>;
  /** Names of the fields a person has been in. */
  touched: string[];
  /** Messages that are shown now. */
  errors: Record<string, readonly string[]>;
  /** What the handler refused though the schema had passed. */
  refused: Refusals;
  /** Whether the form was sent. */
  submitted: boolean;
  /** Whether what was entered last passed the schema. */
  isValid: boolean;
}

/** One schema and what is known of its fields. */
export type FormScope = Pick<FormParts, "schema" | "shape">;

/** What a schema said of what was entered. */
export interface Verdict {
  readonly errors: Record<string, readonly string[]>;
  readonly accepted: { readonly value: unknown } | undefined;
}

/** What is entered in one field, when a person leaves it or pauses. */
export interface FieldChange {
  /** Full name, such as `items[0].price`. */
  readonly field: string;
  /** As it was entered. */
  readonly value: unknown;
}

/** The state of a form that nobody has been in. */
export function emptyForm(): FormState {
  return { formData: {}, touched: [], errors: {}, refused: {}, submitted: false, isValid: false };
}

export const FORM_STATE: readonly string[] = Object.freeze(Object.keys(emptyForm()));

/** A person has been in a field. */
export function touch({ touched }: FormState, field: string): void {
  if (!touched.includes(field)) touched.push(field);
}

/** The verdict of one schema. @param more What is wrong beside. */
export function verdictOf(result: SchemaResult<unknown>, more: readonly SchemaIssue[]): Verdict {
  const { "": whole, ...fields } = fieldErrors([...more, ...(result.issues ?? [])]);
  const errors = whole === undefined ? fields : { ...fields, form: whole };
  const isAccepted = result.issues === undefined && more.length === 0;
  return { errors, accepted: isAccepted ? { value: result.value } : undefined };
}
