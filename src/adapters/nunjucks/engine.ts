import nunjucks from "nunjucks";
// Its package leaves the transformer out of its index; without it `super()` would not work.
// @ts-expect-error -- has no types
import transformer from "nunjucks/src/transformer.js";

/** A node of Nunjucks' syntax tree. Which fields it has depends on `typename`. */
export interface SyntaxNode {
  readonly typename: string;
  /** From 0; a tag may not know it. */
  readonly lineno: number | undefined;
  readonly children?: readonly SyntaxNode[];
  readonly [field: string]: unknown;
}

/** Nunjucks' compiler, as far as {@link LeanCompiler} changes or calls it. Names are Nunjucks' own. */
export interface CompilerParts {
  buffer: string;
  inBlock: boolean;
  readonly templateName: string;
  _emit(code: string): void;
  _emitLine(code: string): void;
  _tmpid(): string;
  _closeScopeLevels(): void;
  _emitFuncBegin(node: SyntaxNode, name: string): void;
  _getNodeName(node: SyntaxNode): string;
  _compileExpression(node: SyntaxNode, frame: CompileFrame): void;
  _compileAggregate(node: SyntaxNode, frame: CompileFrame, start?: string, end?: string): void;
  compile(node: SyntaxNode, frame?: CompileFrame): void;
  compileCallExtension(node: SyntaxNode, frame: CompileFrame): void;
  compileLiteral(node: SyntaxNode, frame?: CompileFrame): void;
  getCode(): string;
}

/** What Nunjucks' compiler knows about names in scope. */
export interface CompileFrame {
  set(name: string, id: string): void;
}

export interface EngineOptions {
  autoescape: boolean;
  trimBlocks: boolean;
  lstripBlocks: boolean;
}

/** The parts of an environment that its types leave out. */
export interface EnvironmentParts {
  readonly opts: EngineOptions;
  readonly filters: Readonly<Record<string, unknown>>;
  readonly tests: Readonly<Record<string, unknown>>;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly asyncFilters: readonly string[];
  readonly extensionsList: readonly { readonly preprocess?: (source: string) => string }[];
}

interface Engine {
  readonly compiler: { readonly Compiler: new (name: string, throwOnUndefined: boolean) => CompilerParts };
  readonly parser: { parse(source: string, extensions: readonly unknown[], options: EngineOptions): SyntaxNode };
  readonly runtime: {
    readonly SafeString: new (value: string) => { readonly val: string };
    readonly makeMacro: (...parts: readonly unknown[]) => unknown;
    readonly memberLookup: (target: unknown, key: unknown) => unknown;
    readonly markSafe: (value: unknown) => unknown;
  };
}

/** Nunjucks with the parts that its types leave out. */
export const engine = nunjucks as unknown as Engine;

export const { SafeString } = engine.runtime;

type Kind = abstract new (...parts: never) => unknown;

/**
 * Makes `super()` a step of its own, and lets the compiler find blocks inside of tags too, so that a layout can put a
 * block into a component. There are no asynchronous filters to lift: they are refused before.
 */
export function transform(tree: SyntaxNode): SyntaxNode {
  const root = (transformer as { transform(tree: SyntaxNode, asyncFilters: readonly string[]): SyntaxNode }).transform(
    tree,
    [],
  );
  return Object.assign(root, { findAll: (kind: Kind) => [...nodesOf(root)].filter((node) => node instanceof kind) });
}

/** Every node of a tree, also those that Nunjucks' own search leaves out: bodies of tags, of `set` and of `switch`. */
export function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const field of Object.values(node)) {
    for (const child of Array.isArray(field) ? (field as unknown[]) : [field]) {
      if (isNode(child)) yield* nodesOf(child);
    }
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "typename" in value && "lineno" in value;
}
