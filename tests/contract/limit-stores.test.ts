import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DefinitionError, type LimitStore } from "hydrant";
import { memoryLimitStore, redisLimitStore } from "hydrant/limits";
import { createClient, type RedisClientOptions } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.js";
import { limitStoreContract } from "./limit-store.contract.js";

const ONCE = { points: 1, seconds: 3_600 };
const DAY = 86_400;

limitStoreContract("memory", () => memoryLimitStore());
limitStoreContract("memory with room for few keys", () => memoryLimitStore({ maxKeys: 40 }));

describe("a limit store in memory", () => {
  async function isAllowed(store: LimitStore, key: string): Promise<boolean> {
    return (await store.consume(key, ONCE)).allowed;
  }

  it("keeps so many counts, and forgets those that began first", async () => {
    const store = memoryLimitStore({ maxKeys: 3 });
    for (const key of ["a", "b", "c", "a", "d"]) await store.consume(key, ONCE);
    // Refused calls did not bring "a" forward.
    expect([await isAllowed(store, "b"), await isAllowed(store, "c"), await isAllowed(store, "d")]).toEqual([
      false,
      false,
      false,
    ]);
    expect(await isAllowed(store, "a")).toBe(true);
  });

  it("counts the keys of all windows together", async () => {
    const store = memoryLimitStore({ maxKeys: 3 });
    await store.consume("a", ONCE);
    for (const points of [2, 3, 4]) await store.consume("a", { points, seconds: 60 });
    expect(await isAllowed(store, "a")).toBe(true);
  });

  it("keeps 100,000 counts where nothing else is said", async () => {
    const store = memoryLimitStore();
    for (let n = 0; n < 100_000; n++) await store.consume(`caller ${n}`, ONCE);
    expect(await isAllowed(store, "caller 0")).toBe(false);
    expect(await isAllowed(store, "one more")).toBe(true);
    expect(await isAllowed(store, "caller 1")).toBe(false);
    expect(await isAllowed(store, "caller 0")).toBe(true);
    expect(await isAllowed(store, "caller 1")).toBe(true);
  });

  it("goes on counting through more windows than it keeps limiters for", async () => {
    const store = memoryLimitStore();
    await store.consume("a", ONCE);
    for (let points = 2; points < 2_000; points++) await store.consume("a", { points, seconds: 60 });
    expect(await isAllowed(store, "a")).toBe(false);
  });

  it("does not keep the process alive for a window that still lasts", async () => {
    const program = [
      'import { memoryLimitStore } from "hydrant/limits";',
      `const verdict = await memoryLimitStore().consume("a", ${JSON.stringify(ONCE)});`,
      "console.log(verdict.allowed);",
    ];
    const args = ["--input-type=module", "--eval", program.join("\n")];
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    expect(stdout).toBe("true\n");
  });

  it("says so when a window is longer than a timer holds, rather than ending it at once", async () => {
    const store = memoryLimitStore();
    await expect(store.consume("a", { points: 1, seconds: 30 * DAY })).rejects.toThrow(DefinitionError);
    expect((await store.consume("a", { points: 1, seconds: 24 * DAY })).resetMs).toBe(24 * DAY * 1000);
    expect((await store.consume("a", { points: 1, seconds: 24 * DAY })).allowed).toBe(false);
  });

  it("refuses a bound that holds nothing", () => {
    expect(() => memoryLimitStore({ maxKeys: 0 })).toThrow(DefinitionError);
  });
});

type Client = ReturnType<typeof createClient>;
type ClientOptions = Omit<RedisClientOptions, "RESP"> & { readonly RESP?: 2 | 3 };

const ADVISED = { disableOfflineQueue: true, commandsQueueMaxLength: 10_000 };
const MINUTE = { points: 20, seconds: 60 };

function clientOf(redis: TestRedis, options: ClientOptions = ADVISED): Client {
  const client = createClient({ url: redis.url, ...options }) as Client;
  // Every failed attempt to connect is told here; the tests look at what calls say.
  client.on("error", () => {});
  onTestFinished(() => client.destroy());
  return client;
}

async function connected(redis: TestRedis, options?: ClientOptions): Promise<Client> {
  const client = clientOf(redis, options);
  await client.connect();
  return client;
}

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

  limitStoreContract("Redis", async () => redisLimitStore(await connected(redis), { prefix: nextPrefix() }));
  limitStoreContract("Redis over the older protocol", async () =>
    redisLimitStore(await connected(redis, { RESP: 2 }), { prefix: nextPrefix() }),
  );

  it("shares a count between nodes, exactly", async () => {
    const prefix = nextPrefix();
    const nodes = [
      redisLimitStore(await connected(redis), { prefix }),
      redisLimitStore(await connected(redis), { prefix }),
    ];
    const calls = Array.from({ length: 25 }, () => nodes.map((node) => node.consume("a", MINUTE))).flat();
    const verdicts = await Promise.all(calls);
    expect(verdicts).toHaveLength(50);
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(20);
  });

  it("begins every name in Redis with the prefix, and lets no key stay", async () => {
    const client = await connected(redis);
    const prefix = nextPrefix();
    const stores = [redisLimitStore(client, { prefix }), redisLimitStore(client)];
    for (const store of stores) {
      for (const key of ["user 5", "\u{1f600}"]) for (let n = 0; n < 3; n++) await store.consume(key, ONCE);
    }
    const names = [...(await client.keys(`${prefix}:*`)), ...(await client.keys("hydrant:limit:*"))];
    expect(names).toHaveLength(4);
    expect(names).toEqual(expect.arrayContaining([`${prefix}:1/3600:user 5`, "hydrant:limit:1/3600:user 5"]));
    for (const name of names) expect(await client.pTTL(name)).toBeGreaterThan(0);
  });

  it("counts a month", async () => {
    const store = redisLimitStore(await connected(redis), { prefix: nextPrefix() });
    const month = { points: 1, seconds: 30 * DAY };
    expect((await store.consume("a", month)).resetMs).toBe(30 * DAY * 1000);
    expect((await store.consume("a", month)).allowed).toBe(false);
  });

  it("refuses a time to answer that no timer holds", async () => {
    const client = await connected(redis);
    expect(() => redisLimitStore(client, { timeoutMs: 0 })).toThrow(DefinitionError);
    expect(() => redisLimitStore(client, { timeoutMs: 2 ** 31 })).toThrow(DefinitionError);
  });
});

describe("when Redis is gone", () => {
  async function ownRedis(): Promise<TestRedis> {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    return redis;
  }

  /** What a call came to, for waiting until it comes to something else. */
  function outcome(store: LimitStore): () => Promise<string> {
    return () =>
      store.consume("a", MINUTE).then(
        ({ allowed }) => (allowed ? "allowed" : "refused"),
        () => "failed",
      );
  }

  it("fails at once before the client is connected, also where the client would let commands wait", async () => {
    const redis = await ownRedis();
    for (const options of [ADVISED, {}]) {
      const client = clientOf(redis, options);
      const store = redisLimitStore(client);
      await expect(store.consume("a", MINUTE)).rejects.toThrow(/not ready/);
      await client.connect();
      expect((await store.consume("a", MINUTE)).allowed).toBe(true);
    }
  });

  it.each([
    ["as advised", ADVISED],
    ["with no options", {}],
  ])("fails after a crash, and counts again once Redis is back: a client %s", async (_how, options) => {
    const redis = await ownRedis();
    const store = redisLimitStore(await connected(redis, options));
    expect(await store.consume("a", { points: 1, seconds: 60 })).toMatchObject({ allowed: true });
    await redis.kill();
    for (let n = 0; n < 3; n++) await expect(store.consume("a", MINUTE)).rejects.toThrow(Error);
    await redis.start();
    await expect.poll(outcome(store), { timeout: 20_000 }).toBe("allowed");
    // It came back empty.
    expect(await store.consume("a", { points: 1, seconds: 60 })).toMatchObject({ allowed: true });
  });

  it("fails when Redis hangs, and counts again once it goes on", async () => {
    const redis = await ownRedis();
    const store = redisLimitStore(await connected(redis), { timeoutMs: 100 });
    expect(await outcome(store)()).toBe("allowed");
    redis.pause();
    await expect.poll(outcome(store), { timeout: 20_000 }).toBe("failed");
    await expect(store.consume("a", MINUTE)).rejects.toThrow(/timed out/);
    redis.resume();
    await expect.poll(outcome(store), { timeout: 20_000 }).toBe("allowed");
  });

  it("fails a call that is in hand when Redis crashes, long before its time is over", async () => {
    const redis = await ownRedis();
    const client = await connected(redis);
    redis.pause();
    await expect.poll(outcome(redisLimitStore(client, { timeoutMs: 50 })), { timeout: 20_000 }).toBe("failed");
    const inHand = expect(redisLimitStore(client, { timeoutMs: 3_600_000 }).consume("a", MINUTE)).rejects.toThrow(
      Error,
    );
    await redis.kill();
    await inHand;
  });

  it("fails at once when as many calls wait for a Redis that hangs as the client lets wait", async () => {
    const redis = await ownRedis();
    const client = await connected(redis, { ...ADVISED, commandsQueueMaxLength: 10 });
    redis.pause();
    await expect.poll(outcome(redisLimitStore(client, { timeoutMs: 50 })), { timeout: 20_000 }).toBe("failed");
    const store = redisLimitStore(client, { timeoutMs: 3_600_000 });
    const calls = Array.from({ length: 11 }, () => store.consume("a", MINUTE));
    const settled = Promise.allSettled(calls);
    await expect(calls.at(-1)).rejects.toThrow(/queue is full/);
    redis.resume();
    expect((await settled)[0]).toMatchObject({ status: "fulfilled", value: { allowed: true } });
  });
});
