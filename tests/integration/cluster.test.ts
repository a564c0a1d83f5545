import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openProxy } from "../../examples/cluster/proxy.js";
import { type Cluster, type ClusterNode, startCluster } from "../support/cluster/cluster.js";
import { openStairs } from "../support/cluster/stairs.js";
import { type Answered, rootsIn, Visitor } from "../support/cluster/visitor.js";

const TEST = { timeout: 90_000 };
const SOON = { timeout: 15_000 };
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster?.close());

function nodes(): readonly [ClusterNode, ClusterNode, ClusterNode] {
  return cluster.nodes as readonly [ClusterNode, ClusterNode, ClusterNode] & Cluster["nodes"];
}

const statusOf = async (node: ClusterNode): Promise<number> =>
  new Visitor().ask(node, { path: "/health", withinMs: 2_000 }).then(
    ({ status }) => status,
    () => 0,
  );

describe("events", TEST, () => {
  it("of one page are answered by whichever node, with state in the page and with state in the store", async () => {
    const visitor = new Visitor();
    const [first] = nodes();
    const { roots } = await visitor.open(first, ["board:events", "till"]);
    const seen = new Set<string | undefined>();
    for (let [board, till] = roots, n = 1; n <= 12; n++) {
      const node = cluster.nodes[n % 3] as ClusterNode;
      const touched = await visitor.send(node, board as (typeof roots)[number], "touch");
      const sold = await visitor.send(node, till as (typeof roots)[number], "sell", { key: `any ${n}` });
      expect(touched.body).toContain(`data-touches=\\"${n}\\"`);
      expect(sold.body).toContain(`<output>${n}</output>`);
      [board] = rootsIn((JSON.parse(touched.body) as { html: string }).html);
      [till] = rootsIn((JSON.parse(sold.body) as { html: string }).html);
      seen.add(touched.node);
    }
    expect(seen.size).toBe(3);
  });

  it("sent as one intent to all nodes at once are carried out once, and all get the same answer", async () => {
    const visitor = new Visitor();
    const { roots } = await visitor.open(nodes()[0], ["till"]);
    const [till] = roots as [(typeof roots)[number]];
    const headers = { "Idempotency-Key": "one intent" };
    const send = (n: number) =>
      visitor.send(cluster.nodes[n % 3] as ClusterNode, till, "sell", { key: "once", ms: 200 }, { headers });
    const answers = await Promise.all(Array.from({ length: 21 }, (_, n) => send(n)));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(cluster.database.effects().get("once")).toBe(1);
    const other = await visitor.send(nodes()[1], till, "sell", { key: "another" }, { headers });
    expect(other.status).toBe(409);
  });

  it("are limited by all nodes together", async () => {
    const visitor = new Visitor();
    const { roots } = await visitor.open(nodes()[0], ["bell"]);
    const [bell] = roots as [(typeof roots)[number]];
    const ring = (n: number): Promise<Answered> => visitor.send(cluster.nodes[n % 3] as ClusterNode, bell, "ring");
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => ring(n)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(25);
  });
});

describe("a node that is killed", TEST, () => {
  it("leaves its intents to the others: a retry waits until its claim has ended, and does the work once", async () => {
    const visitor = new Visitor();
    const [, second, third] = nodes();
    const { roots } = await visitor.open(third, ["till"]);
    const [till] = roots as [(typeof roots)[number]];
    const send = (node: ClusterNode, ms: number) =>
      visitor.send(node, till, "sell", { key: "orphan", ms }, { headers: { "Idempotency-Key": "orphan" } });
    const lost = expect(send(second, 4_000)).rejects.toThrow(/./);
    await expect.poll(() => cluster.database.effects().get("orphan begun"), SOON).toBe(1);
    await second.kill();
    await lost;
    const answer = await send(third, 4_000);
    expect(answer).toMatchObject({ status: 200, node: "node-3" });
    expect(cluster.database.effects().get("orphan")).toBe(1);
    await second.start();
    expect(await send(second, 4_000)).toMatchObject({ status: 200, node: "node-2", body: answer.body });
    expect(cluster.database.effects().get("orphan")).toBe(1);
  });

  it("takes no stream with it whose handler runs elsewhere: the reader goes on from another node", async () => {
    const [first, second, third] = nodes();
    const stairs = await openStairs(first, { steps: 40, ms: 100 });
    await expect.poll(() => stairs.steps.length, SOON).toBeGreaterThan(3);
    stairs.leave();
    await stairs.resume(second);
    await expect.poll(() => stairs.steps.length, SOON).toBeGreaterThan(10);
    await second.kill();
    await expect.poll(() => stairs.isOpen, SOON).toBe(false);
    await stairs.resume(third);
    await expect.poll(() => stairs.ended, SOON).toBe("component:done");
    expect(stairs.steps).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(stairs.numbers).toEqual([...new Set(stairs.numbers)]);
    expect(stairs.makers).toEqual(["node-1"]);
    await second.start();
  });

  it("ends the streams whose handlers ran there, and readers elsewhere are told so", async () => {
    const [first, second] = nodes();
    const stairs = await openStairs(second, { steps: 400, ms: 50 });
    await expect.poll(() => stairs.steps.length, SOON).toBeGreaterThan(3);
    stairs.leave();
    await stairs.resume(first);
    await second.kill();
    await expect.poll(() => stairs.ended, { timeout: 25_000 }).toBe("component:error");
    expect(stairs.failure).toMatchObject({ code: "unavailable" });
    expect(stairs.steps).toEqual(Array.from({ length: stairs.steps.length }, (_, n) => n + 1));
    await second.start();
  });
});

describe("a node that is stopped", TEST, () => {
  it("says so, sends live pages elsewhere, finishes what it has in hand, and ends with 0", async () => {
    const [, , third] = nodes();
    const visitor = new Visitor();
    const { roots } = await visitor.open(third, ["till"]);
    const [till] = roots as [(typeof roots)[number]];
    const live = await visitor.begin(third, { path: "/components/_live?shared" });
    const told: string[] = [];
    live.answer.setEncoding("utf8").on("data", (text: string) => void told.push(text));
    const over = once(live.answer, "close");
    const stairs = await openStairs(third, { steps: 30, ms: 100 });
    const inHand = visitor.send(third, till, "sell", { key: "in hand", ms: 2_000 });
    const page = visitor.ask(third, { path: "/slow?ms=2500" });
    await expect.poll(() => stairs.steps.length, SOON).toBeGreaterThan(1);
    const stopped = third.stop();
    await expect.poll(() => statusOf(third), { ...SOON, interval: 20 }).toBe(503);
    await over;
    expect(told.join("")).toMatch(/\nretry: \d+\n\n$/);
    const refused = await visitor.ask(third, { path: "/components/_live?shared" }).catch(() => ({ status: 0 }));
    expect([503, 0]).toContain(refused.status);
    expect(await inHand).toMatchObject({ status: 200 });
    expect(await page).toMatchObject({ status: 200, body: "done" });
    await expect.poll(() => stairs.ended, SOON).toBe("component:done");
    expect(stairs.steps).toHaveLength(30);
    const { code, signal, ms } = await stopped;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(ms).toBeLessThan(30_000);
    expect(cluster.database.effects().get("in hand")).toBe(1);
    await third.start();
  });

  it("one after the other, behind a proxy that asks how they are: no request fails, and none is carried out twice", async () => {
    const proxy = openProxy(() => cluster.nodes.map(({ name, way }) => ({ name, port: way.port })));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    onTestFinished(() => {
      proxy.close();
      proxy.closeAllConnections();
    });
    const { port } = proxy.address() as { readonly port: number };
    const door = { way: { port } } as Pick<ClusterNode, "way">;
    let isOver = false;
    const statuses: number[] = [];
    const keys: string[] = [];
    const shopping = Array.from({ length: 4 }, async (_, shopper) => {
      const visitor = new Visitor();
      let [till] = (await visitor.open(door, ["till"])).roots;
      for (let n = 0; !isOver; n++) {
        keys.push(`rolling ${shopper} ${n}`);
        const sold = await visitor.send(door, till as NonNullable<typeof till>, "sell", {
          key: keys.at(-1) ?? "",
          ms: 20,
        });
        statuses.push(sold.status);
        [till] = rootsIn((JSON.parse(sold.body) as { html: string }).html);
      }
    });
    for (const node of cluster.nodes) {
      expect(await node.stop()).toMatchObject({ code: 0, signal: null });
      await node.start();
      await expect.poll(() => statusOf(node), SOON).toBe(200);
    }
    isOver = true;
    await Promise.all(shopping);
    expect(statuses.length).toBeGreaterThan(50);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    const effects = cluster.database.effects();
    expect(keys.filter((key) => effects.get(key) !== 1)).toEqual([]);
  });
});
