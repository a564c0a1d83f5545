import type { Outcome, PagePartial } from "./calls.js";
import type { Failure } from "./errors.js";
import { escapeHtml } from "./html.js";

/** A piece of HTML and where it goes, in htmx's words. @param target A selector. */
export function partialHtml(target: string, swap: PagePartial["swap"] | "beforeend" | "delete", html: string): string {
  return `<hx-partial hx-target="${target}" hx-swap="${swap}">${html}</hx-partial>`;
}

/** Other instances that changed too, one flat partial after the other. */
export function partialsHtml(partials: Outcome["partials"]): string {
  let html = "";
  for (const { target, swap, html: piece } of partials) html += partialHtml(`#${target}`, swap, piece);
  return html;
}

/** What an outcome shows, as partials alone: for pages that did not ask for it. Empty when there is nothing to show. */
export function outcomePartials({ kind, component_id, html, partials }: Outcome): string {
  if (kind === "removed") return partialHtml(`#${component_id}`, "delete", "");
  return (html === "" ? "" : partialHtml(`#${component_id}`, "outerMorph", html)) + partialsHtml(partials);
}

/** A failure as a partial, for the error place of an instance; without one for that of whoever asked. */
export function failurePartial({ code, id, message }: Failure, instance: string | undefined): string {
  const place = `${instance === undefined ? "" : `#${instance} `}[data-component-error]`;
  const alert = `<p role="alert" data-code="${code}" data-error-id="${id}">${escapeHtml(message)}</p>`;
  return `<hx-partial hx-target="${place}" hx-swap="innerHTML">${alert}</hx-partial>`;
}
