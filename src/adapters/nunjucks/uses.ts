import type { TemplateUses } from "../../core/index.js";
import { nodesOf, type SyntaxNode } from "./engine.js";

/** Which list a helper's first argument belongs to. */
const HELPERS: Readonly<Record<string, keyof TemplateUses>> = {
  on: "events",
  can: "events",
  component: "components",
  lazy: "components",
  slot: "slots",
  field: "fields",
};

function symbols(node: unknown): string[] {
  const { typename, value, children, key } = (node ?? {}) as Partial<SyntaxNode>;
  if (typename === "Symbol") return [value as string];
  if (typename === "Pair") return [...symbols(key), ...symbols(value)];
  return (children ?? []).flatMap(symbols);
}

/** Names a node gives a meaning of its own, wherever in the file that holds. */
function namesMadeBy(node: SyntaxNode): string[] {
  switch (node.typename) {
    case "Set":
      return (node.targets as readonly SyntaxNode[]).flatMap(symbols);
    case "For":
      return symbols(node.name);
    case "Macro":
    case "Caller":
      return [...symbols(node.name), ...symbols(node.args)];
    case "Import":
      return symbols(node.target);
    case "FromImport":
      return symbols(node.names);
    default:
      return [];
  }
}

function calledHelper(node: SyntaxNode): string | undefined {
  if (node.typename === "CallExtension") return node.extName === "component" ? "component" : undefined;
  if (node.typename !== "FunCall") return undefined;
  const name = node.name as SyntaxNode;
  return name.typename === "Symbol" ? (name.value as string) : undefined;
}

function nameGiven(node: SyntaxNode, helper: string): string | undefined {
  const first = (node.args as SyntaxNode).children?.[0];
  if (first === undefined && helper === "slot") return "default";
  return first?.typename === "Literal" && typeof first.value === "string" ? first.value : undefined;
}

/** The events, components and slots that one template names in so many words. */
export function usesOf(tree: SyntaxNode): TemplateUses {
  const nodes = [...nodesOf(tree)];
  const made = new Set(nodes.flatMap(namesMadeBy));
  const uses = {
    events: new Set<string>(),
    components: new Set<string>(),
    slots: new Set<string>(),
    fields: new Set<string>(),
  };
  for (const node of nodes) {
    const helper = calledHelper(node);
    if (helper === undefined || !Object.hasOwn(HELPERS, helper) || made.has(helper)) continue;
    const name = nameGiven(node, helper);
    if (name !== undefined) uses[HELPERS[helper] as keyof TemplateUses].add(name);
  }
  return {
    events: [...uses.events],
    components: [...uses.components],
    slots: [...uses.slots],
    fields: [...uses.fields],
  };
}

/** What several templates that make one use together. */
export function joinUses(all: readonly TemplateUses[]): TemplateUses {
  const join = (kind: keyof TemplateUses) => [...new Set(all.flatMap((uses) => uses[kind] ?? []))];
  return { events: join("events"), components: join("components"), slots: join("slots"), fields: join("fields") };
}
