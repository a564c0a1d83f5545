import type { ComponentClass } from "hydrant";

/** One example: a folder with components, their templates and the page that places them. */
export interface Example {
  /** Its folder, and its address in the gallery. */
  readonly name: string;
  readonly title: string;
  /** What it shows, in one line. */
  readonly line: string;
  /** What a visitor might try. */
  readonly tries: readonly string[];
  readonly components: Readonly<Record<string, ComponentClass>>;
  /** Files of the folder that are shown beside the live example, in reading order. */
  readonly sources: readonly string[];
}
