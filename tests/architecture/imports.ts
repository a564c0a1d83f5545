import { posix } from "node:path";
import ts from "typescript";
import { nodesOf, place, type Source } from "./sources.js";

/** One import, export-from, `import()`, `import type` or `require.resolve` of a file. */
export interface Import {
  readonly from: string;
  /** Where it stands, for messages. */
  readonly at: string;
  /** As written. */
  readonly specifier: string;
  /** The project file it means, such as `src/core/html.ts`; undefined for packages. */
  readonly target: string | undefined;
  /** Whether it is gone after compiling. */
  readonly typeOnly: boolean;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined || ts.isNamespaceImport(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly);
}

function isTypeOnlyExport({ isTypeOnly: whole, exportClause }: ts.ExportDeclaration): boolean {
  if (whole || exportClause === undefined || !ts.isNamedExports(exportClause)) return whole;
  return exportClause.elements.length > 0 && exportClause.elements.every((element) => element.isTypeOnly);
}

/** The text of a literal; of a template the part before its first hole. */
function literalText(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.head.text : undefined;
}

function isLoadingCall({ expression }: ts.CallExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(expression)) return expression.text === "require";
  return ts.isPropertyAccessExpression(expression) && /^(?:require|import\.meta)\.resolve$/.test(expression.getText());
}

function read(node: ts.Node): { specifier: string | undefined; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) {
    return { specifier: literalText(node.moduleSpecifier), typeOnly: isTypeOnly(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: literalText(node.moduleSpecifier), typeOnly: isTypeOnlyExport(node) };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: literalText(node.argument.literal), typeOnly: true };
  }
  if (ts.isCallExpression(node) && isLoadingCall(node)) {
    return { specifier: literalText(node.arguments[0]), typeOnly: false };
  }
  return undefined;
}

export function importsOf(file: Source): Import[] {
  const found: Import[] = [];
  for (const node of nodesOf(file.tree)) {
    const { specifier, typeOnly = false } = read(node) ?? {};
    if (specifier === undefined) continue;
    const target = specifier.startsWith(".")
      ? posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, ".ts")
      : undefined;
    found.push({ from: file.path, at: place(file, node), specifier, target, typeOnly });
  }
  return found;
}
