import { type ComponentServerOptions, memoryTopicLog } from "hydrant";
import { describe, expect, it } from "vitest";
import { breakingLog } from "../support/breaking-log.js";
import { Board, callerOf, type LiveStage, liveStage, type Watcher } from "../support/live-stage.js";

async function published(stage: LiveStage, count: number, topic = "room:hall"): Promise<void> {
  for (let n = 0; n < count; n++) await stage.server.publish(topic, n);
}

/** A page that was rendered before what is published, and subscribes after it. */
async function late(
  between: (stage: LiveStage) => Promise<void> | void,
  options: Partial<ComponentServerOptions> = {},
): Promise<{ stage: LiveStage; page: Watcher; id: string }> {
  const stage = liveStage(undefined, options);
  const cursor = stage.server.live.position();
  const board = await stage.mount("board");
  await between(stage);
  const page = await stage.watch({ board }, "ann", { cursor });
  await stage.flush();
  return { stage, page, id: board.component_id };
}

describe("the cursor of a page", () => {
  it("is taken before it is rendered: what happens until it subscribes is told", async () => {
    const { page } = await late((stage) => published(stage, 3));
    expect(page.shown().map(({ told }) => told)).toEqual([[["room:hall", 2]]]);
    expect(page.of("resync")).toEqual([]);
  });

  it("tells nothing where nothing happened", async () => {
    const { page } = await late((stage) => published(stage, 3, "room:attic"));
    expect(page.messages).toEqual([]);
  });

  it("is the one of the last update it got: nothing is told twice to who goes on from there", async () => {
    const { stage, page } = await late((one) => published(one, 3));
    const cursor = page.of("update").at(-1)?.cursor;
    expect(cursor).toBe(stage.server.live.position());
    const again = await stage.watch({ board: await stage.mount("board") }, "ann", { cursor: cursor ?? "" });
    await stage.flush();
    expect(again.messages).toEqual([]);
  });

  it("stands on the last update of several that belong together, and on no other", async () => {
    class Other extends Board {}
    const stage = liveStage({ board: Board, other: Other });
    const page = await stage.watch({ board: await stage.mount("board"), other: await stage.mount("other") });
    await published(stage, 2);
    await stage.flush();
    expect(page.of("update").map(({ cursor }) => cursor)).toEqual([undefined, stage.server.live.position()]);
  });

  it("never covers what came while the update was rendered", async () => {
    const stage = liveStage({
      busy: class extends Board {
        override async beforeRender() {
          if (this.state.told.length === 1) await stage.server.publish("room:hall", "meanwhile");
        }
      },
    });
    const page = await stage.watch({ busy: await stage.mount("busy") });
    await stage.server.publish("room:hall", 1);
    const before = stage.server.live.position();
    await stage.flush();
    expect(page.of("update").map(({ cursor }) => cursor)).toEqual([before]);
    expect(stage.server.live.position()).not.toBe(before);
    await stage.flush();
    expect(page.shown().at(-1)?.told.length).toBe(2);
  });

  it("of a page without one begins now", async () => {
    const stage = liveStage();
    await published(stage, 1);
    const page = await stage.watch({ board: await stage.mount("board") });
    await stage.flush();
    expect(page.messages).toEqual([]);
  });

  it.each([
    ["empty", ""],
    ["invented", "nonsense"],
    ["of the future", "zzzzzzzz-999999999"],
    ["of before the process began", "0-1"],
    ["a forged start", "start-aaaaaaaaaaaaaaaa"],
    ["a key of every object", "__proto__"],
    ["very long", "x".repeat(100_000)],
    ["a star", "*"],
    ["made of control characters", "\u0000\n\r"],
  ])(
    "that is %s is no failure: the page is told that something may be missing, and gets everything as it stands",
    async (_what, cursor) => {
      const stage = liveStage();
      await published(stage, 3);
      const board = await stage.mount("board");
      const page = await stage.watch({ board }, "ann", { cursor, page: "p" });
      expect(page.messages).toMatchObject([{ kind: "resync", page: "p", instances: [board.component_id] }]);
      await stage.flush();
      for (let turn = 0; turn < 5; turn++) await stage.flush();
      expect(page.of("update").map(({ outcome, cursor: next }) => [outcome.kind, next])).toEqual([
        ["done", stage.server.live.position()],
      ]);
      expect(page.of("resync").length).toBe(1);
    },
  );

  it("that history no longer holds is told as a resync", async () => {
    const { page, id } = await late((stage) => published(stage, 25_000, "elsewhere"));
    expect(page.of("resync")).toMatchObject([{ instances: [id] }]);
    expect(page.shown().length).toBe(1);
  });

  it("of a page that was rendered within what history holds is not lost, however much was published", async () => {
    const { page } = await late(async (stage) => {
      await published(stage, 1);
      await published(stage, 9_000, "elsewhere");
    });
    expect(page.of("resync")).toEqual([]);
    expect(page.shown().map(({ told }) => told)).toEqual([[["room:hall", 0]]]);
  });

  it("does not cover entries the log lost, also not for a page rendered before and subscribed after that was found out", async () => {
    const log = breakingLog(memoryTopicLog());
    const { page, id } = await late(
      async (stage) => {
        log.cut();
        log.mendWithLoss();
        await published(stage, 1, "elsewhere");
      },
      { topicLog: log },
    );
    expect(page.of("resync")).toMatchObject([{ instances: [id] }]);
    expect(page.shown().length).toBe(1);
  });

  it("covers what was published on this node alone, while the log was down", async () => {
    const log = breakingLog(memoryTopicLog());
    const { page } = await late(
      async (stage) => {
        log.refuse();
        await published(stage, 1);
      },
      { topicLog: log },
    );
    expect(page.shown().length).toBe(1);
  });

  it("of a piece is told as a whole render, because the page may show the piece already", async () => {
    const { page } = await late(async (stage) => {
      await stage.server.append("room:hall", "log", "a piece");
    });
    expect([page.of("append").length, page.of("update").length]).toEqual([0, 1]);
  });
});

describe("a subscription with a seal that is too old", () => {
  it("is told of the instance anew, with the reason", async () => {
    const stage = liveStage(undefined, { sealMs: 60_000 });
    const board = await stage.mount("board");
    stage.clock.advance(61_000);
    const page = await stage.watch({ board });
    await stage.flush();
    expect(page.of("resync")).toMatchObject([{ instances: [board.component_id] }]);
    expect(page.of("update")).toMatchObject([{ outcome: { kind: "stale", code: "state_expired" } }]);
    await published(stage, 1);
    await stage.flush();
    expect(page.of("update").at(-1)?.outcome.kind).toBe("done");
  });
});

describe("a thousand instances at once", () => {
  it("are refused as a whole, before anything is looked at", async () => {
    const stage = liveStage();
    const { state } = await stage.mount("board");
    const page = stage.open();
    const many = Array.from({ length: 1_000 }, () => ({ component: "board", state }));
    const call = { connection: page.connection.id, caller: callerOf("ann") };
    await expect(stage.server.live.change({ ...call, subscribe: many })).rejects.toMatchObject({ code: "too_large" });
    const unsubscribe = many.map((_one, n) => `c-${n}`);
    await expect(stage.server.live.change({ ...call, unsubscribe })).rejects.toMatchObject({ code: "too_large" });
    expect(page.connection.size).toBe(0);
  });

  it("of which each request has few enough are taken up to limits.subscriptions; the rest is refused by name", async () => {
    const stage = liveStage(undefined, { limits: { subscriptions: 5 } });
    const boards = await Promise.all(Array.from({ length: 7 }, () => stage.mount("board")));
    const page = stage.open();
    for (const { state } of boards) {
      const subscribe = [{ component: "board", state }];
      await stage.server.live.change({ connection: page.connection.id, caller: callerOf("ann"), subscribe });
    }
    expect(page.connection.size).toBe(5);
    expect(page.of("refused").map(({ component_id, error }) => [component_id, error.code])).toEqual(
      boards.slice(5).map(({ component_id }) => [component_id, "too_large"]),
    );
    // One that is told of already may say its newer seal.
    const [first] = boards;
    const subscribe = [{ component: "board", state: first?.state ?? "" }];
    await stage.server.live.change({ connection: page.connection.id, caller: callerOf("ann"), subscribe });
    expect([page.connection.size, page.of("refused").length]).toEqual([5, 2]);
  });
});
