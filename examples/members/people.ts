import type { User } from "hydrant";

/** Somebody who may sign in. */
export interface Member extends User {
  readonly id: string;
  readonly name: string;
}

interface Row extends Member {
  /** Made by `hashPassword()`. */
  readonly secret: string;
}

/** Stands for the table of users in your database. */
export class People {
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #epochs = new Map<string, number>();

  constructor(rows: readonly Row[]) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }

  find(id: string): Member | undefined {
    const { secret: _secret, ...member } = this.#rows.get(id) ?? {};
    return "id" in member ? member : undefined;
  }

  secretOf(id: string): string | undefined {
    return this.#rows.get(id)?.secret;
  }

  /** Part of every seal of this member: once it is another one, no seal from before opens again. */
  epochOf(id: string): number {
    return this.#epochs.get(id) ?? 0;
  }

  beginEpoch(id: string): void {
    this.#epochs.set(id, this.epochOf(id) + 1);
  }
}

export const people = new People([
  {
    id: "ada",
    name: "Ada",
    isStaff: true,
    secret: "5_uAUzyUwJX1gDAN-TjZzA.oSvlsMPLmxKmTb7X5JqalsuSSOkV4L3AN4l0SHFDVm8",
  },
  { id: "bob", name: "Bob", secret: "grOYgb5WHKVNndeGFeLkeA.iPb6uiJ-lb5YqwH1KG6N22B75n8RkelJ5XQ4Cq9f0B8" },
]);
