/** Stands for a ledger: gives out each number once, as long as the server runs. */
export class Numbers {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}
