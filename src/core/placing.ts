import type { SlotContent } from "./composition.js";
import { DefinitionError } from "./errors.js";
import { escapeHtml, SafeHtml } from "./html.js";
import type { Placement, Scope } from "./view.js";

export const MARK_END = "-->";

export function sealMark(scope: Pick<Scope, "mark" | "id">): string {
  return `${scope.mark}s:${scope.id}${MARK_END}`;
}

export function childMark(scope: Pick<Scope, "mark" | "id">, index: number): SafeHtml {
  return new SafeHtml(`${scope.mark}${index}:${scope.id}${MARK_END}`);
}

/**
 * What `component()` and `lazy()` were given, taken apart: `key`, `when` and `placeholder` are ours, the rest are params.
 */
export function readPlacement(
  component: string,
  args: Readonly<Record<string, unknown>>,
  slots: Readonly<Record<string, SlotContent>>,
  lazy?: "lazy",
): Omit<Placement, "key"> {
  const { key, when = "load", placeholder = "", ...params } = args;
  if (when !== "load" && when !== "revealed") {
    throw new DefinitionError(`lazy("${component}") takes when="load" or when="revealed".`);
  }
  const shown = placeholder instanceof SafeHtml ? placeholder.value : escapeHtml(String(placeholder));
  return {
    composition: { component, params, key: key === undefined ? undefined : String(key), slots },
    lazy: lazy === undefined ? undefined : { when, placeholder: shown },
  };
}

/** Notes a child and leaves a mark where its HTML belongs. */
export function place(scope: Scope, { composition, lazy }: Omit<Placement, "key">): SafeHtml {
  if (!scope.knows(composition.component)) {
    throw new DefinitionError(
      `${scope.definition.templateName} places the component ${JSON.stringify(composition.component)}, which is not registered.`,
    );
  }
  const taken = scope.keys;
  let key = composition.key ?? composition.component;
  if (taken.has(key)) {
    if (composition.key !== undefined) {
      throw new DefinitionError(`${scope.definition.templateName} places two children with the key "${key}".`);
    }
    for (let count = 2; taken.has(key); count++) key = `${composition.component}-${count}`;
  }
  taken.add(key);
  scope.placements.push({ composition, key, lazy });
  return childMark(scope, scope.placements.length - 1);
}
