/** What a frame asks of the frame around it; Nunjucks' own frames answer it too. */
interface Surrounding {
  lookup(name: string): unknown;
  resolve(name: string): Surrounding | undefined;
  set(name: string, value: unknown): void;
}

/**
 * Names that a running template made: by `set`, by a loop, by a macro's arguments.
 * Does what Nunjucks' frame does, without splitting names at dots and without a table for a frame that holds nothing.
 */
export class Frame {
  /** Written by compiled templates. */
  topLevel = false;
  readonly #parent: Surrounding | undefined;
  readonly #isolated: boolean;
  #names: Map<string, unknown> | undefined;

  constructor(parent?: Surrounding, isolated = false) {
    this.#parent = parent;
    this.#isolated = isolated;
  }

  set(name: string, value: unknown, upwards = false): void {
    const owner = upwards ? this.resolve(name, true) : undefined;
    if (owner !== undefined && owner !== this) {
      owner.set(name, value);
      return;
    }
    this.#names ??= new Map();
    this.#names.set(name, value);
  }

  /** Sets what a loop tells its body. One object for all turns, as in Nunjucks. */
  setLoop(index: number, length: number): void {
    let loop = this.#names?.get("loop") as Record<string, unknown> | undefined;
    if (loop === undefined) {
      loop = {};
      this.set("loop", loop);
    }
    loop.index = index + 1;
    loop.index0 = index;
    loop.revindex = length - index;
    loop.revindex0 = length - index - 1;
    loop.first = index === 0;
    loop.last = index === length - 1;
    loop.length = length;
  }

  lookup(name: string): unknown {
    const value = this.#names?.get(name);
    return value !== undefined ? value : this.#parent?.lookup(name);
  }

  /** The frame that holds a name. Only the frame that is asked first keeps writes from going up, as in Nunjucks. */
  resolve(name: string, forWrite = false): Surrounding | undefined {
    if (this.#names?.get(name) !== undefined) return this;
    return forWrite && this.#isolated ? undefined : this.#parent?.resolve(name);
  }

  push(isolated = false): Frame {
    return new Frame(this, isolated);
  }

  pop(): Surrounding | undefined {
    return this.#parent;
  }
}
