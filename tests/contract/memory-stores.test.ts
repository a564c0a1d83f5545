import { memoryReceiptStore, memoryStateStore } from "hydrant";
import { describe, expect, it } from "vitest";
import { receiptStoreContract, says } from "./receipt-store.contract.js";
import { stateStoreContract } from "./state-store.contract.js";

function testClock() {
  let time = 1_000_000;
  return {
    now: () => time,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

stateStoreContract("memory", () => {
  const { now, pass } = testClock();
  return { store: memoryStateStore({ now }), pass };
});

receiptStoreContract("memory", () => {
  const { now, pass } = testClock();
  return { store: memoryReceiptStore({ now }), pass };
});

describe("a memory store at its bound", () => {
  it("forgets the oldest state when there are too many", async () => {
    const store = memoryStateStore({ bounds: { entries: 3, weight: 1000 } });
    for (const key of ["a", "b", "c", "d"]) await store.write(key, "text", 0, 1000);
    expect(await store.read("a")).toBeUndefined();
    expect(await store.read("d")).toEqual({ version: 1, data: "text" });
  });

  it("forgets old states when the text is too long altogether", async () => {
    const store = memoryStateStore({ bounds: { entries: 100, weight: 10 } });
    await store.write("a", "12345", 0, 1000);
    await store.write("b", "12345", 0, 1000);
    await store.write("c", "1", 0, 1000);
    expect(await store.read("a")).toBeUndefined();
    expect((await store.read("b"))?.data).toBe("12345");
  });

  it("keeps the newest however many pass through, and forgets in the order they came", async () => {
    const store = memoryStateStore({ bounds: { entries: 3, weight: 1000 } });
    for (let n = 0; n < 1000; n++) {
      await store.write(`k${n}`, "text", 0, 1000);
      // Removed and written again, an entry is the newest one.
      if (n % 7 === 3) {
        await store.remove(`k${n - 2}`);
        await store.write(`k${n - 2}`, "again", 0, 1000);
      }
    }
    const kept = [];
    for (let n = 0; n < 1000; n++) if ((await store.read(`k${n}`)) !== undefined) kept.push(n);
    // 995 was written again after 997, and before 998.
    expect(kept).toEqual([995, 998, 999]);
  });

  it("never answers a running intent twice, however many finished ones were forgotten", async () => {
    const store = memoryReceiptStore({ bounds: { entries: 2, weight: 1000 } });
    await store.begin("slow", "digest", 1000);
    const second = store.begin("slow", "digest", 1000);
    for (const key of ["a", "b", "c", "d"]) {
      await store.begin(key, "digest", 1000);
      await store.finish(key, says("done"));
    }
    await store.finish("slow", says("late answer"));
    expect(await second).toEqual({ status: "done", receipt: says("late answer") });
  });
});
