import { readFileSync } from "node:fs";
import { posix } from "node:path";
import type { Example } from "./example.js";
import { tint } from "./tint.js";

/** A file of an example, ready to be shown. */
export interface SourceFile {
  readonly name: string;
  /** Escaped and tinted HTML. */
  readonly html: string;
}

export function sourceFiles(folder: string, { name, sources }: Example): SourceFile[] {
  return sources.map((source) => {
    const path = posix.join(name, source);
    const text = readFileSync(`${folder}${path}`, "utf8").trimEnd();
    return { name: path, html: tint(text, path.endsWith(".njk") ? "template" : "class") };
  });
}
