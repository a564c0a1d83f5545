import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A page of the documentation as it stands in the repository. */
export interface Page {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** One code block of a page. */
export interface Sample {
  readonly page: string;
  /** Line of the block's first line of code, counted from 1. */
  readonly line: number;
  /** What stands behind the three backticks. */
  readonly info: string;
  readonly language: string;
  readonly file: string | undefined;
  readonly run: boolean;
  readonly code: string;
}

const INFO = /^(?:(ts|njk|json)(?: file=([\w.-]+))?|(ts) (run)|(sh|html|http|text))$/;

function readPage(path: string): Page {
  return { path: relative(ROOT, path), text: readFileSync(path, "utf8") };
}

/** README and everything below docs, except what is generated. */
export function readPages(): Page[] {
  const below = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md") && !path.startsWith("api"))
    .sort();
  return [join(ROOT, "README.md"), ...below.map((path) => join(ROOT, "docs", path))].map(readPage);
}

/** The code blocks of a page, in order. A block with an unknown info string has no language. */
export function readSamples({ path, text }: Page): Sample[] {
  const samples: Sample[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const opened = /^```(.*)$/.exec(lines[at] as string);
    if (opened === null) continue;
    const end = lines.indexOf("```", at + 1);
    if (end === -1) throw new Error(`${path}:${at + 1}: this code block never ends`);
    samples.push(sample(path, at + 2, opened[1] as string, `${lines.slice(at + 1, end).join("\n")}\n`));
    at = end;
  }
  return samples;
}

function sample(page: string, line: number, info: string, code: string): Sample {
  const [, filed, file, ran, run, plain] = INFO.exec(info) ?? [];
  return { page, line, info, language: filed ?? ran ?? plain ?? "", file, run: run !== undefined, code };
}

export function where({ page, line }: Pick<Sample, "page" | "line">): string {
  return `${page}:${line}`;
}
