import type { ComponentClass, ComponentServer, ComponentServerOptions } from "hydrant";
import type { KoaDoorOptions } from "hydrant/koa";

/** One example: a folder with components, their templates and the page that places them. */
export interface Example {
  /** Its folder, and its address in the gallery. */
  readonly name: string;
  readonly title: string;
  /** Under which heading the gallery lists it. */
  readonly group: "Components" | "Forms and people" | "Live";
  /** What it shows, in one line. */
  readonly line: string;
  /** What a visitor might try. */
  readonly tries: readonly string[];
  readonly components: Readonly<Record<string, ComponentClass>>;
  /** Files of the folder that are shown beside the live example, in reading order. */
  readonly sources: readonly string[];
  /** Where it needs more of the server than its components: a store of its own. */
  readonly server?: Partial<ComponentServerOptions>;
  /** Where it needs more of the door: who asks, and where people sign in. */
  readonly door?: KoaDoorOptions;
  /** Where something happens that no page asked for: is given the server once, to publish with. */
  readonly live?: (server: ComponentServer) => void;
  /** Lets go of what it holds, such as a database, once the last request was answered. */
  readonly close?: () => Promise<void>;
}
