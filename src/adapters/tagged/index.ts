/**
 * Templates as plain functions.
 *
 * @module hydrant/tagged
 */

import {
  DefinitionError,
  escapeHtml,
  type PageTemplate,
  type Renderer,
  SafeHtml,
  type Template,
  type View,
} from "../../core/index.js";

/** What may stand in a hole of an {@link html} template. Lists are joined; `null`, `undefined` and `false` are empty. */
export type Hole = unknown;

function fill(value: Hole): string {
  if (value instanceof SafeHtml) return value.value;
  if (Array.isArray(value)) return value.map(fill).join("");
  if (value === null || value === undefined || value === false) return "";
  return escapeHtml(String(value));
}

/** HTML with escaped holes: `` html`<p>${name}</p>` ``. */
export function html(parts: TemplateStringsArray, ...holes: readonly Hole[]): SafeHtml {
  let text = parts[0] as string;
  for (let index = 0; index < holes.length; index++) text += fill(holes[index]) + (parts[index + 1] as string);
  return new SafeHtml(text);
}

/** A template as a function: gets the view, returns what {@link html} makes. */
export type TaggedTemplate = (view: View) => SafeHtml;
/** A page as a function: gets the data and the helpers. */
export type TaggedPage = (data: Readonly<Record<string, unknown>>) => SafeHtml;

/** Options of {@link taggedRenderer}. */
export interface TaggedOptions {
  /** Functions by the name that `static template` gives. */
  readonly templates: Readonly<Record<string, TaggedTemplate>>;
  /** Functions by the name given to `ctx.components.render`. */
  readonly pages?: Readonly<Record<string, TaggedPage>>;
}

function find<T>(functions: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found !== undefined) return found;
  throw new DefinitionError(
    `there is no template function "${name}". Known: ${Object.keys(functions).join(", ") || "none"}.`,
  );
}

/** Templates as plain functions, without a template engine. */
export function taggedRenderer({ templates, pages = {} }: TaggedOptions): Renderer {
  return {
    compile(name): Template {
      const template = find(templates, name);
      return (view) => template(view).value;
    },
    compilePage(name): PageTemplate {
      const page = find(pages, name);
      return (data) => page(data).value;
    },
  };
}
