import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskUploadStoreOptions, diskUploadStore } from "hydrant/disk";
import { describe, expect, it, onTestFinished } from "vitest";
import { testClock } from "../support/clock.js";
import { chunksOf, textIn, uploadStoreContract } from "./upload-store.contract.js";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hydrant-uploads-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "made", "by the store");
}

/** Every file below the folder, by its path within it. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

async function openStore(options: DiskUploadStoreOptions = {}) {
  const { now, advance } = testClock();
  const folder = await newFolder();
  const another = () => diskUploadStore(folder, { now, ...options });
  return { store: another(), another, folder, pass: advance, held: async () => (await filesIn(folder)).length };
}

uploadStoreContract("a folder", openStore);

const keyOf = (index: number): string => `k${String(index).padStart(25, "0")}`;

describe("a folder of uploads", () => {
  it("is made for the process's own user alone, when the first file comes", async () => {
    const { store, folder } = await openStore();
    expect(await readdir(folder).catch(() => "nothing")).toBe("nothing");
    expect(await store.read(keyOf(1))).toBeUndefined();
    await store.write(keyOf(1), chunksOf("a"), 1000);
    await store.write(keyOf(2), chunksOf("b"), 1000);
    await store.keep(keyOf(2));
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    const folders = (await readdir(folder)).map((name) => join(folder, name));
    expect(await Promise.all([folder, ...folders].map(modeOf))).toEqual(["700", "700", "700", "700"]);
    expect(await Promise.all((await filesIn(folder)).map(modeOf))).toEqual(["600", "600"]);
  });

  it("outlives the process: what was kept stays, the rest expires at the time it would have", async () => {
    const { store, another, pass } = await openStore();
    await store.write(keyOf(1), chunksOf("pending"), 1000);
    await store.write(keyOf(2), chunksOf("kept"), 1000);
    await store.keep(keyOf(2));
    await pass(600);
    const next = another();
    expect([await textIn(next, keyOf(1)), await textIn(next, keyOf(2))]).toEqual(["pending", "kept"]);
    await pass(400);
    expect([await textIn(next, keyOf(1)), await textIn(next, keyOf(2))]).toEqual([undefined, "kept"]);
  });

  it("serves two stores at once: each sees, keeps and removes what the other wrote", async () => {
    const { store, another } = await openStore();
    const other = another();
    await Promise.all([store.write(keyOf(1), chunksOf("one"), 1000), other.write(keyOf(2), chunksOf("two"), 1000)]);
    expect([await textIn(other, keyOf(1)), await textIn(store, keyOf(2))]).toEqual(["one", "two"]);
    expect(await Promise.all([store.keep(keyOf(1)), other.keep(keyOf(1))])).toEqual([true, true]);
    await other.remove(keyOf(1));
    expect(await store.read(keyOf(1))).toBeUndefined();
  });

  it("writes what it got before it asks for more, so that a file of 50 MB is never in memory", async () => {
    const { store, folder } = await openStore();
    const unwritten: number[] = [];
    await store.write(
      keyOf(1),
      (async function* () {
        const chunk = Buffer.alloc(65_536, "x");
        for (let pulled = 0; pulled < 800; pulled++) {
          const [arriving = ""] = await readdir(join(folder, "arriving"));
          unwritten.push(pulled * 65_536 - (await stat(join(folder, "arriving", arriving))).size);
          yield chunk;
        }
      })(),
      1000,
    );
    expect(new Set(unwritten)).toEqual(new Set([0]));
  });

  it("lets a reader read on while the file is kept and removed", async () => {
    const { store } = await openStore();
    const text = "x".repeat(300_000);
    await store.write(keyOf(1), chunksOf(text), 1000);
    const bytes = await store.read(keyOf(1));
    await store.keep(keyOf(1));
    let size = 0;
    for await (const chunk of bytes ?? []) {
      if (size === 0) await store.remove(keyOf(1));
      size += chunk.length;
    }
    expect(size).toBe(300_000);
    expect(await store.read(keyOf(1))).toBeUndefined();
  });

  it("is swept while something is written, of files that expired and uploads that never ended", async () => {
    const { store, folder, pass, held } = await openStore();
    for (let index = 0; index < 20; index++) await store.write(keyOf(index), chunksOf("x"), 1000);
    await store.keep(keyOf(0));
    // A process that stopped in the middle of a write leaves what it had written.
    let cut: string | undefined;
    await store.write(
      keyOf(30),
      (async function* () {
        [cut] = await readdir(join(folder, "arriving"));
        yield Buffer.from("x");
      })(),
      1000,
    );
    await writeFile(join(folder, "arriving", String(cut)), "half");
    await writeFile(join(folder, "pending", "notes.txt"), "somebody else's");
    await pass(86_399_999);
    await store.write(keyOf(31), chunksOf("x"), 1000);
    // The one that was kept, the one just written, the upload that may still end, and the stranger's.
    expect(await held()).toBe(4);
    await pass(10_001);
    await store.write(keyOf(32), chunksOf("x"), 1000);
    const left = [join("kept", keyOf(0)), join("pending", keyOf(32)), join("pending", "notes.txt")];
    expect(new Set(await filesIn(folder))).toEqual(new Set(left.map((name) => join(folder, name))));
  });

  it("takes no more than its bound, and takes again when files were kept, removed or are over", async () => {
    const { store, pass, held } = await openStore({ maxBytes: 10_000 });
    const write = (index: number, size: number) => store.write(keyOf(index), chunksOf("x".repeat(size)), 1000);
    await write(1, 4000);
    await write(2, 4000);
    await expect(write(3, 2001)).rejects.toThrow("10000 bytes");
    expect(await held()).toBe(2);
    await write(3, 2000);
    await store.keep(keyOf(1));
    await write(4, 4000);
    await store.remove(keyOf(2));
    await write(5, 4000);
    await expect(write(6, 4000)).rejects.toThrow("10000 bytes");
    await pass(1000);
    await write(6, 10_000);
    expect(await held()).toBe(2);
  });

  it("stops a file that is too much at the chunk that is, and lets go of its source", async () => {
    const { store, held } = await openStore({ maxBytes: 100_000 });
    let pulled = 0;
    let released = false;
    async function* endless() {
      try {
        for (;;) {
          pulled++;
          yield Buffer.alloc(10_000);
        }
      } finally {
        released = true;
      }
    }
    await expect(store.write(keyOf(1), endless(), 1000)).rejects.toThrow("100000 bytes");
    expect([pulled, released, await held()]).toEqual([11, true, 0]);
  });

  it("counts what another store wrote", async () => {
    const { store, another, pass } = await openStore({ maxBytes: 10_000 });
    const other = another();
    await other.write(keyOf(1), chunksOf("x"), 60_000);
    await store.write(keyOf(2), chunksOf("x".repeat(9000)), 60_000);
    await pass(10_000);
    await expect(other.write(keyOf(3), chunksOf("x".repeat(9000)), 60_000)).rejects.toThrow("10000 bytes");
    await expect(another().write(keyOf(3), chunksOf("x".repeat(9000)), 60_000)).rejects.toThrow("10000 bytes");
  });

  it("counts files that are still arriving", async () => {
    const { store, another, pass } = await openStore({ maxBytes: 10_000 });
    const other = another();
    await store.write(
      keyOf(1),
      (async function* () {
        yield Buffer.alloc(6000);
        await pass(10_000);
        await expect(other.write(keyOf(2), chunksOf("x".repeat(5000)), 1000)).rejects.toThrow("10000 bytes");
        yield Buffer.alloc(4000);
      })(),
      60_000,
    );
    expect(await textIn(other, keyOf(1))).toHaveLength(10_000);
  });

  it("says that it cannot be written to", async () => {
    const { store, folder } = await openStore();
    await mkdir(join(folder, ".."), { recursive: true });
    await writeFile(folder, "a file where the folder should be");
    await expect(store.write(keyOf(1), chunksOf("x"), 1000)).rejects.toThrow(/EEXIST|ENOTDIR/);
    await expect(store.read(keyOf(1))).rejects.toThrow("ENOTDIR");
  });

  it("needs a name, and a bound that is a number", () => {
    expect(() => diskUploadStore("")).toThrow("needs the path of a folder");
    expect(() => diskUploadStore("x", { maxBytes: 0 })).toThrow("`maxBytes` is 0");
    expect(() => diskUploadStore("x", { maxBytes: Number.NaN })).toThrow("`maxBytes` is NaN");
  });
});
