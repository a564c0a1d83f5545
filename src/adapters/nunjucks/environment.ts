import { readFileSync } from "node:fs";
import nunjucks from "nunjucks";
import { DefinitionError } from "../../core/index.js";
import { LeanCompiler } from "./compiler.js";
import { type EnvironmentParts, engine, type SyntaxNode, transform } from "./engine.js";
import { type FoundFile, findTemplate } from "./folders.js";
import { runtime } from "./runtime.js";
import { checkSyntax, type Dependency, dependenciesOf } from "./syntax.js";
import { type CompiledParts, CompiledTemplate } from "./template.js";

interface Entry {
  readonly template: CompiledTemplate;
  readonly fingerprint: string;
}

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
    return this.#get(name, []) as CompiledTemplate;
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
    const file = this.#find(String(name), typeof parent === "string" ? parent : undefined);
    if (file !== undefined) return this.#load(String(name), file).template;
    if (ignoreMissing === true) return EMPTY(this.parts);
    throw new DefinitionError(`there is no template "${String(name)}"; looked in ${this.#folders.join(", ")}.`);
  }

  #find(name: string, parent: string | undefined): FoundFile | undefined {
    if (name.includes("\0")) return undefined;
    if (this.#watch) return findTemplate(this.#folders, name, parent);
    const key = name.startsWith(".") ? `${parent}\n${name}` : name;
    const file = this.#found.get(key) ?? findTemplate(this.#folders, name, parent);
    if (file !== undefined) this.#found.set(key, file);
    return file;
  }

  #load(name: string, file: FoundFile): Entry {
    const known = this.#compiled.get(file.path);
    if (known?.fingerprint === file.fingerprint) return known;
    const source = readFileSync(file.path, "utf8");
    const { tree, template } = this.#compile(name, file.path, source);
    const entry = { template, fingerprint: file.fingerprint };
    // Known before its dependencies are read, because templates may include each other in a circle.
    this.#compiled.set(file.path, entry);
    try {
      for (const dependency of dependenciesOf(tree)) this.#require(name, file.path, dependency);
    } catch (error) {
      this.#compiled.delete(file.path);
      throw error;
    }
    return entry;
  }

  #require(name: string, path: string, dependency: Dependency): void {
    try {
      this.#get(dependency.name, [true, path]);
    } catch (error) {
      throw new DefinitionError(`${name}, line ${dependency.line}: ${(error as Error).message}`, { cause: error });
    }
  }

  #compile(name: string, path: string, source: string): { tree: SyntaxNode; template: CompiledTemplate } {
    try {
      const { opts, extensionsList } = this.parts;
      const prepared = extensionsList.reduce((text, { preprocess }) => preprocess?.(text) ?? text, source);
      const tree = engine.parser.parse(prepared, extensionsList, opts);
      checkSyntax(name, tree, this.parts);
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
const EMPTY = (env: EnvironmentParts): CompiledTemplate =>
  new CompiledTemplate(env, { root: (_env, _context, _frame, _runtime, done) => done(null, "") });
