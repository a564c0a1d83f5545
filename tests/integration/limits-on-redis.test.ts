import { systemClock } from "hydrant";
import { redisLimitStore } from "hydrant/limits";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { doorbellClass } from "../conformance/fixtures/limited.js";
import type { HttpStage, StageOptions } from "../conformance/stage.js";
import { openDesk } from "../support/desk-stage.js";
import { startRedis, type TestRedis } from "../support/redis.js";

let redis: TestRedis;
let prefixes = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

interface Node {
  readonly stage: HttpStage;
  readonly ran: string[];
}

/** One process of an application, so to speak: a server, a door and a connection to Redis of its own. */
async function openNode(prefix: string, rule: string, options: StageOptions = {}): Promise<Node> {
  const client = createClient({ url: redis.url, disableOfflineQueue: true, commandsQueueMaxLength: 10_000 });
  client.on("error", () => {});
  await client.connect();
  const ran: string[] = [];
  const stage = await openDesk({
    components: { doorbell: doorbellClass(ran, { eventLimits: { ring: rule } }) },
    limitStore: redisLimitStore(client, { prefix }),
    clock: systemClock,
    ...options,
  });
  onTestFinished(async () => {
    await stage.close();
    client.destroy();
  });
  return { stage, ran };
}

function nextPrefix(): string {
  prefixes++;
  return `nodes-${prefixes}`;
}

async function ring({ stage }: Node, times: number): Promise<number[]> {
  const bell = await stage.mount("doorbell");
  const replies = await Promise.all(Array.from({ length: times }, () => stage.send(bell, "ring")));
  return replies.map(({ status }) => status);
}

function countOf(status: number, statuses: readonly number[]): number {
  return statuses.filter((one) => one === status).length;
}

describe("two nodes that count in one Redis", () => {
  it("let exactly as many of fifty events at the same time run as the limit says", async () => {
    const prefix = nextPrefix();
    const nodes = [await openNode(prefix, "20/min"), await openNode(prefix, "20/min")] as const;
    const statuses = (await Promise.all(nodes.map((node) => ring(node, 25)))).flat();
    expect([countOf(200, statuses), countOf(429, statuses)]).toEqual([20, 30]);
    const ran = nodes.flatMap((node) => node.ran.filter((step) => step === "ring"));
    expect(ran).toHaveLength(20);
    expect(nodes.flatMap(({ stage }) => stage.log.at("error"))).toEqual([]);
  });

  it("go on where the other one stopped, and begin anew when the window is over", async () => {
    const prefix = nextPrefix();
    const [one, other] = [await openNode(prefix, "3/4s"), await openNode(prefix, "3/4s")];
    expect(await ring(one, 2)).toEqual([200, 200]);
    expect((await ring(other, 2)).toSorted((a, b) => a - b)).toEqual([200, 429]);
    await expect.poll(async () => (await ring(one, 1))[0], { timeout: 10_000 }).toBe(200);
  });

  it("count apart where their prefixes differ", async () => {
    const [one, other] = [await openNode(nextPrefix(), "1/min"), await openNode(nextPrefix(), "1/min")];
    expect([await ring(one, 1), await ring(other, 1)]).toEqual([[200], [200]]);
  });
});

describe("a Redis that is gone", () => {
  it("refuses calls with 503, or lets them through where the application says so, and the log names it", async () => {
    const prefix = nextPrefix();
    const nodes = [await openNode(prefix, "5/min"), await openNode(prefix, "5/min", { limitsDown: "allow" })] as const;
    await redis.kill();
    const statuses = await Promise.all(nodes.map((node) => ring(node, 2)));
    const lines = nodes.map(({ stage }) => stage.log.at("error").map(({ message }) => message));
    await redis.start();
    expect(statuses).toEqual([
      [503, 503],
      [200, 200],
    ]);
    expect(lines[1]).toEqual(Array(2).fill("the limit store is down"));
    expect(lines[0]?.filter((message) => message === "the limit store is down")).toHaveLength(2);
    expect(nodes.map(({ ran }) => ran.filter((step) => step === "ring").length)).toEqual([0, 2]);
    // Both count again once it is there.
    for (const node of nodes) await expect.poll(() => ring(node, 1), { timeout: 10_000 }).toEqual([200]);
  });

  it("and one that hangs is given up when its time is over", async () => {
    const options = { limits: { storeMs: 150 } } as const;
    const nodes = [
      await openNode(nextPrefix(), "5/min", options),
      await openNode(nextPrefix(), "5/min", { ...options, limitsDown: "allow" }),
    ] as const;
    redis.pause();
    const statuses = await Promise.all(nodes.map((node) => ring(node, 2)));
    redis.resume();
    expect(statuses).toEqual([
      [503, 503],
      [200, 200],
    ]);
    for (const { stage } of nodes) {
      const [line] = stage.log.at("error");
      expect([line?.message, String(line?.fields.error)]).toEqual([
        "the limit store is down",
        "Error: no answer within 150 ms",
      ]);
    }
  });
});
