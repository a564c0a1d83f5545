import { memoryTopicLog, type TopicEntry, type TopicLog } from "hydrant";
import { describe, expect, it } from "vitest";
import { type BreakingLog, breakingLog } from "../support/breaking-log.js";
import { type TestClock, testClock } from "../support/clock.js";
import { Board, callerOf, type LiveStage, liveStage, turns } from "../support/live-stage.js";
import { unhandledRejections } from "../support/rejections.js";

interface Node {
  readonly stage: LiveStage;
  readonly log: BreakingLog;
}

/** Two servers that share a key, a log and the time. */
function twoNodes(components = { board: Board }): {
  readonly shared: TopicLog;
  one: Node;
  other: Node;
  clock: TestClock;
  pass(ms: number): Promise<void>;
} {
  const shared = memoryTopicLog();
  const clock = testClock();
  const node = (): Node => {
    const log = breakingLog(shared);
    return { log, stage: liveStage(components, { topicLog: log, clock }) };
  };
  const [one, other] = [node(), node()];
  async function pass(ms: number): Promise<void> {
    await turns();
    for (let at = 0; at < ms; at += 25) {
      clock.advance(25);
      await turns();
    }
  }
  return { one, other, shared, clock, pass };
}

const HALL = "room:hall";

describe("two servers that share a log", () => {
  it("behave as one: what is published on either is shown on both, in one order", async () => {
    const { one, other, pass } = twoNodes();
    const pages = [
      await one.stage.watch({ board: await one.stage.mount("board") }),
      await other.stage.watch({ board: await other.stage.mount("board") }),
    ];
    for (let n = 0; n < 6; n++) {
      const { server } = (n % 2 === 0 ? one : other).stage;
      expect(await server.publish(HALL, n)).toEqual({ reached: "everywhere" });
      await pass(25);
    }
    await one.stage.server.append(HALL, "log", "a piece");
    for (const page of pages) {
      expect(page.shown().at(-1)?.told).toEqual(Array.from({ length: 6 }, (_, n) => [HALL, n]));
      expect(page.of("append").map(({ html }) => html)).toEqual(["a piece"]);
    }
  });

  it("share cursors: a page rendered by one goes on at the other without a resync", async () => {
    const { one, other, pass } = twoNodes();
    await one.stage.server.publish("elsewhere");
    const cursor = one.stage.server.live.position();
    const board = await one.stage.mount("board");
    await one.stage.server.publish(HALL, 1);
    const page = await other.stage.watch({ board }, "ann", { cursor });
    await pass(25);
    expect(page.of("resync")).toEqual([]);
    expect(page.shown().map(({ told }) => told)).toEqual([[[HALL, 1]]]);
  });

  it("take what a page asks of the other's connection, from the cursor it had", async () => {
    const { one, other, pass } = twoNodes();
    const page = one.stage.open();
    await one.stage.server.publish("elsewhere");
    const cursor = other.stage.server.live.position();
    const board = await other.stage.mount("board");
    await one.stage.server.publish(HALL, "between");
    const call = { connection: page.connection.id, caller: callerOf("ann"), page: "p" };
    const subscribe = [{ component: "board", state: board.state }];
    expect(await other.stage.server.live.change({ ...call, subscribe, cursor })).toEqual([]);
    await pass(25);
    expect(page.shown().map(({ told }) => told)).toEqual([[[HALL, "between"]]]);
    await other.stage.server.live.change({ ...call, unsubscribe: [board.component_id] });
    await other.stage.server.publish(HALL, "after");
    await pass(25);
    expect(page.shown().length).toBe(1);
    await other.stage.server.live.change({ ...call, subscribe });
    await other.stage.server.live.change({ ...call, leave: true });
    expect(page.connection.size).toBe(0);
  });

  it("admit where the page asks: what is refused never reaches the node that holds the connection", async () => {
    const { one, other } = twoNodes();
    const page = one.stage.open();
    const { state } = await other.stage.mount("board", "bob");
    const call = { connection: page.connection.id, caller: callerOf("ann") };
    const attempts = other.log.attempts();
    const refused = await other.stage.server.live.change({ ...call, subscribe: [{ component: "board", state }] });
    expect(refused).toMatchObject([{ error: { code: "state_invalid" } }]);
    expect([page.connection.size, other.log.attempts()]).toEqual([0, attempts]);
  });

  it("let nobody change the connection of somebody else, here or there", async () => {
    const { one, other } = twoNodes();
    const board = await one.stage.mount("board");
    const ann = await one.stage.watch({ board }, "ann", { page: "p" });
    for (const { stage } of [one, other]) {
      const { state } = await stage.mount("board", "eve");
      await stage.server.live.change({
        connection: ann.connection.id,
        caller: callerOf("eve"),
        page: "p",
        subscribe: [{ component: "board", state }],
        unsubscribe: [board.component_id],
        leave: true,
      });
    }
    expect([...ann.connection.subscriptions].map(({ id }) => id)).toEqual([board.component_id]);
  });

  it("end what is live for somebody who signed out, on both, and for nobody else", async () => {
    const { one, other } = twoNodes();
    const pages = [];
    for (const { stage } of [one, other]) {
      for (const user of ["ann", "bob"])
        pages.push(await stage.watch({ board: await stage.mount("board", user) }, user));
    }
    expect(await one.stage.server.signedOut(callerOf("ann"))).toEqual({ reached: "everywhere" });
    expect(pages.map((page) => page.ended())).toEqual([["unauthenticated"], [], ["unauthenticated"], []]);
  });

  it("do not know a person again by a session of the same name", async () => {
    const { one } = twoNodes();
    const page = await one.stage.watch({ board: await one.stage.mount("board") });
    await one.stage.server.signedOut({ user: null, session: "ann" });
    expect(page.ended()).toEqual([]);
  });
});

describe("a node that starts, and reads what was said before", () => {
  it("does not end who came back since they signed out", async () => {
    const shared = memoryTopicLog();
    const clock = testClock();
    const one = liveStage(undefined, { topicLog: shared, clock });
    await one.server.signedOut(callerOf("ann"));
    clock.advance(10 * 60_000);
    const log = breakingLog(shared);
    log.refuseFollowing(1);
    const other = liveStage(undefined, { topicLog: log, clock });
    await turns();
    const page = await other.watch({ board: await other.mount("board") });
    clock.advance(1_000);
    await turns();
    expect(page.of("health").map(({ current }) => current)).toEqual([false, true]);
    expect(page.ended()).toEqual([]);
  });

  it("tries again until it can read, says so, and then tells what was missed", async () => {
    const shared = memoryTopicLog();
    const clock = testClock();
    const one = liveStage(undefined, { topicLog: shared, clock });
    const log = breakingLog(shared);
    log.refuseFollowing(3);
    const other = liveStage(undefined, { topicLog: log, clock });
    await turns();
    const cursor = other.server.live.position();
    const page = await other.watch({ board: await other.mount("board") }, "ann", { cursor });
    expect(page.of("health").map(({ current }) => current)).toEqual([false]);
    await one.server.publish(HALL, "missed");
    for (let second = 0; second < 4; second++) {
      clock.advance(1_000);
      await turns();
    }
    clock.advance(25);
    await turns();
    expect(page.of("health").map(({ current }) => current)).toEqual([false, true]);
    expect(page.shown().map(({ told }) => told)).toEqual([[[HALL, "missed"]]]);
    await one.server.publish(HALL, "and on");
    clock.advance(25);
    await turns();
    expect(page.shown().length).toBe(2);
  });

  it("that was cut off while it read begins anew, and repeats nothing as if it were new", async () => {
    const shared = memoryTopicLog();
    const clock = testClock();
    const one = liveStage(undefined, { topicLog: shared, clock });
    for (let n = 0; n < 10; n++) await one.server.publish(HALL, n);
    const log = breakingLog(shared);
    log.refuseFollowing(1, 4);
    const other = liveStage(undefined, { topicLog: log, clock });
    await turns();
    const cursor = other.server.live.position();
    const board = await other.mount("board");
    const page = await other.watch({ board }, "ann", { cursor });
    clock.advance(1_000);
    await turns();
    clock.advance(25);
    await turns();
    expect(page.of("resync")).toMatchObject([{ instances: [board.component_id] }]);
    expect(page.shown().map(({ told }) => told)).toEqual([[[HALL, 9]]]);
    const again = await other.watch({ board: await other.mount("board") }, "ann", {
      cursor: one.server.live.position(),
    });
    await other.flush();
    expect(again.messages).toEqual([]);
  });

  it("reads the log no more once it is closed, also when it was about to try again", async () => {
    const clock = testClock();
    const log = breakingLog(memoryTopicLog());
    log.refuseFollowing(1_000);
    const { server, log: lines } = liveStage(undefined, { topicLog: log, clock });
    await turns();
    await server.close();
    const before = lines.at("error").length;
    for (let second = 0; second < 5; second++) {
      clock.advance(1_000);
      await turns();
    }
    expect(lines.at("error").length).toBe(before);
  });
});

describe("a log that cannot be written to", () => {
  it.each(["refuses", "hangs"] as const)(
    "because it %s says `here`, shows the change on this node, and on the others once it is back",
    async (how) => {
      const rejections = unhandledRejections();
      const { one, other, pass } = twoNodes();
      const board = await other.stage.mount("board");
      const here = await one.stage.watch({ board: await one.stage.mount("board") });
      const there = await other.stage.watch({ board });
      if (how === "refuses") one.log.refuse();
      else one.log.hang();
      const publishing = one.stage.server.publish(HALL, 1);
      // As long as a store may take to answer.
      await pass(how === "refuses" ? 25 : 1_050);
      expect(await publishing).toEqual({ reached: "here" });
      expect(here.shown().map(({ told }) => told)).toEqual([[[HALL, 1]]]);
      expect(there.messages).toEqual([]);
      one.log.mend();
      await pass(4_000);
      expect(there.of("resync")).toMatchObject([{ instances: [board.component_id] }]);
      expect(there.shown().length).toBe(1);
      expect(rejections()).toEqual([]);
    },
  );

  it("for one moment only is told elsewhere soon after, also when nobody publishes anything else", async () => {
    const { one, other, pass } = twoNodes();
    const there = await other.stage.watch({ board: await other.stage.mount("board") });
    one.log.refuseOnce();
    expect(await one.stage.server.publish(HALL, 1)).toEqual({ reached: "here" });
    await pass(2_000);
    expect(there.of("resync").length).toBe(1);
    expect(there.shown().length).toBe(1);
  });

  it("is asked once a second and not for each of a thousand changes, and the others look once", async () => {
    const { one, other, pass } = twoNodes();
    const there = await other.stage.watch({ board: await other.stage.mount("board") });
    one.log.refuse();
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => one.stage.server.publish(HALL, n)));
    const attempts = one.log.attempts();
    await pass(5_000);
    expect(one.log.attempts() - attempts).toBeLessThanOrEqual(5);
    one.log.mend();
    await pass(3_000);
    expect(there.of("resync").length).toBe(1);
    await pass(3_000);
    expect(there.of("resync").length).toBe(1);
  });

  it("names what was missed, and nobody else looks again", async () => {
    const { one, other, pass } = twoNodes();
    const hall = await other.stage.watch({ board: await other.stage.mount("board") });
    const attic = await other.stage.watch({ board: await other.stage.mount("board", "ann", { room: "attic" }) });
    one.log.refuseOnce();
    await one.stage.server.publish(HALL, 1);
    await pass(2_000);
    expect([hall.of("resync").length, attic.of("resync").length]).toEqual([1, 0]);
  });

  it("for more topics than are kept makes everybody look again", async () => {
    const { one, other, pass } = twoNodes();
    const attic = await other.stage.watch({ board: await other.stage.mount("board", "ann", { room: "attic" }) });
    one.log.refuse();
    for (let n = 0; n < 1_001; n++) await one.stage.server.publish(`topic-${n}`);
    one.log.mend();
    await pass(2_000);
    expect(attic.of("resync").length).toBe(1);
  });

  it("keeps who signed out meanwhile in mind: the other nodes end them once they can be told", async () => {
    const { one, other, pass } = twoNodes();
    const here = await one.stage.watch({ board: await one.stage.mount("board") });
    const there = await other.stage.watch({ board: await other.stage.mount("board") });
    one.log.refuse();
    expect(await one.stage.server.signedOut(callerOf("ann"))).toEqual({ reached: "here" });
    expect([here.ended(), there.ended()]).toEqual([["unauthenticated"], []]);
    one.log.mend();
    await pass(2_000);
    expect(there.ended()).toEqual(["unauthenticated"]);
  });

  it("lets a page know that what it asks of another node was not done", async () => {
    const { one, other } = twoNodes();
    const page = one.stage.open();
    const { state } = await other.stage.mount("board");
    other.log.refuse();
    const subscribe = [{ component: "board", state }];
    const call = { connection: page.connection.id, caller: callerOf("ann"), subscribe };
    await expect(other.stage.server.live.change(call)).rejects.toMatchObject({ code: "unavailable", retryAfter: 1 });
    other.log.mend();
    expect(await other.stage.server.live.change(call)).toEqual([]);
    expect(page.connection.size).toBe(1);
  });

  it("shows a piece as a whole render here, because it may come once more", async () => {
    const { one, pass } = twoNodes();
    const page = await one.stage.watch({ board: await one.stage.mount("board") });
    one.log.refuse();
    await one.stage.server.append(HALL, "log", "a piece");
    await pass(25);
    expect([page.of("append").length, page.of("update").length]).toEqual([0, 1]);
  });
});

describe("a log that is cut off", () => {
  it("is said to every page, then that it is back; what was missed follows, nothing twice", async () => {
    const { one, other, pass } = twoNodes();
    const there = await other.stage.watch({ board: await other.stage.mount("board") });
    other.log.cut();
    await one.stage.server.publish(HALL, 1);
    const newcomer = await other.stage.watch({ board: await other.stage.mount("board") });
    await pass(50);
    for (const page of [there, newcomer]) expect(page.messages).toMatchObject([{ kind: "health", current: false }]);
    other.log.mend();
    await pass(50);
    for (const page of [there, newcomer]) {
      expect(page.of("health").map(({ current }) => current)).toEqual([false, true]);
      expect(page.shown().map(({ told }) => told)).toEqual([[[HALL, 1]]]);
      expect(page.of("resync")).toEqual([]);
    }
  });

  it("and lost what was missed makes every page look again, once", async () => {
    const { one, other, pass } = twoNodes();
    const board = await other.stage.mount("board");
    const there = await other.stage.watch({ board });
    other.log.cut();
    await one.stage.server.publish(HALL, "lost");
    other.log.mendWithLoss();
    await pass(1_000);
    expect(there.of("resync")).toMatchObject([{ instances: [board.component_id] }]);
    expect(there.of("update").length).toBe(1);
    expect(there.shown()[0]?.told).toEqual([]);
  });

  it("converges: after any sequence of faults every page shows what was published last", async () => {
    let last = -1;
    class Latest extends Board {
      override getContext() {
        return { extra: String(last) };
      }
    }
    const { one, other, pass } = twoNodes({ board: Latest });
    const pages = [];
    for (const { stage } of [one, other]) pages.push(await stage.watch({ board: await stage.mount("board") }));
    const faults: ((log: BreakingLog) => void)[] = [
      (log) => log.refuse(),
      (log) => log.mend(),
      (log) => log.cut(),
      (log) => log.mendWithLoss(),
      (log) => log.refuseOnce(),
      (log) => log.cut(),
      (log) => log.mend(),
    ];
    for (let round = 0; round < 40; round++) {
      const node = round % 3 === 0 ? other : one;
      faults[(round * 5) % faults.length]?.(node.log);
      last = round;
      await (round % 2 === 0 ? one : other).stage.server.publish(HALL, round);
      await pass(50);
    }
    for (const { log } of [one, other]) log.mend();
    await pass(4_000);
    expect(pages.map((page) => page.shown().at(-1)?.extra)).toEqual(["39", "39"]);
    expect(pages.map((page) => page.of("health").at(-1)?.current)).toEqual([true, true]);
  });
});

describe("an entry in the log that no node wrote", () => {
  it("is passed over and noted, whatever is in it, and what follows is told", async () => {
    const { one, other, pass } = twoNodes();
    const page = await one.stage.watch({ board: await one.stage.mount("board") });
    const entries: TopicEntry[] = [];
    const spy = memoryTopicLog();
    await spy.follow({ entry: (entry) => void entries.push(entry), gap() {}, down() {}, up() {} });
    const stranger = liveStage(undefined, { topicLog: spy, keys: ["a-key-of-somebody-else-9sK2mV7xQ4pL"] });
    await stranger.server.publish(HALL, "from a stranger");
    await stranger.server.signedOut(callerOf("ann"));
    const own = liveStage(undefined, { topicLog: spy });
    await own.server.publish("room:attic", "for another topic");
    const position = one.stage.server.live.position();
    const forged = [
      ...entries.map((entry) => ({ ...entry, id: `x${entry.id}` })),
      // Genuine, but moved to where it was not published.
      { id: "moved", topic: HALL, data: entries.at(-1)?.data ?? "" },
      ...["", "x", "{}", JSON.stringify({ kind: "signed-out", subject: "user ann" }), "A".repeat(2_000_000)].map(
        (data, n) => ({ id: `forged-${n}`, topic: "_nodes", data }),
      ),
    ];
    for (const entry of forged) if (entry.topic !== "room:attic") one.log.forge(entry);
    await pass(50);
    expect([page.messages, page.ended()]).toEqual([[], []]);
    expect(one.stage.server.live.position()).toBe(position);
    expect(one.stage.log.at("warn").length).toBe(forged.length - 1);
    await other.stage.server.publish(HALL, "genuine");
    await pass(50);
    expect(page.shown().map(({ told }) => told)).toEqual([[[HALL, "genuine"]]]);
  });

  it("that comes a second time under the same position is read once", async () => {
    const { one, shared, pass } = twoNodes();
    const entries: TopicEntry[] = [];
    await shared.follow({ entry: (entry) => void entries.push(entry), gap() {}, down() {}, up() {} });
    const page = await one.stage.watch({ board: await one.stage.mount("board") });
    for (let n = 0; n < 3; n++) await one.stage.server.publish(HALL, n);
    await pass(25);
    const position = one.stage.server.live.position();
    for (const entry of entries) one.log.forge(entry);
    await pass(25);
    expect(page.shown().length).toBe(1);
    expect(one.stage.server.live.position()).toBe(position);
  });
});
