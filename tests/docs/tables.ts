import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, readPages } from "./fences.js";

const pages = new Map(readPages().map(({ path, text }) => [path, text]));

/** A source file, for what the package does not export. */
export function source(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** What stands under a heading, up to the next one. */
export function section(path: string, heading: string): string {
  return pages.get(path)?.split(`\n${heading}\n`)[1]?.split(/\n#+ /)[0] ?? "";
}

/** The first two cells of every row below a heading whose first cell is code, without the code's marks. */
export function rows(path: string, heading: string): [string, string][] {
  return [...section(path, heading).matchAll(/^\| `([^`]+)` \| ([^|]*?) \|/gm)].map(([, first, second]) => [
    first as string,
    second as string,
  ]);
}
