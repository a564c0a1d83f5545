import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { TopicEntry, TopicFollower, TopicLog } from "hydrant";
import { redisJournalStore, redisReceiptStore, redisStateStore, redisTopicLog } from "hydrant/redis";
import { createClient } from "redis";
import { describe, expect, it, onTestFinished } from "vitest";
import { startRedis, type TestRedis } from "../support/redis.js";

const PATIENT = { timeout: 25_000 };
const TEST = { timeout: 60_000 };
type Client = ReturnType<typeof createClient>;

async function ownRedis(): Promise<TestRedis> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return redis;
}

/** The client of one node. Every failed attempt to connect is told to its listener; the tests look at what calls say. */
function clientOf(url: string): Client {
  const client = createClient({ url, disableOfflineQueue: true, commandsQueueMaxLength: 10_000 }) as Client;
  client.on("error", () => {});
  onTestFinished(() => client.destroy());
  return client;
}

async function connected(url: string): Promise<Client> {
  const client = clientOf(url);
  await client.connect();
  return client;
}

interface Told {
  readonly entries: TopicEntry[];
  /** `entry DATA`, `gap`, `down` and `up`, in the order they were told. */
  readonly all: string[];
  /** All but the entries. */
  words(): string[];
  data(): string[];
  /** When each word was told, in milliseconds. */
  readonly times: Map<string, number>;
}

function listener(): Told & TopicFollower {
  const entries: TopicEntry[] = [];
  const all: string[] = [];
  const times = new Map<string, number>();
  const tell = (word: string) => {
    all.push(word);
    times.set(word, performance.now());
  };
  return {
    entries,
    all,
    times,
    words: () => all.filter((word) => !word.startsWith("entry ")),
    data: () => entries.map(({ data }) => data),
    entry(entry) {
      entries.push(entry);
      all.push(`entry ${entry.data}`);
    },
    gap: () => tell("gap"),
    down: () => tell("down"),
    up: () => tell("up"),
  };
}

async function follow(log: TopicLog): Promise<Told> {
  const told = listener();
  onTestFinished(await log.follow(told));
  return told;
}

/** Publishes until it succeeds, as nobody should do who minds that it may be there twice. */
async function publishSoon(log: TopicLog, data: string): Promise<void> {
  const attempt = () =>
    log.publish("t", data).then(
      () => true,
      () => false,
    );
  await expect.poll(attempt, PATIENT).toBe(true);
}

function numbers(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, n) => String(first + n));
}

/** A way to Redis that can be cut, or hold back what goes through it. */
interface Way {
  readonly url: string;
  /** Ends all connections, and refuses new ones until it is mended. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  hold(): void;
  release(): void;
}

async function wayTo(redis: TestRedis): Promise<Way> {
  const { port: target } = new URL(redis.url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target), "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const open = async (port: number) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await open(0);
  onTestFinished(cut);
  return {
    url: `redis://127.0.0.1:${port}`,
    cut,
    mend: async () => void (await open(port)),
    hold: () => sockets.forEach((socket) => void socket.pause()),
    release: () => sockets.forEach((socket) => void socket.resume()),
  };
}

describe("a log whose Redis is killed", TEST, () => {
  it("says `down` once, then `gap` because it came back empty, then `up`, and goes on", async () => {
    const redis = await ownRedis();
    const logs = [redisTopicLog(await connected(redis.url)), redisTopicLog(await connected(redis.url))] as const;
    const followers = [await follow(logs[0]), await follow(logs[1])];
    await logs[0].publish("t", "before");
    for (const told of followers) await expect.poll(told.data, PATIENT).toEqual(["before"]);
    await redis.kill();
    for (const told of followers) await expect.poll(told.words, PATIENT).toEqual(["down"]);
    await expect(logs[0].publish("t", "lost")).rejects.toThrow(Error);
    await redis.start();
    for (const told of followers) await expect.poll(told.words, PATIENT).toEqual(["down", "gap", "up"]);
    for (const [n, log] of logs.entries()) await publishSoon(log, `after ${n}`);
    for (const told of followers) await expect.poll(told.data, PATIENT).toEqual(["before", "after 0", "after 1"]);
    for (const told of followers) {
      expect(told.all).toEqual(["entry before", "down", "gap", "up", "entry after 0", "entry after 1"]);
    }
  });

  it("says no `gap` where there was never anything to lose", async () => {
    const redis = await ownRedis();
    const log = redisTopicLog(await connected(redis.url));
    const told = await follow(log);
    await redis.kill();
    await expect.poll(told.words, PATIENT).toEqual(["down"]);
    await redis.start();
    await expect.poll(told.words, PATIENT).toEqual(["down", "up"]);
    await publishSoon(log, "first");
    await expect.poll(told.data, PATIENT).toEqual(["first"]);
  });

  it("says it all again the next time, and stops while Redis is gone", async () => {
    const redis = await ownRedis();
    const log = redisTopicLog(await connected(redis.url));
    const told = listener();
    const stop = await log.follow(told);
    for (const round of [1, 2]) {
      await publishSoon(log, `round ${round}`);
      await expect.poll(() => told.data().at(-1), PATIENT).toBe(`round ${round}`);
      await redis.kill();
      await expect.poll(() => told.words().at(-1), PATIENT).toBe("down");
      if (round === 1) await redis.start();
      if (round === 1) await expect.poll(() => told.words().at(-1), PATIENT).toBe("up");
    }
    expect(told.words()).toEqual(["down", "gap", "up", "down"]);
    await stop();
    await redis.start();
    await publishSoon(log, "nobody listens");
    expect(told.words()).toEqual(["down", "gap", "up", "down"]);
  });
});

describe("a log whose Redis hangs", TEST, () => {
  it("is found out within 5 seconds by both ends, and nothing is lost or given twice when Redis goes on", async () => {
    const redis = await ownRedis();
    const logs = [redisTopicLog(await connected(redis.url)), redisTopicLog(await connected(redis.url))] as const;
    const followers = [await follow(logs[0]), await follow(logs[1])];
    for (const one of numbers(20)) await logs[0].publish("t", one);
    for (const told of followers) await expect.poll(told.data, PATIENT).toEqual(numbers(20));
    redis.pause();
    const paused = performance.now();
    // It is not known whether this one gets there.
    await expect(logs[0].publish("t", "doubtful")).rejects.toThrow(/no answer from Redis within 1500 ms/);
    expect(performance.now() - paused).toBeLessThan(5_000);
    for (const told of followers) {
      await expect.poll(told.words, { ...PATIENT, interval: 10 }).toEqual(["down"]);
      expect((told.times.get("down") ?? Number.POSITIVE_INFINITY) - paused).toBeLessThan(5_000);
    }
    redis.resume();
    for (const told of followers) await expect.poll(told.words, PATIENT).toEqual(["down", "up"]);
    for (const one of numbers(20, 20)) await publishSoon(logs[1], one);
    for (const told of followers) await expect.poll(() => told.data().at(-1), PATIENT).toBe("39");
    for (const told of followers) {
      const data = told.data();
      expect(data.filter((one) => one !== "doubtful")).toEqual(numbers(40));
      expect(data.filter((one) => one === "doubtful").length).toBeLessThanOrEqual(1);
      expect(told.words()).toEqual(["down", "up"]);
    }
    expect(followers[0]?.entries).toEqual(followers[1]?.entries);
  });

  it("stays `down` while it hangs on, whoever connects in the meantime", async () => {
    const redis = await ownRedis();
    const log = redisTopicLog(await connected(redis.url), { blockMs: 100 });
    const told = await follow(log);
    redis.pause();
    await expect.poll(told.words, PATIENT).toEqual(["down"]);
    // A connection to it is taken, and answered by nobody.
    await expect(log.follow(listener())).rejects.toThrow(/connecting: no answer from Redis within 2000 ms/);
    expect(told.words()).toEqual(["down"]);
    redis.resume();
    await expect.poll(told.words, PATIENT).toEqual(["down", "up"]);
    expect((await follow(log)).words()).toEqual([]);
  });

  it("can be stopped", async () => {
    const redis = await ownRedis();
    const log = redisTopicLog(await connected(redis.url), { blockMs: 100 });
    const [early, late] = [listener(), listener()];
    const stops = [await log.follow(early), await log.follow(late)];
    redis.pause();
    await stops[0]?.();
    await expect.poll(late.words, PATIENT).toEqual(["down"]);
    await stops[1]?.();
    expect(early.words()).toEqual([]);
  });
});

describe("a log that was out of reach", TEST, () => {
  it("gives what was missed, in order and once, where all of it is still held", async () => {
    const redis = await ownRedis();
    const way = await wayTo(redis);
    const here = redisTopicLog(await connected(redis.url));
    const told = await follow(redisTopicLog(await connected(way.url)));
    await here.publish("t", "0");
    await expect.poll(told.data, PATIENT).toEqual(["0"]);
    for (const round of [0, 1, 2]) {
      await way.cut();
      await expect.poll(() => told.words().at(-1), PATIENT).toBe("down");
      for (const one of numbers(250, 1 + round * 250)) await here.publish("t", one);
      await way.mend();
      await expect.poll(() => told.words().at(-1), PATIENT).toBe("up");
    }
    await expect.poll(told.data, PATIENT).toEqual(numbers(751));
    expect(told.words()).toEqual(["down", "up", "down", "up", "down", "up"]);
  });

  it("says `gap` before it goes on where the log was trimmed past it, and gives what is held", async () => {
    const redis = await ownRedis();
    const way = await wayTo(redis);
    const here = redisTopicLog(await connected(redis.url), { entries: 200 });
    const told = await follow(redisTopicLog(await connected(way.url)));
    await here.publish("t", "read");
    await expect.poll(told.data, PATIENT).toEqual(["read"]);
    await way.cut();
    await expect.poll(told.words, PATIENT).toEqual(["down"]);
    for (const one of numbers(1_000)) await here.publish("t", one);
    await way.mend();
    await expect.poll(() => told.data().at(-1), PATIENT).toBe("999");
    expect(told.all.slice(0, 4)).toEqual(["entry read", "down", "gap", "up"]);
    expect(told.words()).toEqual(["down", "gap", "up"]);
    const [, ...held] = told.data();
    expect(held).toEqual(numbers(held.length, 1_000 - held.length));
    expect(held.length).toBeGreaterThanOrEqual(200);
  });

  it("says `gap` where it was read too slowly, although no connection broke", async () => {
    const redis = await ownRedis();
    const way = await wayTo(redis);
    const here = redisTopicLog(await connected(redis.url), { entries: 200 });
    const told = await follow(redisTopicLog(await connected(way.url)));
    await here.publish("t", "read");
    await expect.poll(told.data, PATIENT).toEqual(["read"]);
    way.hold();
    await Promise.all(numbers(2_000).map((one) => here.publish("t", one)));
    way.release();
    await expect.poll(() => told.data().at(-1), PATIENT).toBe("1999");
    expect(told.words()).toContain("gap");
    const data = told.data().slice(1).map(Number);
    expect(data).toEqual([...new Set(data)].toSorted((a, b) => a - b));
    // Where numbers are missing, it was said.
    const holes = data.filter((one, n) => one !== (data[n - 1] ?? -1) + 1).map((one) => `entry ${one}`);
    const said = told.all.filter((_word, n) => ["gap", "up"].includes(told.all[n - 1] ?? ""));
    expect(said).toEqual(expect.arrayContaining(holes));
    expect(holes.length).toBeGreaterThan(0);
  });
});

describe("a log whose Redis is not there from the beginning", TEST, () => {
  it("refuses to follow and to publish, and does both once Redis is there", async () => {
    const redis = await ownRedis();
    await redis.kill();
    const client = clientOf(redis.url);
    // The client tries again by itself, as it does in an application that starts before its Redis.
    const connecting = client.connect();
    const log = redisTopicLog(client);
    const told = listener();
    for (let n = 0; n < 2; n++) await expect(log.follow(told)).rejects.toThrow(/ECONNREFUSED/);
    await expect(log.publish("t", "lost")).rejects.toThrow(/not connected to Redis/);
    await redis.start();
    await connecting;
    onTestFinished(await log.follow(told));
    await log.publish("t", "first");
    await expect.poll(told.data, PATIENT).toEqual(["first"]);
    // A refusal is all that was said of the time before.
    expect(told.all).toEqual(["entry first"]);
  });
});

describe("the other stores", TEST, () => {
  it("reject while Redis hangs or is gone, and work again when it is back", async () => {
    const redis = await ownRedis();
    const client = await connected(redis.url);
    const options = { timeoutMs: 300 };
    const [states, journals] = [redisStateStore(client, options), redisJournalStore(client, options)];
    const receipts = redisReceiptStore(client, options);
    const calls = () => [
      states.read("a"),
      states.write("a", "data", 0, 60_000),
      states.remove("a"),
      journals.append("a", 0, "entry", 60_000),
      journals.read("a", 0),
      receipts.begin("fresh", "digest", 60_000),
    ];
    redis.pause();
    for (const call of await Promise.allSettled(calls())) {
      expect(call).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("within 300 ms") } });
    }
    await redis.kill();
    await expect.poll(() => client.isReady, PATIENT).toBe(false);
    for (const call of await Promise.allSettled(calls())) {
      expect(call).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("not connected") } });
    }
    await redis.start();
    await expect.poll(() => client.isReady, PATIENT).toBe(true);
    expect(await states.write("a", "data", 0, 60_000)).toBe(true);
    await journals.append("a", 0, "entry", 60_000);
    expect(await journals.read("a", 0)).toEqual(["entry"]);
    expect(await receipts.begin("fresh", "digest", 60_000)).toEqual({ status: "started" });
  });

  it("free an intent that was begun while Redis hung and answered too late", async () => {
    const redis = await ownRedis();
    const client = await connected(redis.url);
    const receipts = redisReceiptStore(client, { timeoutMs: 300, leaseMs: 3_600_000 });
    redis.pause();
    await expect(receipts.begin("k", "digest", 60_000)).rejects.toThrow(/no answer/);
    redis.resume();
    const again = redisReceiptStore(await connected(redis.url), { timeoutMs: 20_000 });
    expect(await again.begin("k", "digest", 60_000)).toEqual({ status: "started" });
  });
});
