import type { StateStore } from "hydrant";
import { describe, expect, it } from "vitest";

export interface StateStoreFixture {
  readonly store: StateStore;
  /** Lets time pass for the store. */
  readonly pass: (ms: number) => void | Promise<void>;
}

/** Every MUST of the port, run on one store. */
export function stateStoreContract(name: string, create: () => StateStoreFixture | Promise<StateStoreFixture>): void {
  describe(`${name} as a state store`, () => {
    it("reads what was written, with a version that grows by one", async () => {
      const { store } = await create();
      expect(await store.read("a")).toBeUndefined();
      expect(await store.write("a", "one", 0, 1000)).toBe(true);
      expect(await store.read("a")).toEqual({ version: 1, data: "one" });
      expect(await store.write("a", "two", 1, 1000)).toBe(true);
      expect(await store.read("a")).toEqual({ version: 2, data: "two" });
    });

    it("refuses a writer that expects another version, and keeps what it has", async () => {
      const { store } = await create();
      await store.write("a", "one", 0, 1000);
      expect(await store.write("a", "again", 0, 1000)).toBe(false);
      expect(await store.write("a", "later", 2, 1000)).toBe(false);
      expect(await store.write("b", "nothing there", 1, 1000)).toBe(false);
      expect(await store.read("a")).toEqual({ version: 1, data: "one" });
    });

    it("lets exactly one of fifty writers with the same version through", async () => {
      const { store } = await create();
      await store.write("a", "start", 0, 1000);
      const written = await Promise.all(Array.from({ length: 50 }, (_, n) => store.write("a", `writer ${n}`, 1, 1000)));
      expect(written.filter(Boolean)).toHaveLength(1);
      expect((await store.read("a"))?.version).toBe(2);
    });

    it("forgets an entry when its time since the last write is over", async () => {
      const { store, pass } = await create();
      await store.write("a", "one", 0, 1000);
      await pass(900);
      await store.write("a", "two", 1, 1000);
      await pass(900);
      expect((await store.read("a"))?.data).toBe("two");
      await pass(101);
      expect(await store.read("a")).toBeUndefined();
      expect(await store.write("a", "new", 0, 1000)).toBe(true);
    });

    it("keeps an entry for thirty days when it was asked to", async () => {
      const { store, pass } = await create();
      const month = 30 * 86_400_000;
      await store.write("a", "one", 0, month);
      await pass(month - 1);
      expect((await store.read("a"))?.data).toBe("one");
    });

    it("forgets what was removed", async () => {
      const { store } = await create();
      await store.write("a", "one", 0, 1000);
      await store.remove("a");
      await store.remove("never there");
      expect(await store.read("a")).toBeUndefined();
    });

    it("keeps text as it is", async () => {
      const { store } = await create();
      const text = 'line\u2028 "quote" \u0000 ü 😀';
      await store.write("a", text, 0, 1000);
      expect((await store.read("a"))?.data).toBe(text);
    });
  });
}
