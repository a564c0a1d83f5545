import type { EnvironmentParts } from "./engine.js";

export type Done = (error: unknown, output: string) => void;

/** A compiled template or block. Calls `done` before it returns. */
export type Run = (env: unknown, context: unknown, frame: unknown, runtime: unknown, done: Done) => void;

type Blocks = Readonly<Record<string, Run>>;
type Data = Readonly<Record<string, unknown>>;

/**
 * What one run of a template sees: the data it was given, what it set itself, and the globals. Only own properties
 * count, so `{{ constructor }}` prints nothing; the data is neither copied nor changed. The methods are those that
 * compiled templates and tags call on Nunjucks' own context.
 */
export class Context {
  readonly env: EnvironmentParts;
  readonly #data: Data;
  #own: Map<string, unknown> | undefined;
  #blocks: Map<string, Run[]> | undefined;
  #exported: string[] | undefined;

  constructor(env: EnvironmentParts, data: Data, blocks: Blocks, own?: ReadonlyMap<string, unknown>) {
    this.env = env;
    this.#data = data;
    this.#own = own === undefined ? undefined : new Map(own);
    for (const name of Object.keys(blocks)) this.addBlock(name, blocks[name] as Run);
  }

  /** The context of an included template: sees the same, and what it sets stays its own. */
  fork(blocks: Blocks): Context {
    return new Context(this.env, this.#data, blocks, this.#own);
  }

  get ctx(): Data {
    return this.getVariables();
  }

  lookup(name: string): unknown {
    if (this.#own?.has(name)) return this.#own.get(name);
    if (Object.hasOwn(this.#data, name)) return this.#data[name];
    return Object.hasOwn(this.env.globals, name) ? this.env.globals[name] : undefined;
  }

  setVariable(name: string, value: unknown): void {
    this.#own ??= new Map();
    this.#own.set(name, value);
  }

  getVariables(): Data {
    return Object.assign(Object.create(null), this.#data, Object.fromEntries(this.#own ?? []));
  }

  addBlock(name: string, block: Run): this {
    this.#blocks ??= new Map();
    const blocks = this.#blocks.get(name);
    if (blocks === undefined) this.#blocks.set(name, [block]);
    else blocks.push(block);
    return this;
  }

  getBlock(name: string): Run {
    const block = this.#blocks?.get(name)?.[0];
    if (block === undefined) throw new Error(`unknown block "${name}"`);
    return block;
  }

  getSuper(env: unknown, name: string, block: Run, frame: unknown, runtime: unknown, done: Done): void {
    const blocks = this.#blocks?.get(name) ?? [];
    const parent = blocks.includes(block) ? blocks[blocks.indexOf(block) + 1] : undefined;
    if (parent === undefined) throw new Error(`no super block available for "${name}"`);
    parent(env, this, frame, runtime, done);
  }

  addExport(name: string): void {
    this.#exported ??= [];
    this.#exported.push(name);
  }

  getExported(): Record<string, unknown> {
    return Object.fromEntries((this.#exported ?? []).map((name) => [name, this.lookup(name)]));
  }
}
