/** How many letters are kept. */
const MOST = 100;

export interface Letter {
  readonly name: string;
  readonly email: string;
  readonly topic: string;
  readonly message: string;
}

/** Stands for whatever takes letters where you are: the newest ones, in memory only. */
export class Letterbox {
  readonly #letters = new Map<number, Letter>();
  #number = 0;

  /** @returns the number under which it is kept. */
  keep(letter: Letter): number {
    this.#letters.set(++this.#number, letter);
    this.#letters.delete(this.#number - MOST);
    return this.#number;
  }
}

export const letterbox = new Letterbox();
