import { readFileSync } from "node:fs";
import nunjucks from "nunjucks";
import { DefinitionError, type TemplateUses } from "../../core/index.js";
import { LeanCompiler } from "./compiler.js";
import { type EnvironmentParts, engine, type SyntaxNode, transform } from "./engine.js";
import { type FoundFile, findTemplate } from "./folders.js";
import { runtime } from "./runtime.js";
import { checkSyntax, type Dependency, dependenciesOf, placeIn } from "./syntax.js";
import { type CompiledParts, CompiledTemplate } from "./template.js";
import { joinUses, usesOf } from "./uses.js";

interface Entry {
  readonly template: CompiledTemplate;
  readonly fingerprint: string;
  readonly uses: TemplateUses;
  /** The templates it includes. */
  readonly parts: Entry[];
}

/** Names can be worked out while a template runs, so the table of names must not grow without end. */
const MOST_NAMES = 10_000;

/** An environment whose templates are compiled by {@link LeanCompiler}, once, or again when their file changed. */
export class TemplateEnvironment extends nunjucks.Environment {
  readonly #folders: readonly string[];
  readonly #watch: boolean;
  /** By path, because one file can be named in several ways. */
  readonly #compiled = new Map<string, Entry>();
  /** In production a name is looked up on the disk once. */
  readonly #found = new Map<string, FoundFile>();

  constructor(folders: readonly string[], watch: boolean) {
    super([], { autoescape: true });
    this.#folders = folders;
    this.#watch = watch;
  }

  get parts(): EnvironmentParts {
    return this as unknown as EnvironmentParts;
  }

  /**
   * A template that a component or a page names.
   * @throws {DefinitionError} when it, or a template it names, is not there or cannot be compiled.
   */
  template(name: string): CompiledTemplate {
    return this.#entry(name).template;
  }

  /** What a template and those it includes name; empty where a name is worked out while it runs. */
  usesOf(name: string): TemplateUses {
    const entries = new Set([this.#entry(name)]);
    // A set visits what is added on the way, and each entry once, also where templates include each other.
    for (const entry of entries) for (const part of entry.parts) entries.add(part);
    return joinUses([...entries].map(({ uses }) => uses));
  }

  /**
   * Compiled templates and Nunjucks' own `render` call this; the callback may stand in any place after the name.
   * Typed `never` because what it returns is not the class that Nunjucks' types name.
   */
  override getTemplate(name: unknown, ...rest: readonly unknown[]): never {
    const template = this.#get(name, rest);
    const done = rest.find((argument) => typeof argument === "function");
    (done as ((error: null, template: unknown) => void) | undefined)?.(null, template);
    return template as never;
  }

  #get(name: unknown, [, parent, ignoreMissing]: readonly unknown[]): unknown {
    if (name instanceof CompiledTemplate || name instanceof nunjucks.Template) return name;
    const from = typeof parent === "string" ? parent : undefined;
    if (ignoreMissing === true && this.#find(String(name), from) === undefined) return emptyTemplate(this.parts);
    return this.#entry(String(name), from).template;
  }

  #entry(name: string, parent?: string): Entry {
    const file = this.#find(name, parent);
    if (file !== undefined) return this.#load(file);
    throw new DefinitionError(`there is no template "${name}"; looked in ${this.#folders.join(", ")}.`);
  }

  #find(name: string, parent: string | undefined): FoundFile | undefined {
    if (name.includes("\0")) return undefined;
    if (this.#watch) return findTemplate(this.#folders, name, parent);
    const key = name.startsWith(".") ? `${parent}\n${name}` : name;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const file = findTemplate(this.#folders, name, parent);
    if (this.#found.size >= MOST_NAMES) this.#found.clear();
    if (file !== undefined) this.#found.set(key, file);
    return file;
  }

  #load(file: FoundFile): Entry {
    const known = this.#compiled.get(file.path);
    if (known?.fingerprint === file.fingerprint) return known;
    const { tree, template } = this.#compile(file.path, readFileSync(file.path, "utf8"));
    const entry: Entry = { template, fingerprint: file.fingerprint, uses: usesOf(tree), parts: [] };
    // Known before its dependencies are read, because templates may include each other in a circle.
    this.#compiled.set(file.path, entry);
    try {
      for (const dependency of dependenciesOf(tree)) this.#addDependency(entry, file.path, dependency);
    } catch (error) {
      this.#compiled.delete(file.path);
      throw error;
    }
    return entry;
  }

  #addDependency({ parts }: Entry, path: string, { name, line, isPart }: Dependency): void {
    try {
      const dependency = this.#entry(name, path);
      if (isPart) parts.push(dependency);
    } catch (error) {
      throw new DefinitionError(`${placeIn(path, line)}: ${(error as Error).message}`, { cause: error });
    }
  }

  #compile(path: string, source: string): { tree: SyntaxNode; template: CompiledTemplate } {
    try {
      const { opts, extensionsList } = this.parts;
      const prepared = extensionsList.reduce((text, { preprocess }) => preprocess?.(text) ?? text, source);
      const tree = engine.parser.parse(prepared, extensionsList, opts);
      checkSyntax(path, tree, this.parts);
      const compiler = new LeanCompiler(path, false);
      compiler.compile(transform(tree));
      const parts = new Function("own", compiler.getCode())(runtime) as CompiledParts;
      return { tree, template: new CompiledTemplate(this.parts, parts) };
    } catch (error) {
      if (error instanceof DefinitionError) throw error;
      const { message, lineno } = error as Error & { lineno?: number };
      const place = lineno === undefined ? path : `${path}, line ${lineno}`;
      throw new DefinitionError(`${place}: the template cannot be compiled: ${message}`, { cause: error });
    }
  }
}

/** Stands in for a template that may be missing. */
function emptyTemplate(env: EnvironmentParts): CompiledTemplate {
  return new CompiledTemplate(env, { root: (_env, _context, _frame, _runtime, done) => done(null, "") });
}
