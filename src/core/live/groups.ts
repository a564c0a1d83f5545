const NOBODY: ReadonlySet<never> = new Set();

/** Members by what they have in common, such as a name; a group without members is forgotten. */
export class Groups<T, Key = string> {
  readonly #groups = new Map<Key, Set<T>>();

  of(key: Key): ReadonlySet<T> {
    return this.#groups.get(key) ?? NOBODY;
  }

  join(key: Key, member: T): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, new Set([member]));
    else group.add(member);
  }

  leave(key: Key, member: T): void {
    const group = this.#groups.get(key);
    group?.delete(member);
    if (group?.size === 0) this.#groups.delete(key);
  }

  [Symbol.iterator](): IterableIterator<[Key, ReadonlySet<T>]> {
    return this.#groups.entries();
  }
}
