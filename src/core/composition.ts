import type { SafeHtml } from "./html.js";

/** What goes into a slot: components, finished HTML, or several of both. */
export type SlotContent = Composition | SafeHtml | readonly (Composition | SafeHtml)[];

/** A component to be mounted, with its params and what fills its slots. */
export interface Composition {
  /** Name of the component. */
  readonly component: string;
  /** Checked by its `static params`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Identity among its siblings; by default the component's name and its position. */
  readonly key: string | undefined;
  /** What fills its slots, by slot name. */
  readonly slots: Readonly<Record<string, SlotContent>>;
}

/** What a composition may have beside its params. */
export interface ComposeOptions {
  /** Identity among its siblings. Default: the component's name and its position. */
  readonly key?: string;
  /** What fills its slots, by slot name. */
  readonly slots?: Readonly<Record<string, SlotContent>>;
}

/**
 * Describes a component to be mounted, so that a class can fill its slots without a template.
 *
 * ```ts
 * this.fill("body", [compose("counter", { start: 1 }), compose("counter", { start: 5 }, { key: "second" })]);
 * ```
 */
export function compose(
  component: string,
  params: Readonly<Record<string, unknown>> = {},
  { key, slots = {} }: ComposeOptions = {},
): Composition {
  return { component, params, key, slots };
}
