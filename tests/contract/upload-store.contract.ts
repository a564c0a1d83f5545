import type { UploadStore } from "hydrant";
import { describe, expect, it } from "vitest";

export interface UploadStoreFixture {
  readonly store: UploadStore;
  /** Lets time pass for the store. */
  readonly pass: (ms: number) => void | Promise<void>;
  /** How many files the store holds in whatever state, half-written ones too. */
  readonly held: () => Promise<number>;
}

const ONE = "abcdefghijklmnopqrstuvwx01";
const OTHER = "abcdefghijklmnopqrstuvwx02";

/** Bytes that come in these chunks. */
export async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text, "latin1");
}

/** The whole file as text, every byte a character. */
export async function textIn(store: UploadStore, key: string): Promise<string | undefined> {
  const bytes = await store.read(key);
  if (bytes === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

function codes(length: number): string {
  return Array.from({ length }, (_, code) => String.fromCharCode(code)).join("");
}

const HOSTILE: readonly string[] = [
  "",
  ".",
  "..",
  "../../../../../../etc/passwd",
  "/etc/passwd/aaaaaaaaaaaaaa",
  "..\\..\\windows\\aaaaaaaaaaa",
  `${ONE.slice(0, -1)}/`,
  `${ONE.slice(0, -1)}.`,
  `${ONE.slice(0, -1)}\0`,
  `${ONE}\n`,
  `${ONE}\0`,
  `${ONE}0`,
  ONE.slice(1),
  ONE.toUpperCase(),
  `${ONE.slice(0, -1)}ä`,
  `${ONE.slice(0, -1)}٣`,
];

/** Every MUST of the port, run on one store. */
export function uploadStoreContract(
  name: string,
  create: () => UploadStoreFixture | Promise<UploadStoreFixture>,
): void {
  describe(`${name} as an upload store`, () => {
    it("gives back what was written, byte for byte, as often as it is asked", async () => {
      const { store } = await create();
      await store.write(ONE, chunksOf("one ", codes(256), "", " three"), 1000);
      await store.write(OTHER, chunksOf(), 1000);
      const text = `one ${codes(256)} three`;
      expect([await textIn(store, ONE), await textIn(store, ONE), await textIn(store, OTHER)]).toEqual([
        text,
        text,
        "",
      ]);
      const bytes = await store.read(ONE);
      for await (const chunk of bytes ?? []) expect(chunk).toBeInstanceOf(Uint8Array);
    });

    it("knows nothing of a key that was never written", async () => {
      const { store } = await create();
      expect(await store.read(ONE)).toBeUndefined();
      expect(await store.keep(ONE)).toBe(false);
      await store.remove(ONE);
    });

    it.each(HOSTILE)("refuses the key %j, whatever is to be done with it", async (key) => {
      const { store, held } = await create();
      let pulled = 0;
      async function* source() {
        pulled++;
        yield Buffer.from("bytes");
      }
      await expect(store.write(key, source(), 1000)).rejects.toThrow();
      await expect(store.read(key)).rejects.toThrow();
      await expect(store.keep(key)).rejects.toThrow();
      await expect(store.remove(key)).rejects.toThrow();
      expect([pulled, await held()]).toEqual([0, 0]);
    });

    it("rejects with what its source throws, and leaves nothing behind", async () => {
      const { store, held } = await create();
      const broken = new Error("the connection was cut");
      async function* source() {
        yield Buffer.from("half");
        throw broken;
      }
      await expect(store.write(ONE, source(), 1000)).rejects.toBe(broken);
      expect(await store.read(ONE)).toBeUndefined();
      expect(await store.keep(ONE)).toBe(false);
      expect(await held()).toBe(0);
      await store.write(ONE, chunksOf("whole"), 1000);
      expect(await textIn(store, ONE)).toBe("whole");
    });

    it("shows a file only when all of it is there", async () => {
      const { store } = await create();
      const seen: unknown[] = [];
      async function* source() {
        yield Buffer.from("first ");
        seen.push(await store.read(ONE), await store.keep(ONE));
        yield Buffer.from("second");
        seen.push(await store.read(ONE), await store.keep(ONE));
      }
      await store.write(ONE, source(), 1000);
      expect(seen).toEqual([undefined, false, undefined, false]);
      expect(await textIn(store, ONE)).toBe("first second");
    });

    it("forgets what nobody kept when its time is over", async () => {
      const { store, pass } = await create();
      await store.write(ONE, chunksOf("bytes"), 1000);
      await pass(999);
      expect(await textIn(store, ONE)).toBe("bytes");
      await pass(1);
      expect(await store.read(ONE)).toBeUndefined();
      expect(await store.keep(ONE)).toBe(false);
      expect(await store.read(ONE)).toBeUndefined();
    });

    it("keeps what it was told to keep until it is removed", async () => {
      const { store, pass, held } = await create();
      await store.write(ONE, chunksOf("bytes"), 1000);
      expect(await store.keep(ONE)).toBe(true);
      await pass(30 * 86_400_000);
      await store.write(OTHER, chunksOf("other"), 1000);
      expect(await textIn(store, ONE)).toBe("bytes");
      expect(await store.keep(ONE)).toBe(true);
      await store.remove(ONE);
      expect(await store.read(ONE)).toBeUndefined();
      expect(await store.keep(ONE)).toBe(false);
      expect(await held()).toBe(1);
    });

    it("removes what nobody kept too, and no other file", async () => {
      const { store, held } = await create();
      await store.write(ONE, chunksOf("one"), 1000);
      await store.write(OTHER, chunksOf("other"), 1000);
      await store.remove(ONE);
      expect(await store.read(ONE)).toBeUndefined();
      expect(await textIn(store, OTHER)).toBe("other");
      expect(await held()).toBe(1);
    });

    it("takes fifty files at once without mixing them up", async () => {
      const { store } = await create();
      const keys = Array.from({ length: 50 }, (_, index) => `${ONE.slice(0, -2)}${index + 10}`);
      await Promise.all(keys.map((key) => store.write(key, chunksOf(key, " ", key), 1000)));
      for (const key of keys) expect(await textIn(store, key)).toBe(`${key} ${key}`);
    });

    it("asks for no bytes before it has dealt with those it got", async () => {
      const { store } = await create();
      const chunk = Buffer.alloc(65_536, "x");
      let running = 0;
      let most = 0;
      let pulled = 0;
      // Not a generator: that would put questions in a line and hide that they come too early.
      const source: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({
          async next() {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setImmediate(resolve));
            running--;
            return pulled++ < 800 ? { done: false, value: chunk } : { done: true, value: undefined };
          },
        }),
      };
      await store.write(ONE, source, 1000);
      expect(most).toBe(1);
      let size = 0;
      for await (const bytes of (await store.read(ONE)) ?? []) size += bytes.length;
      expect(size).toBe(800 * 65_536);
    });
  });
}
