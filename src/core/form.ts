import { Component, type InstanceInit } from "./component.js";
import { DefinitionError, type ErrorCode } from "./errors.js";
import { coerce, keep } from "./form/coerce.js";
import { at, nest, parseName, put } from "./form/names.js";
import { type FormEvent, type FormParts, WHOLE_FORM } from "./form/parts.js";
import type { FieldShape } from "./form/shape.js";
import { fieldErrors, type Output, type Schema, type SchemaIssue, validate } from "./ports/schema.js";
import type { UploadStore } from "./ports/upload-store.js";
import { ReceivedFile, type UploadedFile, type UploadRule } from "./uploads.js";
import type { Refusal } from "./view.js";

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
  /** Whether the form was sent. */
  submitted: boolean;
  /** Whether what was entered last passed the schema. */
  isValid: boolean;
}

/** What is entered in one field, when a person leaves it or pauses. */
export interface FieldChange {
  /** Full name, such as `items[0].price`. */
  readonly field: string;
  /** As it was entered. */
  readonly value: unknown;
}

export const NO_FORM: Readonly<FormState> = Object.freeze({
  formData: {},
  touched: [],
  errors: {},
  submitted: false,
  isValid: false,
});

type Fields = Readonly<Record<string, unknown>>;
type Typed = Record<string, unknown>;

/** Rows of one repeatable group, whatever the schema says. */
const MOST_ROWS = 1_000;

/**
 * A form: one schema gives the validation, the handler's argument, the constraints of the fields and the messages.
 * `on_submit` runs only with data that passed the schema, on every door.
 *
 * It answers `submit`, `field_change`, `add_row`, `remove_row`, `upload` and `remove_file`, beside the events a class
 * declares itself.
 *
 * @typeParam S The schema: `FormComponent<typeof schema>`.
 * @typeParam Extra What else is remembered between events.
 */
export abstract class FormComponent<
  S extends Schema = Schema,
  Extra extends object = object,
  Params extends object = object,
> extends Component<FormState & Extra, Params> {
  /** What the form takes. */
  static readonly schema?: Schema;
  /** Names of fields that are never sent back or remembered, such as passwords. */
  static readonly sensitive?: readonly string[];
  /** Names of file fields, and what each takes. The schema sees an {@link UploadedFile}, or a list of them. */
  static readonly uploads?: Readonly<Record<string, UploadRule>>;

  readonly #parts: FormParts;
  readonly #store: UploadStore | undefined;
  /** What came with the call in hand, sensitive fields included. */
  #typed: Typed | undefined;
  #validated: { readonly value: unknown } | undefined;

  constructor(init: InstanceInit) {
    super(init);
    if (init.form === undefined) throw new DefinitionError("a form is made by the server, from its definition.");
    this.#parts = init.form;
    this.#store = init.uploads;
    this.state = { ...structuredClone(NO_FORM) } as FormState & Extra;
  }

  /** Carries out what the form is for. Throw `HydrantError("invalid", …, { fields })` to refuse after all. */
  abstract on_submit(data: Output<S>): void | Promise<void>;

  /** Runs after a field was checked while the form is filled in: the place for fields that depend on others. */
  on_field_change(_change: FieldChange): void | Promise<void> {}

  /** What the fields hold at first, typed as the schema wants it. */
  initial(): object | Promise<object> {
    return {};
  }

  override async mount(_params: Params): Promise<void> {
    const { shape, sensitive } = this.#parts;
    this.state.formData = keep(shape, await this.initial(), sensitive);
  }

  /**
   * What the form was accepted with, as the schema made it.
   * @throws {DefinitionError} before the schema has passed in this call.
   */
  get validatedData(): Output<S> {
    if (this.#validated !== undefined) return this.#validated.value as Output<S>;
    throw new DefinitionError("validatedData is there only once validate() or a submit has passed the schema.");
  }

  /** Messages that are shown, by the full name of their field. */
  get fieldErrors(): FormErrors {
    const { form: _whole, ...fields } = this.state.errors;
    return fields;
  }

  /** Messages that are shown; `errors.form` holds those about the whole form. */
  get errors(): FormErrors & { readonly form: readonly string[] } {
    return { ...this.state.errors, form: this.state.errors.form ?? [] };
  }

  /** Checks what is entered and shows all messages. @returns whether the schema lets it through. */
  async validate(): Promise<boolean> {
    this.state.errors = await this.#check();
    return this.state.isValid;
  }

  /** Empties the form: as it was when it was mounted. */
  async reset(): Promise<void> {
    const { shape, sensitive } = this.#parts;
    this.#typed = undefined;
    const formData = keep(shape, await this.initial(), sensitive);
    Object.assign(this.state, structuredClone(NO_FORM), { formData });
  }

  override refused({ errors, submitted }: Refusal, code: ErrorCode, event?: string): void | Promise<void> {
    this.take(submitted, event === "submit");
    if (code !== "invalid") return;
    const { "": whole, ...fields } = errors;
    this.state.errors = whole === undefined ? fields : { ...fields, form: whole };
    this.state.submitted ||= event === "submit";
    this.state.isValid = false;
  }

  /** What is validated now, and which top-level fields of the page's form belong to it. */
  protected scopeOfForm(): { readonly schema: Schema; readonly shape: FieldShape | undefined } {
    return this.#parts;
  }

  /**
   * Takes over what was entered.
   * @param whole The payload is all of the form, so that what is missing was emptied; otherwise only what is there counts.
   */
  protected take(payload: Fields, whole: boolean): void {
    const { shape, sensitive, uploads, reserved } = this.#parts;
    const complete = whole || payload[WHOLE_FORM] !== undefined;
    const entered: Typed = Object.create(null);
    for (const name of Object.keys(payload)) {
      if (!reserved.has(name) && !uploads.has(fileField(name))) entered[name] = payload[name];
    }
    const typed = { ...(complete ? this.#otherFields() : (this.#typed ?? this.state.formData)), ...nest(entered) };
    const files = this.#takeFiles(payload);
    this.#typed = { ...typed, ...files };
    this.state.formData = { ...keep(shape, typed, sensitive), ...files };
  }

  /** Fields that are not part of what the page shows of the form. */
  #otherFields(): Typed {
    const { shape } = this.scopeOfForm();
    if (shape === this.#parts.shape) return {};
    return Object.fromEntries(Object.entries(this.state.formData).filter(([name]) => !shape?.fields?.has(name)));
  }

  #filesOf(field: string): readonly UploadedFile[] {
    const files = this.state.formData[field];
    return Array.isArray(files) ? (files as UploadedFile[]) : [];
  }

  /** Files stay until they are removed; a field for one file takes the newest. */
  #takeFiles(payload: Fields): Typed {
    const files: Typed = {};
    for (const [field, { maxFiles = 1 }] of this.#parts.uploads) {
      const came = [payload[field], payload[`${field}[]`]].flat().filter((one) => one instanceof ReceivedFile);
      for (const file of came) file.claimed = true;
      const all = [...this.#filesOf(field), ...came.map((file) => file.plain())];
      files[field] = maxFiles === 1 ? all.slice(-1) : all;
    }
    return files;
  }

  /** What the schema gets to see. */
  #dataFor(shape: FieldShape | undefined): unknown {
    const data: Typed = { ...(this.#typed ?? this.state.formData) };
    for (const [field, { maxFiles = 1 }] of this.#parts.uploads) {
      const files = this.#filesOf(field);
      if (maxFiles > 1) data[field] = files;
      else if (files[0] === undefined) delete data[field];
      else data[field] = files[0];
    }
    return shape === undefined ? data : coerce(shape, data);
  }

  /** @returns every message there is. */
  async #check(): Promise<Record<string, readonly string[]>> {
    const { schema, shape } = this.scopeOfForm();
    const result = await validate(schema, this.#dataFor(shape));
    const tooMany = this.#tooManyFiles();
    this.state.isValid = result.issues === undefined && tooMany.length === 0;
    this.#validated = result.issues === undefined && tooMany.length === 0 ? { value: result.value } : undefined;
    return errorsByName([...tooMany, ...(result.issues ?? [])]);
  }

  #tooManyFiles(): SchemaIssue[] {
    return [...this.#parts.uploads].flatMap(([field, { maxFiles = 1 }]) =>
      this.#filesOf(field).length > maxFiles ? [{ path: [field], message: `At most ${maxFiles} files.` }] : [],
    );
  }

  /** While a form is filled in, only fields a person has been in show messages; once it was sent, all do. */
  protected async checkTouched(): Promise<void> {
    const all = await this.#check();
    const { submitted, touched } = this.state;
    const { sensitive } = this.#parts;
    // What is never sent back may be missing without being forgotten.
    const isShown = (name: string): boolean =>
      (submitted || touched.includes(name)) &&
      !(sensitive.has(name) && at(this.#typed ?? {}, parseName(name)) === undefined);
    this.state.errors = Object.fromEntries(Object.entries(all).filter(([name]) => isShown(name)));
  }

  /** Answers a submit. @returns the refusal to show, or nothing when the schema passed. */
  protected async checkSubmit(payload: Fields): Promise<Refusal | undefined> {
    this.take(payload, true);
    this.state.submitted = true;
    if (await this.validate()) return undefined;
    return { errors: this.state.errors, submitted: payload };
  }

  async #checkField(payload: Fields): Promise<FieldChange> {
    const field = String(payload._field ?? "");
    this.take(payload, false);
    const path = parseName(field);
    const named = this.#parts.knows(field);
    if (named && !this.state.touched.includes(field)) this.state.touched.push(field);
    await this.checkTouched();
    return { field, value: at(this.#typed ?? {}, path) };
  }

  #changeRows(payload: Fields, change: (rows: unknown[], index: number) => void): Promise<void> {
    const field = String(payload._field ?? "");
    this.take(payload, false);
    const list = this.#parts.knows(field) ? this.#parts.shapeAt(field) : undefined;
    if (list?.kind === "list") {
      const path = parseName(field);
      const present = at(this.state.formData, path);
      const rows = Array.isArray(present) ? [...present] : [];
      const most = Math.min(list.maxItems ?? MOST_ROWS, MOST_ROWS);
      change(rows, Number(payload._index));
      if (rows.length <= most) this.#setRows(path, rows);
      // Messages of rows that moved would stand beside the wrong ones.
      this.state.touched = this.state.touched.filter((name) => !name.startsWith(`${field}[`));
    }
    return this.checkTouched();
  }

  #setRows(path: readonly (string | number)[], rows: readonly unknown[]): void {
    put(this.state.formData, path, rows);
    if (this.#typed !== undefined) put(this.#typed, path, rows);
  }

  async #removeFile(payload: Fields): Promise<void> {
    this.take(payload, false);
    const field = String(payload._field ?? "");
    const gone = this.#filesOf(field).filter(({ key }) => key === payload._key);
    const files = this.#filesOf(field).filter((file) => !gone.includes(file));
    if (this.#parts.uploads.has(field)) this.state.formData[field] = files;
    for (const { key } of gone) await this.#store?.remove(key);
    await this.checkTouched();
  }

  async #submit(): Promise<void> {
    await this.on_submit(this.validatedData);
    for (const field of this.#parts.uploads.keys()) {
      for (const { key } of this.#filesOf(field)) await this.#store?.keep(key);
    }
  }

  /**
   * What every form answers, each with how its payload is checked and what then runs.
   * @internal
   */
  static readonly answers: Readonly<Record<string, FormEvent<FormComponent>>> = Object.freeze({
    submit: {
      check: async (form, payload) => {
        const refusal = await form.checkSubmit(payload);
        return refusal === undefined ? { value: undefined } : { refusal };
      },
      handle: (form) => form.#submit(),
    },
    field_change: {
      check: async (form, payload) => ({ value: await form.#checkField(payload) }),
      handle: (form, change) => form.on_field_change(change as FieldChange),
    },
    add_row: {
      check: async (form, payload) => {
        await form.#changeRows(payload, (rows) => rows.push(form.#emptyRow(String(payload._field))));
        return { value: undefined };
      },
    },
    remove_row: {
      check: async (form, payload) => {
        await form.#changeRows(payload, (rows, index) => {
          if (Number.isInteger(index) && index >= 0) rows.splice(index, 1);
        });
        return { value: undefined };
      },
    },
    upload: {
      check: async (form, payload) => ({ value: await form.#checkField(payload) }),
    },
    remove_file: {
      check: async (form, payload) => ({ value: await form.#removeFile(payload) }),
    },
  } satisfies Record<string, FormEvent<FormComponent>>);

  #emptyRow(field: string): unknown {
    return this.#parts.shapeAt(field)?.item?.kind === "group" ? {} : "";
  }
}

/** `photos[]` is another spelling of `photos`. */
function fileField(name: string): string {
  return name.endsWith("[]") ? name.slice(0, -2) : name;
}

function errorsByName(issues: readonly SchemaIssue[]): Record<string, readonly string[]> {
  const { "": whole, ...fields } = fieldErrors(issues);
  return whole === undefined ? fields : { ...fields, form: whole };
}
