import ts from "typescript";
import { nodesOf, place, type Source } from "./sources.js";

/** What the core may not reach for, and the one file that may. */
const WORLD: readonly { readonly pattern: RegExp; readonly only?: string }[] = [
  { pattern: /^process$/ },
  { pattern: /^globalThis$/ },
  { pattern: /^fetch$/ },
  { pattern: /^Math\.random$/ },
  { pattern: /^eval$/ },
  { pattern: /^new Function$/ },
  { pattern: /^console$/, only: "src/core/ports/logger.ts" },
  { pattern: /^(?:Date\.now|new Date\(\)|performance)$/, only: "src/core/ports/clock.ts" },
  { pattern: /^(?:setTimeout|setInterval|setImmediate)$/, only: "src/core/ports/clock.ts" },
];

/** What an expression asks the world for, if that is what it does. */
function asked(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node)) {
    const name = node.expression.getText();
    return name === "Date" && (node.arguments?.length ?? 0) === 0 ? "new Date()" : `new ${name}`;
  }
  if (ts.isPropertyAccessExpression(node)) return node.getText();
  if (!ts.isIdentifier(node)) return undefined;
  const { parent } = node;
  const isName =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertySignature(parent)) &&
      parent.name === node);
  return isName ? undefined : node.text;
}

/** The core asks its ports for time, chance and a log; nothing else tells it about the world. */
export function worldInCore(files: readonly Source[]): string[] {
  return files
    .filter(({ path }) => path.startsWith("src/core/"))
    .flatMap((file) =>
      [...nodesOf(file.tree)].flatMap((node) => {
        const what = asked(node);
        const rule = WORLD.find(({ pattern }) => what !== undefined && pattern.test(what));
        return rule === undefined || rule.only === file.path ? [] : [`${place(file, node)} uses ${what}`];
      }),
    );
}

/** Types that say nothing, and orders to the compiler to look away without an error expected and a reason given. */
export function looseTypes(files: readonly Source[]): string[] {
  return files.flatMap((file) => {
    const any = [...nodesOf(file.tree)].filter(({ kind }) => kind === ts.SyntaxKind.AnyKeyword);
    const orders = file.text.split("\n").flatMap((line, index) => {
      const order = /@ts-(?:ignore|nocheck|expect-error(?! -- \w))/.exec(line)?.[0];
      return order === undefined ? [] : [`${file.path}:${index + 1} says ${order}`];
    });
    return [...any.map((node) => `${place(file, node)} says any`), ...orders];
  });
}

const COLLECTIONS = /^(?:Map|Set|WeakMap|WeakSet|Array)$/;
const READONLY = /^(?:Readonly(?:Map|Set|Array)?\b|readonly )/;
const MUTATING = /^(?:set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill)$/;

/** Whether a value can be changed later and its declaration does not rule that out. */
function canChange({ initializer, type }: ts.VariableDeclaration | ts.PropertyDeclaration): boolean {
  if (initializer === undefined || !ts.isNewExpression(initializer)) return false;
  return COLLECTIONS.test(initializer.expression.getText()) && !READONLY.test(type?.getText() ?? "");
}

function rootName(expression: ts.Expression): string | undefined {
  if (ts.isIdentifier(expression)) return expression.text;
  const isAccess = ts.isPropertyAccessExpression(expression) || ts.isElementAccessExpression(expression);
  return isAccess ? rootName(expression.expression) : undefined;
}

/** The module's constant that this node changes from inside. */
function changed(node: ts.Node): string | undefined {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const assigns = kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
    // A regular expression's place is set anew before each use.
    const isChange = assigns && !ts.isIdentifier(node.left) && !node.left.getText().endsWith(".lastIndex");
    return isChange ? rootName(node.left) : undefined;
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { name, expression } = node.expression;
  return MUTATING.test(name.text) && ts.isIdentifier(expression) ? expression.text : undefined;
}

/** State that all servers of one process would share: variables, and collections that can grow, at module level. */
export function sharedState(files: readonly Source[]): string[] {
  return files.flatMap((file) => {
    const lists = file.tree.statements.filter(ts.isVariableStatement).map(({ declarationList }) => declarationList);
    const found: ts.Node[] = lists.filter(({ flags }) => (flags & ts.NodeFlags.Const) === 0);
    const constants = lists.flatMap(({ declarations }) => [...declarations]);
    found.push(...constants.filter(canChange));
    const names = new Set(constants.map(({ name }) => name.getText()));
    for (const node of nodesOf(file.tree)) {
      if (names.has(changed(node) ?? "")) found.push(node);
      const isStatic =
        ts.isPropertyDeclaration(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
      if (isStatic && canChange(node)) found.push(node);
    }
    return found.map((node) => `${place(file, node)} ${node.getText().split("\n")[0]}`);
  });
}
