import type { Receipt, ReceiptStore } from "hydrant";
import { describe, expect, it } from "vitest";

export interface ReceiptStoreFixture {
  readonly store: ReceiptStore;
  /** Lets time pass for the store. */
  readonly pass: (ms: number) => void | Promise<void>;
}

/** A receipt that can be told from others. */
export function says(message: string): Receipt {
  return { failure: { code: "internal", message } };
}

/** Every MUST of the port, run on one store. */
export function receiptStoreContract(
  name: string,
  create: () => ReceiptStoreFixture | Promise<ReceiptStoreFixture>,
): void {
  describe(`${name} as a receipt store`, () => {
    it("starts an intent once and answers it from its receipt afterwards", async () => {
      const { store } = await create();
      expect(await store.begin("k", "digest", 1000)).toEqual({ status: "started" });
      await store.finish("k", says("the answer"));
      expect(await store.begin("k", "digest", 1000)).toEqual({ status: "done", receipt: says("the answer") });
    });

    it("says at once when the same key comes with other values, running or finished", async () => {
      const { store } = await create();
      await store.begin("k", "digest", 1000);
      expect(await store.begin("k", "other", 1000)).toEqual({ status: "mismatch" });
      await store.finish("k", says("the answer"));
      expect(await store.begin("k", "other", 1000)).toEqual({ status: "mismatch" });
    });

    it("lets one of fifty callers start, and gives the others its answer", async () => {
      const { store } = await create();
      const begun = Array.from({ length: 50 }, () => store.begin("k", "digest", 1000));
      const first = await Promise.race(begun);
      expect(first).toEqual({ status: "started" });
      await store.finish("k", says("the answer"));
      const all = await Promise.all(begun);
      expect(all.filter(({ status }) => status === "started")).toHaveLength(1);
      expect(all.filter(({ status }) => status === "done")).toHaveLength(49);
    });

    it("lets the next caller start when the first gave up", async () => {
      const { store } = await create();
      await store.begin("k", "digest", 1000);
      const waiting = store.begin("k", "digest", 1000);
      await store.abandon("k");
      expect(await waiting).toEqual({ status: "started" });
    });

    it("forgets a receipt when its time is over", async () => {
      const { store, pass } = await create();
      await store.begin("k", "digest", 1000);
      await store.finish("k", says("the answer"));
      await pass(1001);
      expect(await store.begin("k", "digest", 1000)).toEqual({ status: "started" });
    });

    it("does not mix up keys", async () => {
      const { store } = await create();
      await store.begin("a", "digest", 1000);
      await store.finish("a", says("for a"));
      expect(await store.begin("b", "digest", 1000)).toEqual({ status: "started" });
    });
  });
}
