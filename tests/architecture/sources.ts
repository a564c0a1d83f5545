import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** One file of the project, read and parsed. */
export interface Source {
  /** From the project's root, with slashes: `src/core/seal.ts`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CODE = /\.(?:ts|mts|js|mjs)$/;

/** A source from text, for examples that break a rule. */
export function source(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

/** Every code file in these folders, whatever their depth. A folder that is not there is an error, not an empty list. */
export function sourcesIn(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => CODE.test(path) && !path.includes("/node_modules/"))
      .sort()
      .map((path) => source(path, readFileSync(join(ROOT, path), "utf8"))),
  );
}

export function isThere(path: string): boolean {
  return existsSync(join(ROOT, path));
}

/** Every node below this one, itself included. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}

/** `src/core/seal.ts:12`, as editors and terminals open it. */
export function place({ path, tree }: Source, node: ts.Node): string {
  return `${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}
