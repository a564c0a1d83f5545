import type { JournalStore } from "hydrant";
import { describe, expect, it } from "vitest";

export interface JournalStoreFixture {
  readonly store: JournalStore;
  /** Lets time pass for the store. */
  readonly pass: (ms: number) => void | Promise<void>;
}

/** Every MUST of the port, run on one store. */
export function journalStoreContract(
  name: string,
  create: () => JournalStoreFixture | Promise<JournalStoreFixture>,
): void {
  describe(`${name} as a journal store`, () => {
    it("gives entries in the order they were added, without those that are known", async () => {
      const { store } = await create();
      for (const [at, entry] of ["one", "two", "three"].entries()) await store.append("a", at, entry, 1000);
      expect(await store.read("a", 0)).toEqual(["one", "two", "three"]);
      expect(await store.read("a", 1)).toEqual(["two", "three"]);
      expect(await store.read("a", 2)).toEqual(["three"]);
    });

    it("tells a journal with nothing newer from one it does not know", async () => {
      const { store } = await create();
      await store.append("a", 0, "one", 1000);
      expect(await store.read("a", 1)).toEqual([]);
      expect(await store.read("a", 5)).toEqual([]);
      expect(await store.read("b", 0)).toBeUndefined();
      expect(await store.read("b", 1)).toBeUndefined();
    });

    it("writes nothing where it holds another number of entries than the writer thinks", async () => {
      const { store } = await create();
      await store.append("a", 1, "begins in the middle", 1000);
      expect(await store.read("a", 0)).toBeUndefined();
      await store.append("a", 0, "one", 1000);
      await store.append("a", 0, "one again", 1000);
      await store.append("a", 2, "three", 1000);
      expect(await store.read("a", 0)).toEqual(["one"]);
    });

    it("adds an entry once of fifty times at once", async () => {
      const { store } = await create();
      await store.append("a", 0, "one", 1000);
      await Promise.all(Array.from({ length: 50 }, () => store.append("a", 1, "two", 1000)));
      expect(await store.read("a", 0)).toEqual(["one", "two"]);
    });

    it("forgets the whole journal when its time since the last entry is over", async () => {
      const { store, pass } = await create();
      await store.append("a", 0, "one", 1000);
      await pass(900);
      await store.append("a", 1, "two", 1000);
      await pass(900);
      expect(await store.read("a", 0)).toEqual(["one", "two"]);
      await pass(101);
      expect(await store.read("a", 0)).toBeUndefined();
      expect(await store.read("a", 1)).toBeUndefined();
      await store.append("a", 2, "three", 1000);
      expect(await store.read("a", 0)).toBeUndefined();
    });

    it("is not kept longer by reading, nor by an entry it did not take", async () => {
      const { store, pass } = await create();
      await store.append("a", 0, "one", 1000);
      await pass(900);
      await store.read("a", 0);
      await store.append("a", 5, "six", 1000);
      await pass(101);
      expect(await store.read("a", 0)).toBeUndefined();
    });

    it("does not mix up keys, whatever is in them", async () => {
      const { store } = await create();
      const keys = [
        "",
        " ",
        "a",
        "A",
        "a:b",
        "a\u0000b",
        "{a}",
        "*",
        "#",
        "\ud83d",
        "\ude00",
        "\ufffd",
        "x".repeat(5000),
      ];
      for (const [n, key] of keys.entries()) await store.append(key, 0, `the one of ${n}`, 1000);
      for (const [n, key] of keys.entries()) expect(await store.read(key, 0)).toEqual([`the one of ${n}`]);
    });

    it("keeps text as it is", async () => {
      const { store } = await create();
      const texts = ["", 'line\u2028 "quote" \u0000 ü 😀\r\n', "\ufeff", "x".repeat(300_000)];
      for (const [at, text] of texts.entries()) await store.append("a", at, text, 1000);
      expect(await store.read("a", 0)).toEqual(texts);
    });
  });
}
