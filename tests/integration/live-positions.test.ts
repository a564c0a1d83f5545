import { BasePermission } from "hydrant";
import { describe, expect, it } from "vitest";
import { Board, barrier, callerOf, liveStage, turns } from "../support/live-stage.js";

describe("a page that asks for one more instance with an older cursor", () => {
  it("is told of no newer place to go on from before that instance has what it missed", async () => {
    const gate = barrier();
    let isHeld = false;
    class Patient extends BasePermission {
      override async hasPermission(): Promise<boolean> {
        if (isHeld) await gate.opened;
        return true;
      }
    }
    class Slow extends Board {
      static override readonly permissions = Patient;
    }
    const stage = liveStage({ board: Board, slow: Slow });
    const cursor = stage.server.live.position();
    const slow = await stage.mount("slow");
    const page = await stage.watch({ board: await stage.mount("board") });
    await stage.server.publish("room:hall", "missed");
    await stage.flush();
    isHeld = true;
    const subscribe = [{ component: "slow", state: slow.state }];
    const asking = stage.server.live.change({
      connection: page.connection.id,
      caller: callerOf("ann"),
      subscribe,
      cursor,
    });
    await turns();
    await stage.server.publish("room:hall", "meanwhile");
    await stage.flush();
    expect(page.of("update").map((one) => one.cursor === undefined)).toEqual([false, true]);
    expect(page.connection.position).toBeUndefined();
    isHeld = false;
    gate.open();
    expect(await asking).toEqual([]);
    expect(page.connection.position).toBeUndefined();
    await stage.flush();
    const last = page.of("update").at(-1);
    expect([last?.component, last?.cursor]).toEqual(["slow", stage.server.live.position()]);
    expect(page.connection.position).toBe(stage.server.live.position());
  });

  it("goes on from nothing that was begun to be rendered before it asked", async () => {
    const gate = barrier();
    let isHeld = false;
    class Thinking extends Board {
      override async changed(change: unknown, topic: string): Promise<void> {
        if (isHeld) await gate.opened;
        await super.changed(change, topic);
      }
    }
    const stage = liveStage({ thinking: Thinking, board: Board });
    const cursor = stage.server.live.position();
    const board = await stage.mount("board");
    const page = await stage.watch({ thinking: await stage.mount("thinking") });
    isHeld = true;
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const subscribe = [{ component: "board", state: board.state }];
    await stage.server.live.change({ connection: page.connection.id, caller: callerOf("ann"), subscribe, cursor });
    gate.open();
    await turns();
    expect(page.of("update").map((one) => [one.component, one.cursor])).toEqual([["thinking", undefined]]);
    await stage.flush();
    expect(page.of("update").at(-1)).toMatchObject({ component: "board", cursor: stage.server.live.position() });
  });
});

describe("somebody who listens to topics themselves", () => {
  it("listens to at most as many as a connection has room for", async () => {
    const stage = liveStage(undefined, { topicAccess: () => true, limits: { subscriptions: 3 } });
    const { connection } = stage.open();
    for (const topic of ["a", "b", "c", "a"]) await stage.server.live.listen(connection, topic);
    await expect(stage.server.live.listen(connection, "d")).rejects.toMatchObject({ code: "too_large" });
    stage.server.live.unlisten(connection, "a");
    await stage.server.live.listen(connection, "d");
  });

  it("is asked again whether he may, and told once when he may not any longer", async () => {
    let isOpen = true;
    const stage = liveStage(undefined, { topicAccess: (topic) => isOpen || topic !== "news" });
    const page = stage.open();
    for (const topic of ["news", "chat"]) await stage.server.live.listen(page.connection, topic);
    isOpen = false;
    for (let n = 0; n < 3; n++) {
      stage.clock.advance(3_000);
      await turns();
    }
    await stage.server.publish("news", "secret");
    await stage.server.publish("chat", "hello");
    expect(page.messages).toMatchObject([
      { kind: "muted", topic: "news", error: { code: "forbidden" } },
      { kind: "published", topic: "chat" },
    ]);
    expect(page.ended()).toEqual([]);
  });
});
