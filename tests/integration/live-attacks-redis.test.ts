import { randomBytes } from "node:crypto";
import { redisJournalStore, redisTopicLog } from "hydrant/redis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { greetingOf, liveHttp, rootsIn } from "../support/live-http.js";
import { callerOf, type LiveStage, liveStage } from "../support/live-stage.js";
import { startRedis, type TestRedis } from "../support/redis.js";
import { servedNode } from "../support/scripted.js";

const HALL = "room:hall";
const ALERT = "<script>alert(1)</script>";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

type Client = ReturnType<typeof createClient>;

async function clientOf(): Promise<Client> {
  const client = createClient({ url: redis.url, disableOfflineQueue: true }) as Client;
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}

/** A node on Redis, under a prefix of its own, with a page of somebody's. */
async function nodeOn(prefix: string, options: Parameters<typeof liveStage>[1] = {}) {
  const client = await clientOf();
  const stage = liveStage(undefined, { topicLog: redisTopicLog(client, { prefix, blockMs: 50 }), ...options });
  onTestFinished(() => stage.server.close());
  const doors = await liveHttp(stage);
  return { client, stage, ...doors, stream: `${prefix}:{topics}:log`, last: `${prefix}:{topics}:last` };
}

/** Lets pushes go out until something is so. */
async function until(stage: LiveStage, isSo: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      await stage.flush();
      return isSo();
    })
    .toBe(true);
}

type Fields = Record<string, string | Buffer>;

/** Entries nobody of ours wrote. @param before Id of the entry that stands before them, as ours name it. */
function forgeries(
  before: string,
  genuine: Fields,
  seals: Readonly<Record<string, string>>,
): readonly (readonly [string, Fields])[] {
  const change = JSON.stringify({ kind: "change", change: ALERT });
  const sealed = String(genuine.d);
  return [
    ["other fields", { any: "thing" }],
    ["no data", { t: HALL, b: before }],
    ["fields in another order", { d: sealed, t: HALL, b: before }],
    ["more fields", { t: HALL, d: sealed, b: before, x: "1" }],
    ["no seal", { t: HALL, d: change, b: before }],
    ["no seal, for nodes", { t: "_nodes", d: JSON.stringify({ kind: "gap" }), b: before }],
    [
      "no seal, to sign somebody out",
      { t: "_nodes", d: JSON.stringify({ kind: "signed-out", subject: "user bob", at: 9e15 }), b: before },
    ],
    ["nothing", { t: HALL, d: "", b: before }],
    ["bytes at random", { t: HALL, d: randomBytes(1_000), b: before }],
    ["a seal cut short", { t: HALL, d: sealed.slice(0, -1), b: before }],
    ["a seal with one letter more", { t: HALL, d: `${sealed}A`, b: before }],
    [
      "a seal with one bit changed",
      { t: HALL, d: `${sealed.slice(0, 60)}${sealed[60] === "A" ? "B" : "A"}${sealed.slice(61)}`, b: before },
    ],
    ["a genuine seal under another topic", { t: "room:attic", d: sealed, b: before }],
    ["a genuine seal for all nodes", { t: "_nodes", d: sealed, b: before }],
    ["the state of an instance", { t: HALL, d: seals.state ?? "", b: before }],
    ["what another application sealed", { t: HALL, d: seals.stranger ?? "", b: before }],
    ["a lot", { t: HALL, d: "A".repeat(3_000_000), b: before }],
    ["far too much", { t: HALL, d: "A".repeat(6_000_000), b: before }],
    ["a topic that is far too long", { t: "x".repeat(1_000_000), d: sealed, b: before }],
    ["a place before it that is none", { t: HALL, d: sealed, b: "<script>" }],
    ["a place before it that is not there", { t: HALL, d: change, b: "1-1" }],
  ];
}

/** What another application, with other keys, writes under the same topic. */
async function strangersSeal(): Promise<string> {
  const client = await clientOf();
  const topicLog = redisTopicLog(client, { prefix: "stranger", blockMs: 50 });
  const stranger = liveStage(undefined, { topicLog, keys: ["a-key-of-somebody-else-9sK2mV7xQ4pL"] });
  await stranger.server.publish(HALL, ALERT);
  await stranger.server.close();
  const [entry] = (await client.xRange("stranger:{topics}:log", "-", "+")) ?? [];
  return entry?.message.d ?? "";
}

describe("somebody who can write into Redis", () => {
  it("and forges entries of the log has none of them shown, ends nobody's page and no node", {
    timeout: 60_000,
  }, async () => {
    const { client, stage, live, stream } = await nodeOn("forged");
    const board = await stage.mount("board", "bob");
    const page = await live({ instances: [{ component: "board", state: board.state }] }, "bob");
    await stage.server.publish(HALL, "genuine");
    await until(stage, () => rootsIn(page).length > 0);
    const [entry] = (await client.xRange(stream, "-", "+")) ?? [];
    const seals = { state: board.state, stranger: await strangersSeal() };
    for (const [what, fields] of forgeries(entry?.id ?? "", entry?.message as Fields, seals)) {
      const args = Object.entries(fields).flat();
      await client.sendCommand(["XADD", stream, "*", ...args]);
      await stage.server.publish(HALL, `after ${what}`);
      await until(stage, () => page.received().includes(`after ${what}`));
    }
    expect(page.received()).not.toContain("alert(1)");
    expect(
      rootsIn(page)
        .at(-1)
        ?.told.every((one) => /genuine|after/.test(JSON.stringify(one))),
    ).toBe(true);
    expect([page.isClosed, stage.log.at("error")]).toEqual([false, []]);
    const warnings = new Set(stage.log.at("warn").map(({ message }) => message));
    expect([...warnings].filter((one) => !/not written by this application|may have been lost/.test(one))).toEqual([]);
    page.leave();
  });

  it("and repeats what was genuine once makes nothing worse than another look at how things stand", async () => {
    const { client, stage, live, post, stream } = await nodeOn("repeated");
    const board = await stage.mount("board", "bob");
    await stage.server.publish(HALL, "once");
    await stage.server.append(HALL, "log", "piece");
    await stage.server.signedOut(callerOf("bob"));
    const gone = await live({ shared: true }, "bob");
    await expect.poll(() => gone.events.length).toBe(1);
    const { connection } = greetingOf(gone);
    gone.leave();
    const subscribe = [{ component: "board", state: board.state }];
    // For a connection that no node holds any more, so that it goes through the log.
    await expect
      .poll(async () => {
        await post({ connection, page: "p", subscribe, cursor: "0" }, "bob");
        return client.xLen(stream);
      })
      .toBe(4);
    const entries = (await client.xRange(stream, "-", "+")) ?? [];
    // Whoever came back since they signed out stays, by more than clocks may differ.
    stage.clock.advance(120_000);
    const page = await live({ instances: [{ component: "board", state: board.state }] }, "bob");
    const other = await live({ shared: true }, "bob");
    await expect.poll(() => other.events.length).toBe(1);
    for (const { message } of entries) await client.xAdd(stream, "*", message);
    await stage.server.publish(HALL, "last");
    await until(stage, () => page.received().includes("last"));
    expect([page.isClosed, other.isClosed, greetingOf(other).connection.length]).toEqual([false, false, 26]);
    expect(other.events.map(({ event }) => event)).toEqual(["connected"]);
    expect(stage.log.at("error")).toEqual([]);
    for (const one of [page, other]) one.leave();
  });

  it("and spoils the log itself has pages told that they may be behind, until it is one again", {
    timeout: 60_000,
  }, async () => {
    const { client, stage, live, stream, last } = await nodeOn("spoiled");
    const board = await stage.mount("board", "bob");
    const page = await live({ instances: [{ component: "board", state: board.state }] }, "bob");
    await client.set(last, "nonsense");
    await stage.server.publish(HALL, "behind nonsense");
    // What it names as the entry before it is none, so nobody knows what was missed.
    await until(stage, () => page.events.some(({ event }) => event === "resync") && rootsIn(page).length > 0);
    await client.del(stream);
    await client.set(stream, "no stream at all");
    expect(await stage.server.publish(HALL, "here")).toEqual({ reached: "here" });
    await until(stage, () => page.events.some(({ event }) => event === "stale") && page.received().includes("here"));
    await client.del(stream);
    await until(stage, () => page.events.some(({ event }) => event === "current"));
    expect(await stage.server.publish(HALL, "well again")).toEqual({ reached: "everywhere" });
    await until(stage, () => page.received().includes("well again"));
    expect(page.isClosed).toBe(false);
    page.leave();
  });

  it("and writes frames into a journal has none of them shown: the stream ends with an error", {
    timeout: 60_000,
  }, async () => {
    const client = await clientOf();
    const own = await servedNode({ stream: "resume", journalStore: redisJournalStore(client, { prefix: "journal" }) });
    own.script.handler = async function* ({ state }) {
      state.n = 1;
      yield;
    };
    const forged = JSON.stringify({
      frame: { number: 3, done: true, outcome: { kind: "done", html: ALERT, partials: [], effects: { trigger: {} } } },
    });
    const spoils: ((list: string) => Promise<unknown>)[] = [
      (list) => client.rPush(list, forged),
      (list) => client.lSet(list, 1, forged),
      (list) => client.lSet(list, 1, ""),
      (list) => client.lSet(list, 1, "A".repeat(1_000_000)),
      (list) => client.lSet(list, 0, forged),
      async (list) => {
        await client.del(list);
        await client.set(list, "no list");
      },
      (list) => client.del(list),
    ];
    for (const spoil of spoils) {
      const first = await own.tell();
      await first.body;
      const ticket = String(first.headers["hydrant-stream"]).split(" ")[1] as string;
      const [list] = await client.keys("journal:journal:*");
      await spoil(list as string);
      const rest = await own.rest(ticket, 0);
      const body = await rest.body;
      expect(body).not.toContain("alert(1)");
      if (rest.status === 200) expect(body).toMatch(/event: component:(?:error|done)/);
      else expect([400, 409, 503]).toContain(rest.status);
      await client.del(list as string);
    }
    const well = await own.tell();
    expect(await well.body).toContain("component:done");
  });
});
