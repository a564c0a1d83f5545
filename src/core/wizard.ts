import type { InstanceInit } from "./component.js";
import type { FormEvent } from "./form/parts.js";
import { numberSent } from "./form/sent.js";
import { FORM_STATE, type FormScope, type Verdict } from "./form/state.js";
import { FormComponent } from "./form.js";
import type { Output, Schema } from "./ports/schema.js";
import type { Refusal } from "./view.js";

/** One step of a form in several steps. */
export interface Step {
  readonly name: string;
  readonly title: string;
  /** Schema of the fields of this step. */
  readonly schema: Schema;
}

/** All members of a union in one. */
export type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** What all steps together let through. */
export type WizardData<Steps extends readonly Step[]> = Together<Output<Steps[number]["schema"]>>;

/** What a form in several steps remembers beside what every form does. */
export interface WizardState {
  /** Index of the step that is shown. */
  step: number;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * A form in several steps, each with a schema. Steps can be left in both directions without losing what was entered;
 * `on_submit` runs only when every step passes, and the first that does not is shown.
 *
 * It answers `next`, `back` and `go` (with `_step`, to an earlier one) beside the events of every form. Its template
 * sees `step` and `steps`.
 */
export abstract class WizardComponent<
  Steps extends readonly Step[] = readonly Step[],
  Extra extends object = object,
  Params extends object = object,
> extends FormComponent<Schema<unknown, WizardData<Steps>>, WizardState & Extra, Params> {
  static readonly steps?: readonly Step[];
  static override readonly remembered: readonly string[] = Object.freeze([...FORM_STATE, "step"]);

  constructor(init: InstanceInit) {
    super(init);
    this.#at(0);
  }

  /** @internal */
  protected override scopeOfForm(): FormScope {
    return this.parts.steps[this.state.step] ?? this.parts;
  }

  override sends(): string {
    return this.state.step < this.parts.steps.length - 1 ? "next" : "submit";
  }

  override shown(): Readonly<Record<string, unknown>> {
    const { step: index } = this.state;
    const count = this.parts.steps.length;
    const { name = "", title = "" } = this.parts.steps[index] ?? {};
    const isLast = index === count - 1;
    const steps = this.parts.steps.map((one, at) => ({
      name: one.name,
      title: one.title,
      index: at,
      isCurrent: at === index,
      isDone: at < index,
    }));
    return { step: { index, number: index + 1, count, name, title, isFirst: index === 0, isLast }, steps };
  }

  override async reset(): Promise<void> {
    await super.reset();
    this.#at(0);
  }

  /** Every step is checked; the first that does not pass is shown with its messages. @internal */
  protected override async checkSubmit(payload: Fields): Promise<Refusal | undefined> {
    this.take(payload, true);
    const values: unknown[] = [];
    for (const [index, step] of this.parts.steps.entries()) {
      const verdict = await this.judge(step);
      if (verdict.accepted === undefined) return this.#refuse(index, verdict);
      values.push(verdict.accepted.value);
    }
    this.state.submitted = true;
    this.state.errors = this.conclude({ errors: {}, accepted: { value: Object.assign({}, ...values) } });
    return undefined;
  }

  #refuse(index: number, verdict: Verdict): Refusal {
    this.#at(index);
    this.state.submitted = true;
    this.state.errors = this.conclude(verdict);
    return { errors: this.state.errors, submitted: this.state.formData };
  }

  #at(step: number): void {
    Object.assign(this.state, { step, touched: [], errors: {}, refused: {}, submitted: false });
  }

  async #next(payload: Fields): Promise<Refusal | undefined> {
    const { step } = this.state;
    this.take(payload, true);
    const verdict = await this.judge(this.scopeOfForm());
    if (verdict.accepted === undefined) return this.#refuse(step, verdict);
    this.#at(Math.min(step + 1, this.parts.steps.length - 1));
    return undefined;
  }

  #backTo(payload: Fields, target: number | undefined): void {
    const { step } = this.state;
    this.take(payload, false);
    if (target !== undefined && target >= 0 && target < step) this.#at(target);
  }

  /** @internal */
  static override readonly answers: Readonly<Record<string, FormEvent<FormComponent>>> = Object.freeze({
    ...FormComponent.answers,
    next: {
      check: async (form, payload) => {
        const refusal = await (form as WizardComponent).#next(payload);
        return refusal === undefined ? { value: undefined } : { refusal };
      },
    },
    back: {
      check: (form, payload) => {
        const wizard = form as WizardComponent;
        return { value: wizard.#backTo(payload, wizard.state.step - 1) };
      },
    },
    go: {
      check: (form, payload) => ({ value: (form as WizardComponent).#backTo(payload, numberSent(payload._step)) }),
    },
  } satisfies Record<string, FormEvent<FormComponent>>);
}
