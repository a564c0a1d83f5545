import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DefinitionError, type JournalStore, memoryJournalStore, memoryTopicLog, type TopicLog } from "hydrant";
import { redisJournalStore, redisTopicLog } from "hydrant/redis";
import { createClient, type RedisClientOptions } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.js";
import { journalStoreContract } from "./journal-store.contract.js";
import { redisTime } from "./redis-time.js";
import { follow, listener, publishAll, topicLogContract } from "./topic-log.contract.js";

const PATIENT = { timeout: 20_000 };

topicLogContract("memory", () => {
  const log = memoryTopicLog({ entries: 200 });
  return { nodes: [log, log] };
});

journalStoreContract("memory", () => {
  let time = 1_000_000;
  return {
    store: memoryJournalStore({ now: () => time }),
    pass: (ms) => {
      time += ms;
    },
  };
});

describe("a journal store in memory at its bound", () => {
  it("forgets the oldest journal as a whole", async () => {
    const store = memoryJournalStore({ bounds: { entries: 2, weight: 1_000 } });
    for (const key of ["a", "b", "c"]) for (const at of [0, 1]) await store.append(key, at, `${key}${at}`, 1_000);
    expect(await store.read("a", 0)).toBeUndefined();
    expect(await store.read("b", 0)).toEqual(["b0", "b1"]);
  });

  it("forgets a journal that has grown too long, and takes nothing more of it", async () => {
    const store = memoryJournalStore({ bounds: { entries: 10, weight: 10 } });
    for (const at of [0, 1, 2]) await store.append("a", at, "12345", 1_000);
    await store.append("a", 3, "1", 1_000);
    expect(await store.read("a", 0)).toBeUndefined();
  });
});

type Client = ReturnType<typeof createClient>;
type ClientOptions = Omit<RedisClientOptions, "RESP"> & { readonly RESP?: 2 | 3 };

describe("on a real Redis", () => {
  let redis: TestRedis;
  let prefixes = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  function nextPrefix(): string {
    prefixes++;
    return `test-${prefixes}`;
  }

  async function connected(options: ClientOptions = {}): Promise<Client> {
    const client = createClient({ url: redis.url, disableOfflineQueue: true, ...options }) as Client;
    client.on("error", () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    return client;
  }

  async function twoNodes(options?: ClientOptions): Promise<{ nodes: [TopicLog, TopicLog] }> {
    const log = { prefix: nextPrefix(), entries: 200 };
    return {
      nodes: [redisTopicLog(await connected(options), log), redisTopicLog(await connected(options), log)],
    };
  }

  topicLogContract("Redis", () => twoNodes());
  topicLogContract("Redis over the older protocol", () => twoNodes({ RESP: 2 }));
  topicLogContract("Redis through a client that reads texts as bytes", () =>
    twoNodes({ commandOptions: { typeMapping: { 36: Buffer } } }),
  );

  async function journal(options?: ClientOptions) {
    const client = await connected(options);
    const prefix = nextPrefix();
    const { ttl, pass } = redisTime(client, prefix);
    const { append, read } = redisJournalStore(client, { prefix });
    const store: JournalStore = { append: (key, at, entry, ms) => append(key, at, entry, ttl(ms)), read };
    return { store, pass };
  }

  journalStoreContract("Redis", () => journal());
  journalStoreContract("Redis over the older protocol", () => journal({ RESP: 2 }));

  describe("a topic log", () => {
    it("gives a new follower its own place: what was published before it came does not count as lost", async () => {
      const client = await connected();
      const log = redisTopicLog(client, { prefix: nextPrefix(), blockMs: 50 });
      const told = await follow(log);
      // Redis says a few times that there is nothing.
      const asked = await commandCount(client, "get");
      await expect.poll(() => commandCount(client, "get"), PATIENT).toBeGreaterThan(asked + 3);
      await log.publish("t", "first");
      await expect.poll(told.data, PATIENT).toEqual(["first"]);
      expect(told.all).toEqual(["entry first"]);
    });

    it("keeps the logs of two prefixes apart", async () => {
      const client = await connected();
      const [one, other] = [nextPrefix(), nextPrefix()].map((prefix) => redisTopicLog(client, { prefix }));
      if (one === undefined || other === undefined) throw new Error("two logs");
      const [ofOne, ofOther] = [await follow(one), await follow(other)];
      await one.publish("t", "for one");
      await other.publish("t", "for the other");
      await expect.poll(ofOther.data, PATIENT).toEqual(["for the other"]);
      await expect.poll(ofOne.data, PATIENT).toEqual(["for one"]);
    });

    it.each([
      ["no fields of ours", ["x", "y"]],
      ["no data", ["t", "topic"]],
      ["no word of the entry before", ["t", "topic", "d", "data"]],
      ["more fields than ours", ["t", "topic", "d", "data", "b", "", "x", "y"]],
      ["an entry before that is none", ["t", "topic", "d", "data", "b", "yesterday"]],
      ["the right fields in another order", ["d", "data", "t", "topic", "b", ""]],
      ["data that is not UTF-8", ["t", "topic", "d", Buffer.from([0x61, 0xff, 0xfe]), "b", ""]],
      ["a topic that is not UTF-8", ["t", Buffer.from([0xc3, 0x28]), "d", "data", "b", ""]],
      ["half a surrogate pair in bytes", ["t", "topic", "d", Buffer.from([0xed, 0xa0, 0x80]), "b", ""]],
      ["data without end", ["t", "topic", "d", "x".repeat(5_000_000), "b", ""]],
    ])("passes over an entry with %s, among those that come and those that are held", async (_what, fields) => {
      const client = await connected();
      const prefix = nextPrefix();
      const log = redisTopicLog(client, { prefix });
      const told = await follow(log);
      await log.publish("t", "before");
      await client.sendCommand(["XADD", `${prefix}:{topics}:log`, "*", ...fields]);
      await log.publish("t", "after");
      await expect.poll(told.data, PATIENT).toEqual(["before", "after"]);
      expect(told.all).toEqual(["entry before", "entry after"]);
      expect((await follow(log)).all).toEqual(told.all);
    });

    it("says `gap` where entries were taken out before they were read", async () => {
      const client = await connected();
      const prefix = nextPrefix();
      const log = redisTopicLog(client, { prefix });
      await publishAll(log, ["a", "b", "c"]);
      const held = (await client.xRange(`${prefix}:{topics}:log`, "-", "+")) ?? [];
      expect(await client.xDel(`${prefix}:{topics}:log`, held[1]?.id ?? "")).toBe(1);
      expect((await follow(log)).all).toEqual(["entry a", "gap", "entry c"]);
    });

    it("says `gap` and goes on when everything was deleted behind its back", async () => {
      const client = await connected();
      const prefix = nextPrefix();
      const log = redisTopicLog(client, { prefix, blockMs: 100 });
      const told = await follow(log);
      await log.publish("t", "before");
      await expect.poll(told.data, PATIENT).toEqual(["before"]);
      await client.del([`${prefix}:{topics}:log`, `${prefix}:{topics}:last`]);
      // Nothing is known to be lost, but nobody can say.
      await expect.poll(() => told.all, PATIENT).toEqual(["entry before", "gap"]);
      await log.publish("t", "after");
      await expect.poll(() => told.all, PATIENT).toEqual(["entry before", "gap", "entry after"]);
    });

    it("goes on when the log was deleted and its new entries stand before the old ones", async () => {
      const client = await connected();
      const prefix = nextPrefix();
      const log = redisTopicLog(client, { prefix, blockMs: 100 });
      const names = [`${prefix}:{topics}:log`, `${prefix}:{topics}:last`] as const;
      // The clock of this Redis is a day ahead, then right.
      const ahead = `${Date.now() + 86_400_000}-0`;
      await client.sendCommand(["XADD", names[0], ahead, "t", "t", "d", "ahead", "b", ""]);
      await client.set(names[1], ahead);
      const told = await follow(log);
      expect(told.all).toEqual(["entry ahead"]);
      await client.del([...names]);
      await log.publish("t", "unseen");
      await expect.poll(() => told.all, PATIENT).toContain("gap");
      const before = told.entries.length;
      await log.publish("t", "seen");
      await expect.poll(() => told.data().at(-1), PATIENT).toBe("seen");
      expect(told.entries).toHaveLength(before + 1);
    });

    it("gives nothing twice when the log goes back to an older copy", async () => {
      const client = await connected();
      const prefix = nextPrefix();
      const log = redisTopicLog(client, { prefix, blockMs: 100 });
      const names = [`${prefix}:{topics}:log`, `${prefix}:{topics}:last`] as const;
      await publishAll(log, ["a", "b"]);
      const copies = await Promise.all(names.map((name) => client.withTypeMapping({ 36: Buffer }).dump(name)));
      const told = await follow(log);
      await log.publish("t", "c");
      await expect.poll(told.data, PATIENT).toEqual(["a", "b", "c"]);
      for (const [n, name] of names.entries()) {
        await client.sendCommand(["RESTORE", name, "0", copies[n] as unknown as Buffer, "REPLACE"]);
      }
      await expect.poll(() => told.all, PATIENT).toContain("gap");
      await log.publish("t", "d");
      await expect.poll(told.data, PATIENT).toEqual(["a", "b", "c", "d"]);
      expect(told.all.indexOf("gap")).toBe(3);
    });

    it("refuses to publish more than it passes on", async () => {
      const log = redisTopicLog(await connected(), { prefix: nextPrefix() });
      await expect(log.publish("t", "ü".repeat(2_200_000))).rejects.toThrow(/was not published/);
      const told = await follow(log);
      await log.publish("t", "x".repeat(4_000_000));
      await expect.poll(() => told.data().map(({ length }) => length), PATIENT).toEqual([4_000_000]);
    });

    it("lets the process end once it has stopped", async () => {
      const program = `
        import { redisTopicLog } from "hydrant/redis";
        import { createClient } from "redis";
        const client = createClient({ url: ${JSON.stringify(redis.url)} });
        client.on("error", () => {});
        await client.connect();
        const log = redisTopicLog(client, { prefix: ${JSON.stringify(nextPrefix())} });
        const stop = await log.follow({ entry: ({ data }) => console.log(data), gap() {}, down() {}, up() {} });
        await log.publish("t", "published");
        setTimeout(async () => {
          await stop();
          await client.close();
        }, 500);`;
      const args = ["--input-type=module", "--eval", program];
      const cwd = fileURLToPath(new URL("../..", import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 20_000 });
      expect(stdout).toBe("published\n");
    });

    it("closes the connection of a follower that has stopped", async () => {
      const client = await connected();
      const log = redisTopicLog(client, { prefix: nextPrefix() });
      const connections = async () => (await client.sendCommand(["CLIENT", "LIST", "TYPE", "normal"])) as string;
      const count = async () => (await connections()).trim().split("\n").length;
      const before = await count();
      const stops = [await log.follow(listener()), await log.follow(listener())];
      expect(await count()).toBe(before + 2);
      await Promise.all(stops.map((stop) => stop()));
      await expect.poll(count, PATIENT).toBe(before);
    });

    it("lets no key stay", async () => {
      const client = await connected();
      const prefix = nextPrefix();
      await redisTopicLog(client, { prefix, historyMs: 5_000 }).publish("t", "data");
      const names = await client.keys(`${prefix}:*`);
      expect(names.toSorted()).toEqual([`${prefix}:{topics}:last`, `${prefix}:{topics}:log`]);
      for (const name of names) {
        const ttl = await client.pTTL(name);
        expect(ttl).toBeGreaterThan(0);
        expect(ttl).toBeLessThanOrEqual(5_000);
      }
    });

    it.each([
      { entries: 0 },
      { entries: 1.5 },
      { historyMs: 0 },
      { blockMs: 0 },
      { blockMs: 5_000 },
      { timeoutMs: 0 },
      { timeoutMs: 2 ** 31 },
    ])("refuses options nobody can use: %o", async (options) => {
      const client = await connected();
      expect(() => redisTopicLog(client, options)).toThrow(DefinitionError);
    });

    it("refuses a client of another package", () => {
      const stranger = { sendCommand: () => Promise.resolve(), duplicate: () => stranger };
      // @ts-expect-error -- it is no client of `redis`
      expect(() => redisTopicLog(stranger)).toThrow(/`createClient` of the package `redis`/);
    });
  });

  it("holds a journal under one name that ends, readable from every node", async () => {
    const [one, other] = [await connected(), await connected()];
    const prefix = nextPrefix();
    await redisJournalStore(one, { prefix }).append("stream 1", 0, "one", 5_000);
    expect(await redisJournalStore(other, { prefix }).read("stream 1", 0)).toEqual(["one"]);
    expect(await one.keys(`${prefix}:*`)).toEqual([`${prefix}:journal:stream 1`]);
    expect(await one.pTTL(`${prefix}:journal:stream 1`)).toBeGreaterThan(0);
  });
});

/** How often Redis was asked one thing. */
async function commandCount(client: Client, command: string): Promise<number> {
  const stats = await client.info("commandstats");
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
