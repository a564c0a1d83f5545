import type { View } from "hydrant";
import type { html, TaggedTemplate } from "hydrant/tagged";
import type { Page } from "playwright-core";

type SafeHtml = ReturnType<typeof html>;
type Options = Readonly<Record<string, unknown>>;

/** What the templates of the forms under test call. */
export interface FormView extends View {
  readonly state: Readonly<Record<string, unknown>>;
  form(options?: Options): SafeHtml;
  field(name: string, options?: Options): SafeHtml;
  form_errors(): SafeHtml;
  rows(name: string): readonly { readonly name: string; readonly index: number }[];
  add_row(name: string): SafeHtml;
  remove_row(name: string, index: number): SafeHtml;
}

/** The template of a form. */
export function formTemplate(write: (view: FormView) => SafeHtml): TaggedTemplate {
  return (view) => write(view as FormView);
}

/** The element with the focus, as a person would name it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement: now } = document;
    return now?.getAttribute("name") ?? now?.getAttribute("aria-label") ?? now?.textContent?.trim() ?? "";
  });
}

/** A control by the name of its field. */
export const named = (name: string): string => `[name="${name}"]`;

/** The message beside a field; null where there is none. */
export function message(page: Page, field: string): Promise<string | null> {
  const place = `[data-field="${field}"] > [data-field-error]`;
  return page.evaluate((selector) => document.querySelector(selector)?.textContent ?? null, place);
}

/** Questions the browser asks from now on, each answered at once. @param leave Whether the person leaves all the same. */
export function questions(page: Page, leave: boolean): string[] {
  const asked: string[] = [];
  page.on("dialog", async (dialog) => {
    asked.push(dialog.type());
    await (leave ? dialog.accept() : dialog.dismiss());
  });
  return asked;
}
