import { Component, type InstanceInit } from "./component.js";
import type { Checked } from "./definition.js";
import { DefinitionError, type ErrorCode } from "./errors.js";
import { coerce, keep } from "./form/coerce.js";
import { addFiles, dropLostFiles, filesIn, tooManyFiles, withFiles } from "./form/files.js";
import { keepAfter } from "./form/keeping.js";
import { at, nest, parseName } from "./form/names.js";
import { type FormEvent, type FormParts, partOf, WHOLE_FORM } from "./form/parts.js";
import { noteRefusals, standingRefusals } from "./form/refusals.js";
import { addRowTo, removeRowFrom } from "./form/rows.js";
import { fieldSent, numberSent } from "./form/sent.js";
import type { FieldShape } from "./form/shape.js";
import {
  emptyForm,
  type FieldChange,
  FORM_STATE,
  type FormErrors,
  type FormScope,
  type FormState,
  touch,
  type Verdict,
  verdictOf,
} from "./form/state.js";
import { type Output, type Schema, validate } from "./ports/schema.js";
import type { UploadStore } from "./ports/upload-store.js";
import { fileFieldOf, type UploadRule } from "./uploads.js";
import type { Refusal } from "./view.js";

type Fields = Readonly<Record<string, unknown>>;
type Typed = Record<string, unknown>;

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

  /** What the class declares, as the server read it. @internal */
  protected readonly parts: FormParts;
  readonly #store: UploadStore | undefined;
  /** What came with the call in hand, sensitive fields included. */
  #typed: Typed | undefined;
  #validated: { readonly value: unknown } | undefined;

  constructor(init: InstanceInit) {
    super(init);
    if (init.form === undefined) throw new DefinitionError("a form is made by the server, from its definition.");
    this.parts = init.form;
    this.#store = init.uploads;
    this.state = emptyForm() as FormState & Extra;
  }

  /** Carries out what the form is for. Throw `HydrantError("invalid", …, { fields })` to refuse after all. */
  abstract on_submit(data: Output<S>): void | Promise<void> | AsyncIterable<unknown>;

  /** Runs after a field was checked while the form is filled in: the place for fields that depend on others. */
  on_field_change(_change: FieldChange): void | Promise<void> {}

  /** What the fields hold at first, typed as the schema wants it. */
  initial(): object | Promise<object> {
    return {};
  }

  override async mount(_params: Params): Promise<void> {
    const { shape, sensitive } = this.parts;
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
    this.state.errors = this.conclude(await this.judge(this.scopeOfForm()));
    return this.state.isValid;
  }

  /** Empties the form: as it was when it was mounted. */
  async reset(): Promise<void> {
    const { shape, sensitive } = this.parts;
    this.#typed = undefined;
    const formData = keep(shape, await this.initial(), sensitive);
    Object.assign(this.state, emptyForm(), { formData });
  }

  override refused({ errors, submitted }: Refusal, code: ErrorCode, event?: string): void | Promise<void> {
    this.take(submitted, event === "submit");
    if (code !== "invalid") return;
    const { "": whole, ...fields } = errors;
    this.state.errors = whole === undefined ? fields : { ...fields, form: whole };
    this.state.refused = noteRefusals(this.state.errors, this.state.formData);
    this.state.submitted ||= event === "submit";
    this.state.isValid = false;
  }

  /** What is validated now, and which top-level fields of the page's form belong to it. @internal */
  protected scopeOfForm(): FormScope {
    return this.parts;
  }

  /**
   * Takes over what was entered.
   * @param whole The payload is all of the form, so that what is missing was emptied; otherwise only what is there counts.
   * @internal
   */
  protected take(payload: Fields, whole: boolean): void {
    const { shape, sensitive, uploads, reserved } = this.parts;
    const complete = whole || payload[WHOLE_FORM] !== undefined;
    const entered: Typed = Object.create(null);
    for (const name of Object.keys(payload)) {
      if (!reserved.has(name) && !uploads.has(fileFieldOf(name))) entered[name] = payload[name];
    }
    const before = complete ? this.#otherFields() : (this.#typed ?? this.state.formData);
    const typed = before === undefined ? nest(entered) : { ...before, ...nest(entered) };
    const files = addFiles(uploads, this.state.formData, payload);
    this.#typed = Object.assign(typed, files);
    this.state.formData = Object.assign(keep(shape, typed, sensitive, complete), files);
  }

  /** Whether a top-level field came empty with the call in hand. */
  protected wasEmptied(name: string): boolean {
    const value = this.#typed?.[name];
    return typeof value === "string" && value.trim() === "";
  }

  /** Fields that are not part of what the page shows of the form; `undefined` where it shows all. */
  #otherFields(): Typed | undefined {
    const { shape } = this.scopeOfForm();
    if (shape === this.parts.shape) return undefined;
    return Object.fromEntries(Object.entries(this.state.formData).filter(([name]) => !shape?.fields?.has(name)));
  }

  /** What every form of this class remembers by itself. @internal */
  static readonly remembered: readonly string[] = FORM_STATE;

  /** What the template of such a form sees beside. @internal */
  shown(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** The event that its form sends. @internal */
  sends(): string {
    return "submit";
  }

  /** What one schema says of what was entered: every message there is, and the value when there is none. @internal */
  protected async judge(scope: FormScope): Promise<Verdict> {
    const { schema, shape } = scope;
    const { formData } = this.state;
    const { data: entered, uploads } = partOf(this.parts, scope, this.#typed ?? formData);
    const data = withFiles(uploads, formData, entered);
    return verdictOf(
      await validate(schema, shape === undefined ? data : coerce(shape, data)),
      tooManyFiles(uploads, formData),
    );
  }

  /** Takes over what a check found. @returns every message there is. @internal */
  protected conclude({ errors, accepted }: Verdict): Record<string, readonly string[]> {
    this.state.isValid = accepted !== undefined;
    this.#validated = accepted;
    return errors;
  }

  /** While a form is filled in, only fields a person has been in show messages; once it was sent, all do. @internal */
  protected async checkTouched(): Promise<void> {
    const all = this.conclude(await this.judge(this.scopeOfForm()));
    const { submitted, touched } = this.state;
    const { isSensitive } = this.parts;
    // What is never sent back may be missing without being forgotten.
    const isShown = (name: string): boolean =>
      (submitted || touched.includes(name)) &&
      !(isSensitive(name) && at(this.#typed ?? {}, parseName(name)) === undefined);
    const shown = Object.fromEntries(Object.entries(all).filter(([name]) => isShown(name)));
    this.state.errors = { ...standingRefusals(this.state.refused, this.state.formData), ...shown };
  }

  /** Answers a submit. @returns the refusal to show, or nothing when the schema passed. @internal */
  protected async checkSubmit(payload: Fields): Promise<Refusal | undefined> {
    this.take(payload, true);
    Object.assign(this.state, { submitted: true, refused: {} });
    if (await this.validate()) return undefined;
    return { errors: this.state.errors, submitted: this.state.formData };
  }

  /** @returns what changed; `undefined` where there is no such field. */
  async #checkField(payload: Fields): Promise<FieldChange | undefined> {
    const field = fieldSent(payload);
    this.take(payload, false);
    const isKnown = field !== "" && this.parts.knows(field);
    if (isKnown) touch(this.state, field);
    await this.checkTouched();
    return isKnown ? { field, value: at(this.#typed ?? {}, parseName(field)) } : undefined;
  }

  #changeRows(payload: Fields, change: (data: Typed, field: string, list: FieldShape) => void): Promise<void> {
    const field = fieldSent(payload);
    this.take(payload, false);
    const list = this.parts.knows(field) ? this.parts.shapeAt(field) : undefined;
    if (list?.kind === "list") {
      change(this.state.formData, field, list);
      if (this.#typed !== undefined) change(this.#typed, field, list);
      // Messages of rows that moved would stand beside the wrong ones.
      this.state.touched = this.state.touched.filter((name) => !name.startsWith(`${field}[`));
      touch(this.state, field);
    }
    return this.checkTouched();
  }

  async #removeFile(payload: Fields): Promise<void> {
    const field = fieldSent(payload);
    this.take(payload, false);
    // Only forgotten: an earlier page of a form that was accepted since must not take away what belongs to others now.
    if (this.parts.uploads.has(field)) {
      this.state.formData[field] = filesIn(this.state.formData, field).filter(({ key }) => key !== payload._key);
    }
    await this.checkTouched();
  }

  /** Files may have been swept since they came; then the form is not what its sender thinks it is. */
  async #checkSubmit(payload: Fields): Promise<Checked> {
    const lost = await dropLostFiles(this.parts.uploads, this.state.formData, this.#store);
    const refusal = await this.checkSubmit(payload);
    if (lost === undefined) return refusal === undefined ? { value: undefined } : { refusal };
    const errors = { ...refusal?.errors, ...lost };
    this.conclude({ errors, accepted: undefined });
    this.state.errors = errors;
    return { refusal: { errors, submitted: this.state.formData } };
  }

  #submit(): unknown {
    // The handler may empty the form.
    const files = [...this.parts.uploads.keys()].flatMap((field) => filesIn(this.state.formData, field));
    this.state.touched = [];
    return keepAfter(this.on_submit(this.validatedData), files, this.#store);
  }

  /**
   * What every form answers, each with how its payload is checked and what then runs.
   * @internal
   */
  static readonly answers: Readonly<Record<string, FormEvent<FormComponent>>> = Object.freeze({
    submit: {
      check: (form, payload) => form.#checkSubmit(payload),
      handle: (form) => form.#submit(),
    },
    field_change: {
      check: async (form, payload) => ({ value: await form.#checkField(payload) }),
      handle: (form, change) => (change === undefined ? undefined : form.on_field_change(change as FieldChange)),
    },
    add_row: {
      check: async (form, payload) => ({ value: await form.#changeRows(payload, addRowTo) }),
    },
    remove_row: {
      check: async (form, payload) => ({
        value: await form.#changeRows(payload, (data, field) => removeRowFrom(data, field, numberSent(payload._index))),
      }),
    },
    upload: {
      check: async (form, payload) => ({ value: await form.#checkField(payload) }),
    },
    remove_file: {
      check: async (form, payload) => ({ value: await form.#removeFile(payload) }),
    },
  } satisfies Record<string, FormEvent<FormComponent>>);
}
