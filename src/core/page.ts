import type { CallContext, HeldInstance } from "./calls.js";
import type { SlotContent } from "./composition.js";
import { DefinitionError } from "./errors.js";
import type { SafeHtml } from "./html.js";
import { freshInstanceId, pageInstanceId } from "./identity.js";
import { mountPage, type PagePlacement } from "./lifecycle.js";
import { childMark, readPlacement } from "./placing.js";
import { fillMarks } from "./render.js";
import type { Runtime } from "./runtime.js";
import type { Placement } from "./view.js";

/** Stands for the page where a component's id would stand in a mark. */
const PAGE = "";

export interface PageScopeOptions extends CallContext {
  /** A whole page works without JavaScript; a fragment for htmx need not. */
  readonly wholePage: boolean;
  /** Path of the page, as the browser asked for it. */
  readonly page?: string;
  /** Instances that were already answered and take their place in this page. */
  readonly held?: readonly HeldInstance[];
}

/**
 * The components of one page of the application. Its helpers leave marks while the page's template runs, synchronously;
 * `fill` mounts what was placed and puts it where the marks are.
 */
export class PageScope {
  readonly #runtime: Runtime;
  readonly #options: PageScopeOptions;
  readonly #placements: PagePlacement[] = [];
  readonly #keys = new Set<string>();

  constructor(runtime: Runtime, options: PageScopeOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  /** `{{ component("counter", start=5) }}` in a page: the same words as in a component's template. */
  readonly component = (
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    slots: Readonly<Record<string, SlotContent>> = {},
  ): SafeHtml => this.#place(readPlacement(name, args, slots));

  /** A component that is mounted when the page has loaded, or with `when="revealed"` when it scrolls into view. */
  readonly lazy = (name: string, args: Readonly<Record<string, unknown>> = {}): SafeHtml =>
    this.#place(readPlacement(name, args, {}, "lazy"));

  /**
   * Mounts every component that was placed and puts it into the page.
   * @returns the page, and where to go instead when a `mount` asked for a redirect.
   */
  async fill(html: string): Promise<{ readonly html: string; readonly redirect: string | undefined }> {
    const mounted = await mountPage(this.#runtime, this.#options, this.#placements);
    return { html: fillMarks(html, this.#runtime.mark, PAGE, "", mounted.html), redirect: mounted.redirect };
  }

  #place({ composition, lazy }: Omit<Placement, "key">): SafeHtml {
    const { component } = composition;
    const { definitions, mark, sealer } = this.#runtime;
    if (!definitions.has(component)) {
      throw new DefinitionError(
        `a page places the component ${JSON.stringify(component)}, which is not registered. ` +
          `Registered: ${[...definitions.keys()].join(", ") || "none"}.`,
      );
    }
    const key = this.#uniqueKey(component, composition.key);
    const id = this.#options.wholePage ? pageInstanceId(key, sealer) : freshInstanceId(component, sealer);
    this.#placements.push({ composition, key, lazy, id });
    return childMark({ mark, id: PAGE }, this.#placements.length - 1);
  }

  #uniqueKey(component: string, key: string | undefined): string {
    if (key !== undefined && this.#keys.has(key)) {
      throw new DefinitionError(`a page places two components with the key "${key}".`);
    }
    let unique = key ?? component;
    for (let count = 2; this.#keys.has(unique); count++) unique = `${component}-${count}`;
    this.#keys.add(unique);
    return unique;
  }
}
