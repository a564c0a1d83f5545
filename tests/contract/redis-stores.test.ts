import { DefinitionError, type ReceiptStore, type StateStore } from "hydrant";
import {
  type RedisReceiptOptions,
  redisReceiptStore,
  redisSessionStore,
  redisStateStore,
  redisStores,
} from "hydrant/redis";
import Koa, { type Context } from "koa";
import { createSession } from "koa-session";
import { createClient, type RedisClientOptions } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Listening, listen } from "../support/http.js";
import { startRedis, type TestRedis } from "../support/redis.js";
import { receiptStoreContract, says } from "./receipt-store.contract.js";
import { redisTime } from "./redis-time.js";
import { stateStoreContract } from "./state-store.contract.js";

const PATIENT = { timeout: 20_000 };
const STARTED = { status: "started" };

type Client = ReturnType<typeof createClient>;
type ClientOptions = Omit<RedisClientOptions, "RESP"> & { readonly RESP?: 2 | 3 };

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
  onTestFinished(() => {
    // Version 5 of the package throws for one that a test has ended.
    if (client.isOpen) client.destroy();
  });
  return client;
}

const CLIENTS: readonly (readonly [name: string, options: ClientOptions])[] = [
  ["Redis", {}],
  ["Redis over the older protocol", { RESP: 2 }],
  ["Redis through a client that reads texts as bytes", { commandOptions: { typeMapping: { 36: Buffer } } }],
];

for (const [name, options] of CLIENTS) {
  stateStoreContract(name, async () => {
    const client = await connected(options);
    const prefix = nextPrefix();
    const { ttl, pass } = redisTime(await connected(), prefix);
    const { read, write, remove } = redisStateStore(client, { prefix });
    const store: StateStore = { read, write: (key, data, at, ms) => write(key, data, at, ttl(ms)), remove };
    return { store, pass };
  });

  receiptStoreContract(name, async () => {
    const client = await connected(options);
    const prefix = nextPrefix();
    const { ttl, pass } = redisTime(await connected(), prefix);
    const { begin, finish, abandon } = redisReceiptStore(client, { prefix });
    const store: ReceiptStore = { begin: (key, digest, ms) => begin(key, digest, ttl(ms)), finish, abandon };
    return { store, pass };
  });
}

describe("state in Redis", () => {
  it("is shared by nodes, of which one of fifty writes with the same version", async () => {
    const prefix = nextPrefix();
    const nodes = [redisStateStore(await connected(), { prefix }), redisStateStore(await connected(), { prefix })];
    await nodes[0]?.write("a", "start", 0, 60_000);
    const writes = Array.from({ length: 25 }, (_, n) =>
      nodes.map((node, at) => node.write("a", `${at} ${n}`, 1, 60_000)),
    );
    expect((await Promise.all(writes.flat())).filter(Boolean)).toHaveLength(1);
    expect(await nodes[1]?.read("a")).toMatchObject({ version: 2 });
    expect(await nodes[0]?.read("a")).toEqual(await nodes[1]?.read("a"));
  });

  it("takes any text as a key and mixes none of them up, under short names that all end", async () => {
    const client = await connected();
    const prefix = nextPrefix();
    const store = redisStateStore(client, { prefix });
    const keys = ["", " ", "a", "A", "a\u0000", "{a}", "*", "#", "\ud83d", "\ude00", "\ufffd", "x".repeat(9_999)];
    for (const [n, key] of keys.entries()) expect(await store.write(key, `state ${n}`, 0, 60_000)).toBe(true);
    for (const [n, key] of keys.entries()) expect(await store.read(key)).toEqual({ version: 1, data: `state ${n}` });
    const names = await client.keys(`${prefix}:*`);
    expect(names).toHaveLength(keys.length);
    for (const name of names) {
      expect(name.length).toBeLessThan(300);
      expect(name.startsWith(`${prefix}:state:`)).toBe(true);
      expect(await client.pTTL(name)).toBeGreaterThan(0);
    }
  });

  it("keeps half a megabyte", async () => {
    const store = redisStateStore(await connected(), { prefix: nextPrefix() });
    const data = "ü".repeat(262_144);
    expect(await store.write("a", data, 0, 60_000)).toBe(true);
    expect(await store.read("a")).toEqual({ version: 1, data });
  });
});

describe("receipts in Redis", () => {
  async function node(prefix: string, options: RedisReceiptOptions = {}): Promise<ReceiptStore> {
    return redisReceiptStore(await connected(), { prefix, ...options });
  }

  /** How many scripts Redis has run. */
  async function evalCount(client: Client): Promise<number> {
    return Number(/cmdstat_eval:calls=(\d+)/.exec(await client.info("commandstats"))?.[1] ?? 0);
  }

  /** What a promise has come to so far. */
  function soFar<T>(work: Promise<T>): () => T | "waits" {
    let value: T | "waits" = "waits";
    work.then(
      (result) => {
        value = result;
      },
      () => {},
    );
    return () => value;
  }

  it("let one of fifty callers on two nodes start, and give the others its answer", async () => {
    const prefix = nextPrefix();
    const nodes = [await node(prefix), await node(prefix)];
    const begun = Array.from({ length: 25 }, () => nodes.map((one) => one.begin("k", "digest", 60_000))).flat();
    const first = await Promise.race(begun.map((one, n) => one.then(({ status }) => ({ status, n }))));
    expect(first.status).toBe("started");
    await nodes[first.n % 2]?.finish("k", says("the answer"));
    const all = await Promise.all(begun);
    expect(all.filter(({ status }) => status === "started")).toHaveLength(1);
    expect(all.filter((one) => one.status === "done")).toEqual(
      Array.from({ length: 49 }, () => ({ status: "done", receipt: says("the answer") })),
    );
  });

  it("let the next caller start on another node when the first gave up", async () => {
    const prefix = nextPrefix();
    const [one, other] = [await node(prefix), await node(prefix)];
    expect(await one.begin("k", "digest", 60_000)).toEqual(STARTED);
    const waiting = other.begin("k", "digest", 60_000);
    await one.abandon("k");
    expect(await waiting).toEqual(STARTED);
  });

  it("free an intent whose node died, when its lease is over and not before", async () => {
    const prefix = nextPrefix();
    const client = await connected();
    expect(await redisReceiptStore(client, { prefix, leaseMs: 20_000 }).begin("k", "digest", 60_000)).toEqual(STARTED);
    client.destroy();
    const watch = await connected();
    expect(await watch.pTTL(`${prefix}:receipt:k`)).toBeLessThanOrEqual(20_000);
    const waiting = soFar((await node(prefix)).begin("k", "digest", 60_000));
    // It has asked a few times.
    const asked = await evalCount(watch);
    await expect.poll(() => evalCount(watch), PATIENT).toBeGreaterThan(asked + 3);
    expect(waiting()).toBe("waits");
    await watch.pExpire(`${prefix}:receipt:k`, 50);
    await expect.poll(waiting, PATIENT).toEqual(STARTED);
  });

  it("keep an intent whose node lives, also when it lasts longer than its lease", async () => {
    const prefix = nextPrefix();
    const [one, other] = [await node(prefix, { leaseMs: 6_000 }), await node(prefix)];
    const watch = await connected();
    const left = () => watch.pTTL(`${prefix}:receipt:k`);
    expect(await one.begin("k", "digest", 60_000)).toEqual(STARTED);
    const waiting = other.begin("k", "digest", 60_000);
    for (let renewed = 0; renewed < 3; renewed++) {
      await expect.poll(left, { ...PATIENT, interval: 20 }).toBeLessThan(4_800);
      await expect.poll(left, { ...PATIENT, interval: 20 }).toBeGreaterThan(4_800);
    }
    expect(soFar(waiting)()).toBe("waits");
    await one.finish("k", says("late"));
    expect(await waiting).toEqual({ status: "done", receipt: says("late") });
    // The receipt has its own time, which no renewal cuts short.
    expect(await left()).toBeGreaterThan(30_000);
  });

  it("note the end of an intent whose lease was over, where nobody else began", async () => {
    const prefix = nextPrefix();
    const [one, other] = [await node(prefix), await node(prefix)];
    await one.begin("k", "digest", 60_000);
    await (await connected()).del(`${prefix}:receipt:k`);
    await one.finish("k", says("done all the same"));
    expect(await other.begin("k", "digest", 60_000)).toEqual({ status: "done", receipt: says("done all the same") });
  });

  describe.each([
    ["finishes", (store: ReceiptStore) => store.finish("k", says("too late"))],
    ["gives up", (store: ReceiptStore) => store.abandon("k")],
  ])("when a node %s after its lease was over", (_what, end) => {
    it("leave alone what another node began since", async () => {
      const prefix = nextPrefix();
      const [late, other, third] = [await node(prefix), await node(prefix), await node(prefix)];
      await late.begin("k", "digest", 60_000);
      await (await connected()).del(`${prefix}:receipt:k`);
      expect(await other.begin("k", "digest", 60_000)).toEqual(STARTED);
      await end(late);
      const waiting = third.begin("k", "digest", 60_000);
      await other.finish("k", says("the answer"));
      expect(await waiting).toEqual({ status: "done", receipt: says("the answer") });
    });

    it("leave alone what another node finished since", async () => {
      const prefix = nextPrefix();
      const [late, other, third] = [await node(prefix), await node(prefix), await node(prefix)];
      await late.begin("k", "digest", 60_000);
      await (await connected()).del(`${prefix}:receipt:k`);
      await other.begin("k", "digest", 60_000);
      await other.finish("k", says("the answer"));
      await end(late);
      expect(await third.begin("k", "digest", 60_000)).toEqual({ status: "done", receipt: says("the answer") });
    });
  });

  it("lie under a digest where a key is no plain text, and let no key stay", async () => {
    const prefix = nextPrefix();
    const client = await connected();
    const store = redisReceiptStore(client, { prefix });
    await store.begin("user-5\0counter\0c-1\0intent", "digest", 60_000);
    const running = await client.keys(`${prefix}:*`);
    expect(running).toHaveLength(1);
    expect(running[0]).toMatch(/:receipt:#[\w-]{43}$/);
    expect(await client.pTTL(running[0] ?? "")).toBeGreaterThan(0);
    await store.finish("user-5\0counter\0c-1\0intent", says("done"));
    expect(await client.keys(`${prefix}:*`)).toEqual(running);
    expect(await client.pTTL(running[0] ?? "")).toBeGreaterThan(0);
  });
});

describe("the options of a server", () => {
  it("get all four stores of one Redis, apart by name", async () => {
    const client = await connected();
    const prefix = nextPrefix();
    const { topicLog, journalStore, stateStore, receiptStore, ...rest } = redisStores(client, { prefix });
    expect(rest).toEqual({});
    await topicLog.publish("k", "data");
    await journalStore.append("k", 0, "entry", 60_000);
    await stateStore.write("k", "state", 0, 60_000);
    await receiptStore.begin("k", "digest", 60_000);
    const names = await client.keys(`${prefix}:*`);
    const kinds = ["journal:k", "receipt:k", "state:k", "{topics}:last", "{topics}:log"];
    expect(new Set(names)).toEqual(new Set(kinds.map((kind) => `${prefix}:${kind}`)));
    for (const name of names) expect(await client.pTTL(name)).toBeGreaterThan(0);
  });

  it("refuse a lease or a time nobody can use", async () => {
    const client = await connected();
    for (const options of [{ leaseMs: 0 }, { leaseMs: 2 ** 31 }, { timeoutMs: 0 }, { entries: 0 }]) {
      expect(() => redisStores(client, options)).toThrow(DefinitionError);
    }
    expect(() => redisSessionStore(client, { ttlMs: 0 })).toThrow(DefinitionError);
  });
});

interface Visitor {
  /** Visits a page with the cookies it has. */
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  readonly cookies: Map<string, string>;
}

function visitor(site: () => Listening): Visitor {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async get(path) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const { status, body, headers } = await site().request({ path, headers: cookie === "" ? {} : { cookie } });
      for (const line of headers["set-cookie"] ?? []) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === "") cookies.delete(name);
        else cookies.set(name, value);
      }
      return { status, body };
    },
  };
}

describe("sessions of koa-session in Redis", () => {
  /** One process of an application that counts a person's visits. */
  async function openNode(prefix: string, maxAge: number | "session" = 60_000): Promise<Listening> {
    const app = new Koa();
    app.keys = ["a key of this test, which is long enough"];
    app.silent = true;
    const store = redisSessionStore(await connected(), { prefix, ttlMs: 30_000 });
    app.use(createSession({ store, maxAge }, app));
    app.use((ctx: Context & { session?: { visits?: number } | null }) => {
      if (ctx.path === "/out") ctx.session = null;
      else if (ctx.path === "/anew") return renew(ctx);
      else if (ctx.session != null) ctx.session.visits = (ctx.session.visits ?? 0) + 1;
      ctx.body = String(ctx.session?.visits ?? "signed out");
    });
    const site = await listen(app.callback());
    onTestFinished(() => site.close());
    return site;
  }

  async function renew(ctx: Context): Promise<void> {
    await (ctx.session as { regenerate(): Promise<void> }).regenerate();
    ctx.body = "renewed";
  }

  it("follow a person from node to node", async () => {
    const prefix = nextPrefix();
    const nodes = [await openNode(prefix), await openNode(prefix)] as const;
    let turn = 0;
    const person = visitor(() => nodes[turn++ % 2 === 0 ? 0 : 1]);
    const bodies: string[] = [];
    for (let n = 0; n < 4; n++) bodies.push((await person.get("/")).body);
    expect(bodies).toEqual(["1", "2", "3", "4"]);
    // The page holds the name of the session, not what is in it.
    expect([...person.cookies.values()].join()).not.toContain("visits");
    expect((await visitor(() => nodes[0]).get("/")).body).toBe("1");
  });

  it("are gone for every node when the person signs out", async () => {
    const prefix = nextPrefix();
    const nodes = [await openNode(prefix), await openNode(prefix)] as const;
    const person = visitor(() => nodes[0]);
    await person.get("/");
    const before = new Map(person.cookies);
    expect((await person.get("/out")).body).toBe("signed out");
    // Somebody who kept the cookie does not come back with it.
    const thief = visitor(() => nodes[1]);
    for (const [name, value] of before) thief.cookies.set(name, value);
    expect((await thief.get("/")).body).toBe("1");
    const client = await connected();
    expect((await client.keys(`${prefix}:*`)).length).toBe(1);
  });

  it("get a new name and lose the old one when the application asks for it, as it does at sign-in", async () => {
    const prefix = nextPrefix();
    const site = await openNode(prefix);
    const person = visitor(() => site);
    await person.get("/");
    const client = await connected();
    const [before] = await client.keys(`${prefix}:*`);
    expect((await person.get("/anew")).body).toBe("renewed");
    const after = await client.keys(`${prefix}:*`);
    expect(after).toHaveLength(1);
    expect(after).not.toContain(before);
    expect((await person.get("/")).body).toBe("2");
  });

  it.each([
    ["the time of the cookie", 600_000, 610_000],
    ["the time of the store, where the cookie has none", "session", 30_000],
  ] as const)("end with %s", async (_what, maxAge, most) => {
    const prefix = nextPrefix();
    const site = await openNode(prefix, maxAge);
    const person = visitor(() => site);
    await person.get("/");
    const client = await connected();
    const [name = ""] = await client.keys(`${prefix}:session:*`);
    const ttl = await client.pTTL(name);
    expect(ttl).toBeGreaterThan(most - 29_000);
    expect(ttl).toBeLessThanOrEqual(most);
    await client.pExpire(name, -1);
    expect((await person.get("/")).body).toBe("1");
  });

  it("begin anew where Redis holds something else under the name", async () => {
    const prefix = nextPrefix();
    const site = await openNode(prefix);
    const person = visitor(() => site);
    const client = await connected();
    for (const text of ["", "no JSON", "5", "null", "[1]", '"text"']) {
      await person.get("/");
      for (const name of await client.keys(`${prefix}:session:*`)) await client.set(name, text);
      expect(await person.get("/")).toEqual({ status: 200, body: "1" });
    }
  });

  it("fail the request, and do not make a stranger of the person, while Redis is gone", async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    const client = createClient({ url: own.url, disableOfflineQueue: true });
    client.on("error", () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    const store = redisSessionStore(client, { timeoutMs: 300 });
    await store.set("id", { visits: 1 }, 60_000);
    own.pause();
    await expect(store.get("id")).rejects.toThrow(/no answer from Redis within 300 ms/);
    own.resume();
    await expect.poll(() => store.get("id").catch(() => "failed"), PATIENT).toEqual({ visits: 1 });
    await own.kill();
    await expect.poll(() => store.get("id").catch(() => "failed"), PATIENT).toBe("failed");
    await expect(store.set("id", {}, 60_000)).rejects.toThrow(/not connected/);
    await expect(store.destroy("id")).rejects.toThrow(/not connected/);
  });
});
