import { describe, expect, it } from "vitest";
import { Board, barrier, callerOf, liveStage, turns } from "../support/live-stage.js";

const STALL_MS = 30_000;

describe("connections of one person", () => {
  it("are bounded by limits.connections; other people have theirs, and one that is closed makes room", async () => {
    const stage = liveStage(undefined, { limits: { connections: 3 } });
    const own = [stage.open(), stage.open(), stage.open()];
    expect(() => stage.open()).toThrow("Too many live pages are open");
    stage.open("bob");
    own[0]?.connection.closed();
    own[0]?.connection.closed();
    stage.open();
    expect(() => stage.open()).toThrow(expect.objectContaining({ code: "rate_limited", retryAfter: 30 }));
  });

  it("opened and dropped a thousand times leave nothing", async () => {
    const stage = liveStage(undefined, { limits: { connections: 1_000 } });
    let rendered = 0;
    for (let round = 0; round < 2; round++) {
      const board = await stage.mount("board");
      const pages = await Promise.all(Array.from({ length: 1_000 }, () => stage.watch({ board })));
      await stage.server.publish("room:hall", round);
      for (const [n, page] of pages.entries()) {
        if (n % 2 === 0) page.connection.closed();
        else page.connection.end("restart");
      }
      await stage.flush();
      rendered += pages.reduce((sum, page) => sum + page.of("update").length, 0);
      expect(pages.every(({ connection }) => connection.size === 0 && connection.ended)).toBe(true);
    }
    expect(rendered).toBe(0);
    // What is scheduled ends by itself.
    stage.clock.advance(60_000);
    await turns();
    stage.clock.advance(60_000);
    expect(stage.clock.pending()).toBe(0);
  });
});

describe("a reader who takes nothing", () => {
  it("gets one snapshot once he does, while five hundred others get every update", async () => {
    const stage = liveStage(undefined, { limits: { connections: 501 } });
    const board = await stage.mount("board");
    const good = await Promise.all(Array.from({ length: 500 }, () => stage.watch({ board })));
    const bad = await stage.watch({ board });
    bad.stall();
    for (let n = 0; n < 20; n++) {
      await stage.server.publish("room:hall", n);
      // More than begin in one go, so it takes a few rounds.
      for (let round = 0; round < 4; round++) await stage.flush();
    }
    expect(good.every((page) => page.of("update").length === 20)).toBe(true);
    expect(bad.of("update").length).toBe(1);
    bad.drain();
    await stage.flush();
    expect(bad.shown().at(-1)?.told).toEqual([
      ["room:hall", 0],
      ["room:hall", 19],
    ]);
    expect(bad.of("update").length).toBe(2);
  });

  it("is cut off after limits.stallMs, and the one who took something in time is not", async () => {
    const stage = liveStage();
    const pages = [
      await stage.watch({ board: await stage.mount("board") }),
      await stage.watch({ board: await stage.mount("board") }),
    ];
    for (const page of pages) page.stall();
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    stage.clock.advance(STALL_MS - 1);
    pages[0]?.drain();
    expect(pages.map((page) => page.ended())).toEqual([[], []]);
    stage.clock.advance(1);
    expect(pages.map((page) => page.ended())).toEqual([[], ["timeout"]]);
    stage.clock.advance(STALL_MS * 2);
    expect(pages[0]?.ended()).toEqual([]);
  });

  it("is told once of everything that was missed, however often it happened", async () => {
    const stage = liveStage({ board: Board }, { limits: { connections: 100 } });
    const page = await stage.watch({ board: await stage.mount("board") });
    const [subscription] = page.connection.subscriptions;
    page.stall();
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    for (let n = 0; n < 5_000; n++) page.connection.resync(subscription === undefined ? [] : [subscription]);
    expect(page.messages.length).toBe(1);
    page.drain();
    await stage.flush();
    expect(page.messages.slice(1).map(({ kind }) => kind)).toEqual(["resync", "update"]);
  });

  it("cannot make the server keep words for him without end", async () => {
    const stage = liveStage(undefined, { limits: { subscriptions: 1 } });
    const boards = [await stage.mount("board"), await stage.mount("board")];
    const page = await stage.watch({ board: boards[0] ?? (await stage.mount("board")) });
    page.stall();
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const call = { connection: page.connection.id, caller: callerOf("ann") };
    const subscribe = [{ component: "board", state: boards[1]?.state ?? "" }];
    for (let n = 0; n < 3_000; n++) await stage.server.live.change({ ...call, subscribe });
    expect(page.messages.length).toBeLessThan(1_100);
    expect(page.ended()).toEqual(["timeout"]);
  });

  it("of a topic itself is told that he missed something, in place of all he missed", async () => {
    const stage = liveStage(undefined, { topicAccess: () => true });
    const page = stage.open();
    await stage.server.live.listen(page.connection, "news");
    await stage.server.publish("news", 0);
    page.stall();
    for (let n = 1; n < 1_000; n++) await stage.server.publish("news", n);
    expect(page.of("published").map(({ change }) => change)).toEqual([0, 1]);
    page.drain();
    expect(page.messages.at(-1)).toMatchObject({ kind: "resync", page: "", instances: [] });
    await stage.server.publish("news", "on");
    expect(page.of("published").at(-1)?.change).toBe("on");
  });
});

describe("a caller who listens to a topic itself", () => {
  it("must be let by topicAccess; nobody is by default", async () => {
    const { server, open } = liveStage();
    await expect(server.live.listen(open().connection, "news")).rejects.toMatchObject({ code: "forbidden" });
    const asked: unknown[] = [];
    const other = liveStage(undefined, {
      topicAccess(topic, caller) {
        asked.push([topic, caller.user?.id]);
        return topic === "news";
      },
    });
    const { connection } = other.open();
    await other.server.live.listen(connection, "news");
    for (const topic of ["*", "new", "news ", "_nodes", "_instance:c-board", "", 7, undefined, "x".repeat(201)]) {
      await expect(other.server.live.listen(connection, topic)).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(asked.slice(0, 4)).toEqual([
      ["news", "ann"],
      ["*", "ann"],
      ["new", "ann"],
      ["news ", "ann"],
    ]);
  });

  it("hears nothing where the connection ended while he was being admitted", async () => {
    const gate = barrier();
    const stage = liveStage(undefined, {
      topicAccess: async () => {
        await gate.opened;
        return true;
      },
    });
    const page = stage.open();
    const listening = stage.server.live.listen(page.connection, "news");
    page.connection.closed();
    gate.open();
    await listening;
    await stage.server.publish("news", 1);
    expect(page.messages).toEqual([]);
    expect(page.connection.listening.size).toBe(0);
  });

  it("is told what was published since his cursor, or that it is not known", async () => {
    const stage = liveStage(undefined, { topicAccess: () => true });
    const cursor = stage.server.live.position();
    await stage.server.publish("news", 1);
    await stage.server.publish("chat", 2);
    const page = stage.open();
    await stage.server.live.listen(page.connection, "news", cursor);
    expect(page.messages).toMatchObject([{ kind: "published", topic: "news", change: 1 }]);
    await stage.server.live.listen(page.connection, "chat", "forged");
    expect(page.messages.slice(1)).toMatchObject([{ kind: "resync" }]);
  });
});

describe("a node that stops", () => {
  it("ends what is live, takes nothing new and says so", async () => {
    const stage = liveStage();
    const pages = [await stage.watch({ board: await stage.mount("board") }), stage.open("bob")];
    expect(stage.server.isReady()).toBe(true);
    await stage.server.drain();
    expect(stage.server.isReady()).toBe(false);
    expect(pages.map((page) => page.ended())).toEqual([["restart"], ["restart"]]);
    expect(() => stage.open()).toThrow(expect.objectContaining({ code: "unavailable", retryAfter: 1 }));
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    expect(pages[0]?.messages).toEqual([]);
    await stage.server.close();
    await stage.server.close();
    stage.clock.advance(60_000);
    await turns();
    expect(stage.clock.pending()).toBe(0);
    expect(stage.log.at("error")).toEqual([]);
  });

  it("while an instance is rendered sends nothing of it any more", async () => {
    const gate = barrier();
    const stage = liveStage({
      slow: class extends Board {
        override async changed() {
          await gate.opened;
        }
      },
    });
    const page = await stage.watch({ slow: await stage.mount("slow") });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    await stage.server.close();
    gate.open();
    await stage.flush();
    expect([page.messages, page.ended()]).toEqual([[], ["restart"]]);
  });
});
