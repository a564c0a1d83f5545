const NOBODY: ReadonlySet<never> = new Set();

/** Members by what they have in common, such as a name; a group without members is forgotten. No member is a set. */
export class Groups<T, Key = string> {
  /** A group of one is that one, without a set around it: the name of an instance belongs to that instance alone. */
  readonly #groups = new Map<Key, Set<T> | T>();

  of(key: Key): ReadonlySet<T> {
    const group = this.#groups.get(key);
    if (group === undefined) return NOBODY;
    return group instanceof Set ? group : new Set([group]);
  }

  join(key: Key, member: T): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, member);
    else if (group instanceof Set) group.add(member);
    else if (group !== member) this.#groups.set(key, new Set([group, member]));
  }

  leave(key: Key, member: T): void {
    const group = this.#groups.get(key);
    if (group === member) this.#groups.delete(key);
    else if (group instanceof Set && group.delete(member) && group.size === 0) this.#groups.delete(key);
  }

  *[Symbol.iterator](): IterableIterator<[Key, ReadonlySet<T>]> {
    for (const key of this.#groups.keys()) yield [key, this.of(key)];
  }
}
