import { DefinitionError } from "../../core/index.js";
import { type EnvironmentParts, nodesOf, type SyntaxNode } from "./engine.js";

/** A template that another one names in so many words. */
export interface Dependency {
  readonly name: string;
  readonly line: number | undefined;
  /** It is included. Of an imported or extended one, much may never run. */
  readonly isPart: boolean;
}

const READ_TEMPLATES: ReadonlySet<string> = new Set(["Extends", "Include", "Import", "FromImport"]);

const ASYNCHRONOUS: Readonly<Record<string, string>> = {
  AsyncEach: "asyncEach (write `for`)",
  AsyncAll: "asyncAll (write `for`)",
  IfAsync: "ifAsync (write `if`)",
  CallExtensionAsync: "an asynchronous tag",
};

/** `/templates/card.njk, line 3`, where the line is known; Nunjucks counts lines from 0. */
export function placeIn(template: string, line: number | undefined): string {
  return line === undefined || line < 0 ? template : `${template}, line ${line + 1}`;
}

function refuse(template: string, node: SyntaxNode, problem: string): never {
  throw new DefinitionError(`${placeIn(template, node.lineno)}: ${problem}`);
}

function checkKnown(template: string, node: SyntaxNode, kind: string, name: unknown, known: object): void {
  // Not only strings: `is none` has null for a name.
  if (Object.hasOwn(known, String(name))) return;
  refuse(template, node, `there is no ${kind} "${String(name)}". Add it in \`configure\` or mend its name.`);
}

/**
 * Refuses what would go wrong only when the template runs, or go wrong silently: asynchronous parts (they print
 * nothing inside macros), and filters and tests that do not exist.
 */
export function checkSyntax(template: string, tree: SyntaxNode, env: EnvironmentParts): void {
  for (const node of nodesOf(tree)) {
    const asynchronous = ASYNCHRONOUS[node.typename];
    if (asynchronous !== undefined) {
      refuse(template, node, `templates run synchronously and cannot use ${asynchronous}. Await before rendering.`);
    } else if (node.typename === "Filter") {
      const name = (node.name as SyntaxNode).value;
      if (env.asyncFilters.includes(name as string)) {
        refuse(
          template,
          node,
          `the filter "${String(name)}" is asynchronous and templates run synchronously. ` +
            "Await the value before rendering, or add the filter without `true`.",
        );
      }
      checkKnown(template, node, "filter", name, env.filters);
    } else if (node.typename === "Is") {
      const right = node.right as SyntaxNode;
      checkKnown(template, node, "test", (right.name as SyntaxNode | undefined)?.value ?? right.value, env.tests);
    }
  }
}

/** The templates that must exist for this one to work. */
export function* dependenciesOf(tree: SyntaxNode): Generator<Dependency> {
  for (const node of nodesOf(tree)) {
    if (!READ_TEMPLATES.has(node.typename) || node.ignoreMissing === true) continue;
    const { value } = node.template as SyntaxNode;
    if ((node.template as SyntaxNode).typename === "Literal" && typeof value === "string") {
      yield {
        name: value,
        line: node.lineno,
        isPart: node.typename === "Include",
      };
    }
  }
}
