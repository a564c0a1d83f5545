import type { TopicFollower } from "hydrant";
import { redisTopicLog } from "hydrant/redis";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type CuttingProxy, openCuttingProxy } from "../support/cutting-proxy.js";
import { startRedis, type TestRedis } from "../support/redis.js";
import { chosenSeed, seeded } from "../support/seeded.js";

const PATIENT = { timeout: 20_000 };
let redis: TestRedis;
let way: CuttingProxy;

beforeAll(async () => {
  redis = await startRedis();
  way = await openCuttingProxy(Number(new URL(redis.url).port));
});
afterAll(async () => {
  await way.close();
  await redis.stop();
});

/** The client of an application, through the way that is cut. */
async function connected() {
  const client = createClient({ url: `redis://127.0.0.1:${way.port}`, disableOfflineQueue: true });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}

function counter(): TopicFollower & { readonly said: string[] } {
  const said: string[] = [];
  return {
    said,
    entry: ({ data }) => void said.push(data),
    gap: () => void said.push("gap"),
    down: () => void said.push("down"),
    up: () => void said.push("up"),
  };
}

it("a follower whose connection is cut again and again holds one connection, and none once it is stopped", async () => {
  const client = await connected();
  const told = counter();
  const stop = await redisTopicLog(client).follow(told);
  const random = seeded(chosenSeed(undefined));
  for (let round = 1; round <= 10; round++) {
    way.cut(random, 1);
    await expect.poll(() => told.said.filter((word) => word === "up"), PATIENT).toHaveLength(round);
    await expect.poll(() => client.isReady, PATIENT).toBe(true);
  }
  await expect.poll(() => way.open, PATIENT).toBe(2);
  await stop();
  await expect.poll(() => way.open, PATIENT).toBe(1);
});

it("a follower that is stopped in the midst of connecting leaves no connection behind", async () => {
  const client = await connected();
  const log = redisTopicLog(client);
  const random = seeded(chosenSeed(undefined));
  for (let round = 0; round < 20; round++) {
    const stop = await log.follow(counter());
    way.cut(random, 1);
    await new Promise((resolve) => setTimeout(resolve, random.whole(0, 120)));
    await stop();
    await expect.poll(() => client.isReady, PATIENT).toBe(true);
  }
  await expect.poll(() => way.open, PATIENT).toBe(1);
});
