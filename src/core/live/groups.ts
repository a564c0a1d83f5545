/** Members by name; a name without members is forgotten. */
export class Groups<T> {
  readonly #groups = new Map<string, Set<T>>();

  of(name: string): Iterable<T> {
    return this.#groups.get(name) ?? [];
  }

  join(name: string, member: T): void {
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, new Set([member]));
    else group.add(member);
  }

  leave(name: string, member: T): void {
    const group = this.#groups.get(name);
    group?.delete(member);
    if (group?.size === 0) this.#groups.delete(name);
  }
}
