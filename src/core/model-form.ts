import { DefinitionError, type ErrorCode, HydrantError } from "./errors.js";
import { coerce, keep } from "./form/coerce.js";
import { FORM_STATE } from "./form/state.js";
import { textOf } from "./form/text.js";
import { FormComponent } from "./form.js";
import type { RecordStore, StoredRecord } from "./ports/record-store.js";
import type { Output, Schema } from "./ports/schema.js";
import type { Refusal } from "./view.js";

/** What a form that edits a record remembers beside what every form does. */
export interface ModelState {
  /** Version of the record that the fields began with. */
  version: number;
  /** After a conflict: what stands in the database now where it differs from what was entered, by field. */
  conflicts: Record<string, string>;
}

/**
 * A form that edits one record. It is loaded by an identity from the sealed params, checked against the caller when it is
 * loaded and again before it is saved, and only fields of the schema are written. Who saves over somebody else's change
 * gets a 409: what was entered stays in the fields, `conflicts` shows what the other wrote, and sending again saves.
 */
export abstract class ModelFormComponent<
  S extends Schema = Schema,
  Row extends object = Record<string, unknown>,
  Id extends string | number = string | number,
  Params extends object = object,
  Extra extends object = object,
> extends FormComponent<S, ModelState & Extra, Params> {
  /** Where the records are. */
  static readonly records?: RecordStore<object, never>;
  static override readonly remembered: readonly string[] = Object.freeze([...FORM_STATE, "version", "conflicts"]);

  /** Which record. Take it from `this.params`, which are sealed; never from a field. */
  abstract identity(): Id;

  /** Whether the caller may edit this record. Asked with the record as it is now. */
  mayEdit(_record: Row): boolean | Promise<boolean> {
    return true;
  }

  /** Runs after the record was saved: the place for a message or a redirect. */
  saved(_data: Output<S>): void | Promise<void> {}

  get #records(): RecordStore<Row, Id> {
    const { records } = this.constructor as typeof ModelFormComponent;
    return records as unknown as RecordStore<Row, Id>;
  }

  override async mount(_params: Params): Promise<void> {
    await this.#begin();
  }

  /** Shows the record as it is now. */
  override async reset(): Promise<void> {
    await super.reset();
    await this.#begin();
  }

  override async on_submit(data: Output<S>): Promise<void> {
    await this.#load();
    const changes = this.#changesIn(data as object);
    const version = await reached(this.#records.save(this.identity(), changes, this.state.version));
    if (version === undefined) throw new HydrantError("state_conflict");
    Object.assign(this.state, { formData: this.#fieldsOf(changes), version, conflicts: {} });
    await this.saved(data);
  }

  /** However the form came to be out of date: nothing of somebody else's is overwritten unseen. */
  override async refused(refusal: Refusal, code: ErrorCode, event?: string): Promise<void> {
    await super.refused(refusal, code, event);
    if (code === "invalid") return;
    const { record, version } = await this.#load();
    this.state.conflicts = this.#differences(record);
    this.state.version = version;
  }

  override shown(): Readonly<Record<string, unknown>> {
    return { conflicts: this.state.conflicts ?? {} };
  }

  /** The record as it is now, if the caller may edit it. */
  async #load(): Promise<StoredRecord<Row>> {
    const found = await reached(this.#records.find(this.identity()));
    if (found === undefined) throw new HydrantError("not_found");
    if ((await this.mayEdit(found.record)) === true) return found;
    throw new HydrantError(this.caller.user === null ? "unauthenticated" : "forbidden");
  }

  async #begin(): Promise<void> {
    const { record, version } = await this.#load();
    Object.assign(this.state, { formData: this.#fieldsOf(record), version, conflicts: {} });
  }

  /** What the fields show of a record. */
  #fieldsOf(record: object): Record<string, unknown> {
    const { shape, sensitive } = this.parts;
    const fields = keep(shape, record, sensitive);
    // Where nothing stands a field that takes no null is missing.
    for (const [name, value] of Object.entries(fields)) {
      if (value === null && shape?.fields?.get(name)?.nullable !== true) delete fields[name];
    }
    return fields;
  }

  /** What is saved: the part of the accepted data that the schema speaks of, and nothing where a field was emptied. */
  #changesIn(data: object): Partial<Row> {
    const { shape, sensitive } = this.parts;
    const changes = keep(shape, data, new Set());
    for (const name of shape?.fields?.keys() ?? []) {
      if (changes[name] === undefined && !sensitive.has(name) && this.wasEmptied(name)) changes[name] = null;
    }
    return changes as Partial<Row>;
  }

  #differences(record: Row): Record<string, string> {
    const { shape, sensitive } = this.parts;
    const entered = coerce(shape ?? NO_SHAPE, this.state.formData) as Record<string, unknown>;
    const differences: Record<string, string> = {};
    for (const [name, field] of shape?.fields ?? []) {
      const theirs = textOf(field, (record as Record<string, unknown>)[name]);
      if (!sensitive.has(name) && theirs !== textOf(field, entered[name])) differences[name] = theirs;
    }
    return differences;
  }
}

const NO_SHAPE = Object.freeze({
  kind: "unknown",
  required: false,
  optional: true,
  nullable: false,
  empty: undefined,
  title: "",
  reading: {},
} as const);

/** A database that is down is not the form's failure; a wrong definition is. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof HydrantError || cause instanceof DefinitionError || cause instanceof TypeError) throw cause;
    throw new HydrantError("unavailable", undefined, { cause, retryAfter: 5 });
  }
}
