import type { LimitStore, LimitVerdict, LimitWindow } from "hydrant";
import { describe, expect, it } from "vitest";

/** Counts calls, one after the other. */
async function consume(store: LimitStore, key: string, window: LimitWindow, calls: number): Promise<LimitVerdict[]> {
  const verdicts: LimitVerdict[] = [];
  for (let call = 0; call < calls; call++) verdicts.push(await store.consume(key, window));
  return verdicts;
}

/** No two of these are the same key. */
const HOSTILE = [
  "",
  " ",
  "a",
  "A",
  "a ",
  "a\n",
  "a\r\n",
  "a\u0000",
  "a\u0000b",
  "a:b",
  "1/60",
  "1/60:a",
  "*",
  "{a}",
  "#",
  "$0",
  "%61",
  "__proto__",
  "constructor",
  "undefined",
  "'; DROP TABLE limits; --",
  "*1\r\n$8\r\nFLUSHALL\r\n",
  "\u00fc",
  "u\u0308",
  "\u202ea",
  "\u{1f600}",
  // Halves of pairs: what UTF-8 writes for each of them is the replacement character.
  "\ud83d",
  "\ude00",
  "\ud83d\ud83d",
  "\ufffd",
  "x".repeat(10_240),
  `${"x".repeat(10_239)}y`,
  "\u{1f600}".repeat(2_560),
];

const MINUTE = { points: 3, seconds: 60 };

/** Every MUST of the port, run on one store. Windows that end last a real second. */
export function limitStoreContract(name: string, create: () => LimitStore | Promise<LimitStore>): void {
  describe(`${name} as a limit store`, () => {
    it("lets so many calls through, counts down, and says how long the window still lasts", async () => {
      const store = await create();
      const verdicts = await consume(store, "a", MINUTE, 5);
      expect(verdicts.map((verdict) => verdict.allowed)).toEqual([true, true, true, false, false]);
      expect(verdicts.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0, 0]);
      const resets = verdicts.map(({ resetMs }) => resetMs);
      expect(Math.max(...resets)).toBeLessThanOrEqual(60_000);
      expect(Math.min(...resets)).toBeGreaterThan(0);
      // The window began with the first call: no later one moves its end away.
      expect(resets).toEqual(resets.toSorted((a, b) => b - a));
      for (const verdict of verdicts) expect(Object.keys(verdict)).toEqual(["allowed", "remaining", "resetMs"]);
    });

    it("allows exactly as many of fifty calls at once as the window has points", async () => {
      const store = await create();
      const window = { points: 20, seconds: 60 };
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => store.consume("a", window)));
      const left = verdicts.filter(({ allowed }) => allowed).map(({ remaining }) => remaining);
      expect(left.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });

    it("begins a new window when one has ended", async () => {
      const store = await create();
      const window = { points: 2, seconds: 1 };
      await consume(store, "a", window, 2);
      const next = () => store.consume("a", window);
      await expect.poll(next, { timeout: 20_000 }).toMatchObject({ allowed: true, remaining: 1 });
    });

    it("does not make a window longer for calls it refuses", async () => {
      const store = await create();
      const window = { points: 1, seconds: 1 };
      expect((await store.consume("a", window)).allowed).toBe(true);
      const resets: number[] = [];
      // It is called far more often than once a second, and ends all the same.
      const next = async () => {
        const { allowed, resetMs } = await store.consume("a", window);
        if (!allowed) resets.push(resetMs);
        return allowed;
      };
      await expect.poll(next, { interval: 20, timeout: 20_000 }).toBe(true);
      expect(resets).toEqual(resets.toSorted((a, b) => b - a));
    });

    it("counts every key for itself", async () => {
      const store = await create();
      await consume(store, "a", MINUTE, 4);
      expect(await store.consume("b", MINUTE)).toMatchObject({ allowed: true, remaining: 2 });
      expect((await store.consume("a", MINUTE)).allowed).toBe(false);
    });

    it("counts the same key for itself in every window", async () => {
      const store = await create();
      await consume(store, "a", MINUTE, 4);
      expect(await store.consume("a", { points: 4, seconds: 60 })).toMatchObject({ allowed: true, remaining: 3 });
      expect(await store.consume("a", { points: 3, seconds: 61 })).toMatchObject({ allowed: true, remaining: 2 });
      expect((await store.consume("a", { ...MINUTE })).allowed).toBe(false);
    });

    it("takes any text as a key, and mixes none of them up", async () => {
      const store = await create();
      const once = { points: 1, seconds: 60 };
      for (const key of HOSTILE)
        expect(await store.consume(key, once), key.slice(0, 40)).toMatchObject({ allowed: true });
      for (const key of HOSTILE)
        expect(await store.consume(key, once), key.slice(0, 40)).toMatchObject({ allowed: false });
    });

    it.each([
      { points: 0, seconds: 60 },
      { points: 1.5, seconds: 60 },
      { points: Number.NaN, seconds: 60 },
      { points: 1, seconds: 0 },
      { points: 1, seconds: 0.5 },
      { points: 1, seconds: Number.POSITIVE_INFINITY },
    ])("says so when a window cannot be counted: $points calls in $seconds seconds", async (window) => {
      const store = await create();
      await expect(store.consume("a", window)).rejects.toThrow(/must be a whole number from 1/);
    });
  });
}
