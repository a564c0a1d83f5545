import type { View } from "../view.js";

/** What a template asks for by names that are written in it, so that the server can check them when it starts. */
export interface TemplateUses {
  /** Events given to `on()`. */
  readonly events: readonly string[];
  /** Components given to `component()` and `lazy()`. */
  readonly components: readonly string[];
  /** Slots given to `slot()`. */
  readonly slots: readonly string[];
  /** Fields of a form given to `field()`; names that are put together while the template runs are left out. */
  readonly fields?: readonly string[];
}

/** A compiled template: view in, HTML of one component root out. Runs synchronously. */
export interface Template {
  (view: View): string;
  /** Left out by a renderer that cannot tell; then a wrong name is found when the template runs. */
  readonly uses?: TemplateUses;
}

/** A compiled page template: the application's data and the helpers in, a whole page out. */
export interface PageTemplate {
  (data: Readonly<Record<string, unknown>>): string;
  /** As for {@link Template}; only its components are checked. */
  readonly uses?: TemplateUses;
}

/**
 * Turns template names into functions.
 *
 * Contract (proved by `tests/contract/renderer.contract.ts`):
 * - `compile` is called once for each template when the server starts. It MUST throw when the template does not
 *   exist or cannot be compiled, and SHOULD name the places it looked in.
 * - The returned function MUST escape every value that is not a {@link SafeHtml} for HTML text and quoted attributes,
 *   and MUST write a `SafeHtml` as it is. It MUST NOT keep anything from one call for another.
 * - Helpers of the view are called while the template runs and MUST be called synchronously.
 * - In development the function MAY compile again when its source changed; in production it MUST NOT touch the disk.
 */
export interface Renderer {
  /** The function of a component's template. */
  compile(template: string): Template;
  /** The same for a page of the application. A renderer without pages leaves it out. */
  compilePage?(template: string): PageTemplate;
}
