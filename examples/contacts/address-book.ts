export interface Person {
  readonly id: number;
  name: string;
  role: string;
  phone: string;
}

/** Stands for a database: everybody who visits sees the same people. */
export class AddressBook {
  readonly #people = new Map<number, Person>();

  constructor(people: readonly Omit<Person, "id">[]) {
    people.forEach((person, index) => {
      this.#people.set(index + 1, { id: index + 1, ...person });
    });
  }

  all(): Person[] {
    return [...this.#people.values()];
  }

  find(id: number): Person | undefined {
    return this.#people.get(id);
  }
}

export const addressBook = new AddressBook([
  { name: "Amara Okafor", role: "Harbour master", phone: "+44 1632 960 011" },
  { name: "Bruno Keller", role: "Clockmaker", phone: "+44 1632 960 024" },
  { name: "Chiyo Tanaka", role: "Botanist", phone: "+44 1632 960 037" },
  { name: "Dilan Aydın", role: "Bridge engineer", phone: "+44 1632 960 042" },
  { name: "Elsa Lindqvist", role: "Cartographer", phone: "+44 1632 960 058" },
]);
