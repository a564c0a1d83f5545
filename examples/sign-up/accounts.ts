import { setTimeout as wait } from "node:timers/promises";

/** How many accounts are kept beside those that were there at first. */
const MOST = 100;

/** Stands for a directory that is asked over a network: it needs a moment. */
export class Accounts {
  readonly #first: ReadonlySet<string>;
  readonly #names = new Set<string>();

  constructor(names: readonly string[]) {
    this.#first = new Set(names);
  }

  async isFree(name: string): Promise<boolean> {
    await wait(300);
    return !this.#has(name);
  }

  /** @returns whether the name was still free. */
  claim(name: string): boolean {
    if (this.#has(name)) return false;
    this.#names.add(name.toLowerCase());
    const [oldest] = this.#names;
    if (this.#names.size > MOST) this.#names.delete(oldest as string);
    return true;
  }

  #has(name: string): boolean {
    return this.#first.has(name.toLowerCase()) || this.#names.has(name.toLowerCase());
  }
}

export const accounts = new Accounts(["ada", "grace", "linus", "margaret"]);
