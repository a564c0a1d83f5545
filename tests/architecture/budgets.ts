import ts from "typescript";
import { nodesOf, place, type Source } from "./sources.js";

const FILE_LINES = 300;
const FUNCTION_LINES = 60;

function linesOf(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

export function longFiles(files: readonly Source[]): string[] {
  return files
    .map(({ path, text }) => ({ path, lines: linesOf(text) }))
    .filter(({ lines }) => lines > FILE_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines`);
}

function span({ tree }: Source, node: ts.Node): number {
  const line = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
  return line(node.getEnd()) - line(node.getStart()) + 1;
}

/** The wrapper that keeps a classic script's names to itself is the script, not a function of it. */
function isScriptWrapper({ parent }: ts.Node): boolean {
  const call = ts.isParenthesizedExpression(parent) ? parent.parent : parent;
  return ts.isCallExpression(call) && call.arguments.length === 0 && ts.isSourceFile(call.parent.parent);
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

/** Functions that stand directly in this one. */
function inner(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  node.forEachChild((child) => {
    if (isFunction(child)) found.push(child);
    else found.push(...inner(child));
  });
  return found;
}

/**
 * A function is as long as its lines without those of the functions inside it, which are counted on their own: a door
 * that closes over its options is a list of small functions, not a long one.
 */
export function longFunctions(files: readonly Source[]): string[] {
  return files.flatMap((file) =>
    [...nodesOf(file.tree)]
      .filter((node) => isFunction(node) && !isScriptWrapper(node))
      .map((node) => {
        const nested = inner(node).map((one) => span(file, one) - 1);
        return { at: place(file, node), lines: nested.reduce((left, lines) => left - lines, span(file, node)) };
      })
      .filter(({ lines }) => lines > FUNCTION_LINES)
      .map(({ at, lines }) => `${at} is ${lines} lines long`),
  );
}
