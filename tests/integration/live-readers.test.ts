import { BasePermission, memoryTopicLog } from "hydrant";
import { describe, expect, it, onTestFinished } from "vitest";
import type { EventAnswer } from "../support/event-stream.js";
import { greetingOf, liveHttp, liveQuery, rootsIn } from "../support/live-http.js";
import { Board, barrier, type LiveStage, liveStage, PUSH_MS, turns } from "../support/live-stage.js";

const STALL_MS = 30_000;
const PATIENT = { timeout: 20_000 };

/** Shows the last change alone. */
class Latest extends Board {
  override changed(change: unknown) {
    this.state.told = [change];
  }
}

/** So large that a few updates fill whatever lies between server and reader. */
const LARGE = "x".repeat(1_000_000);
class Large extends Latest {
  override getContext() {
    return { extra: LARGE };
  }
}

/** Lets the time pass in which changes are gathered. */
async function pass(stage: LiveStage): Promise<void> {
  stage.clock.advance(PUSH_MS);
  await turns();
  // Of some hundred pages not all begin in one go.
  stage.clock.advance(0);
  await turns();
}

/** What the last update showed; only that one is looked into. */
function lastTold({ events }: EventAnswer): unknown {
  return rootsIn({ events: events.slice(-1) })[0]?.told[0];
}

describe("a reader on a socket who reads nothing", () => {
  it("is held with one snapshot and no queue, while five hundred others are told everything", async () => {
    const UPDATES = 40;
    const stage = liveStage({ latest: Latest, large: Large }, { limits: { connections: 600 } });
    const { live } = await liveHttp(stage);
    const small = await stage.mount("latest");
    const instances = [{ component: "latest", state: small.state }];
    const good = await Promise.all(Array.from({ length: 500 }, () => live({ instances })));
    const { state } = await stage.mount("large");
    const stalled = await live({ instances: [{ component: "large", state }] });
    await expect.poll(() => stalled.events.length, PATIENT).toBe(1);
    stalled.pause();
    for (let n = 0; n < UPDATES; n++) {
      await stage.server.publish("room:hall", n);
      await pass(stage);
    }
    const upToDate = async (readers: readonly EventAnswer[]): Promise<number> => {
      await pass(stage);
      return readers.filter((reader) => lastTold(reader) === UPDATES - 1).length;
    };
    await expect.poll(() => upToDate(good), PATIENT).toBe(500);
    stalled.resume();
    await expect.poll(() => upToDate([stalled]), PATIENT).toBe(1);
    // What lies between two sockets is some megabytes; all updates together would be forty.
    expect(stalled.received().length).toBeLessThan(15_000_000);
    for (const reader of [...good, stalled]) reader.leave();
  });

  it("is cut off after limits.stallMs, and its place is free again", async () => {
    const stage = liveStage({ large: Large }, { limits: { connections: 1 } });
    const { live } = await liveHttp(stage);
    const { state } = await stage.mount("large");
    const instances = [{ component: "large", state }];
    const stalled = await live({ instances });
    await expect.poll(() => stalled.events.length, PATIENT).toBe(1);
    stalled.pause();
    for (let n = 0; n < 20; n++) {
      await stage.server.publish("room:hall", n);
      await pass(stage);
    }
    expect((await live({ instances })).status).toBe(429);
    stage.clock.advance(STALL_MS);
    await turns();
    await expect.poll(async () => (await live({ instances })).status, PATIENT).toBe(200);
    stalled.resume();
    await expect.poll(() => stalled.isClosed, PATIENT).toBe(true);
    // It was broken off: a browser connects again by itself, and is not told that it is over for good.
    expect(stalled.received()).not.toContain("component:closed");
  });
});

describe("a reader who is told goodbye and does not read it", () => {
  it("is cut off after limits.stallMs; signs of life until then harm nobody", async () => {
    const exceptions: unknown[] = [];
    const note = (error: unknown): void => void exceptions.push(error);
    process.on("uncaughtException", note);
    onTestFinished(() => void process.off("uncaughtException", note));
    const stage = liveStage({ large: Large });
    const { live } = await liveHttp(stage);
    const { state } = await stage.mount("large");
    const reader = await live({ instances: [{ component: "large", state }] });
    await expect.poll(() => reader.events.length, PATIENT).toBe(1);
    reader.pause();
    for (let n = 0; n < 20; n++) {
      await stage.server.publish("room:hall", n);
      await pass(stage);
    }
    await stage.server.drain();
    for (let beat = 0; beat < 3; beat++) {
      stage.clock.advance(15_000);
      await turns();
    }
    reader.resume();
    await expect.poll(() => reader.isClosed, PATIENT).toBe(true);
    // It was cut before its end.
    expect(reader.received()).not.toMatch(/retry: \d+\n\n$/);
    expect(exceptions).toEqual([]);
  });

  it("and reads on is sent it whole, also where a sign of life is due in the same moment", async () => {
    const exceptions: unknown[] = [];
    const note = (error: unknown): void => void exceptions.push(error);
    process.on("uncaughtException", note);
    onTestFinished(() => void process.off("uncaughtException", note));
    const stage = liveStage();
    const { live } = await liveHttp(stage);
    const { state } = await stage.mount("board");
    const reader = await live({ instances: [{ component: "board", state }] });
    await expect.poll(() => reader.events.length, PATIENT).toBe(1);
    await stage.server.drain();
    stage.clock.advance(15_000);
    expect(await reader.body).toMatch(/retry: \d+\n\n$/);
    expect(exceptions).toEqual([]);
  });
});

describe("a thousand connections opened and dropped", () => {
  it("leave nothing behind: a thousand more find room", async () => {
    const stage = liveStage(undefined, { limits: { connections: 1_000 } });
    const { live } = await liveHttp(stage);
    const { state } = await stage.mount("board");
    const instances = [{ component: "board", state }];
    for (let round = 0; round < 2; round++) {
      const readers: EventAnswer[] = [];
      for (let batch = 0; batch < 10; batch++) {
        readers.push(...(await Promise.all(Array.from({ length: 100 }, () => live({ instances })))));
      }
      expect(readers.filter(({ status }) => status !== 200)).toEqual([]);
      const refused = await live({ instances });
      expect(refused.status).toBe(429);
      for (const reader of readers) reader.leave();
      await expect
        .poll(async () => {
          const one = await live({ instances });
          one.leave();
          return one.status;
        }, PATIENT)
        .toBe(200);
      // All of them have to be gone, not only one.
      const gone = () => readers.filter(({ isClosed }) => !isClosed).length;
      await expect.poll(gone, PATIENT).toBe(0);
    }
    expect(stage.log.at("error")).toEqual([]);
  });

  it("also where they leave before the answer begins", async () => {
    const stage = liveStage(undefined, { limits: { connections: 20 } });
    const { http } = await liveHttp(stage);
    const { state } = await stage.mount("board");
    const path = `/components/_live?${liveQuery({ instances: [{ component: "board", state }] })}`;
    for (let n = 0; n < 200; n++) {
      const socket = http.socket();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nx-user: ann\r\n\r\n`);
      socket.socket.destroySoon();
      await socket.closed;
    }
    const again = async () =>
      (await http.request({ path: `${path}&component=x`, headers: { "x-user": "ann" } })).status;
    await expect.poll(again, PATIENT).toBe(400);
    expect(stage.log.at("error")).toEqual([]);
  });
});

describe("a reader who leaves while it is asked whether he may see what he asked for", () => {
  it("takes no place any more once that is known", async () => {
    const gate = barrier();
    let isSlow = false;
    let waits = 0;
    class Slow extends BasePermission {
      override async hasPermission() {
        if (!isSlow) return true;
        waits++;
        await gate.opened;
        return true;
      }
    }
    class Guarded extends Board {
      static override readonly permissions = Slow;
    }
    const stage = liveStage({ guarded: Guarded, board: Board }, { limits: { connections: 1 } });
    const { http, live } = await liveHttp(stage);
    const { state } = await stage.mount("guarded");
    isSlow = true;
    const path = `/components/_live?${liveQuery({ instances: [{ component: "guarded", state }] })}`;
    const leaver = http.socket();
    leaver.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nx-user: ann\r\n\r\n`);
    await expect.poll(() => waits, PATIENT).toBe(1);
    expect((await live({ shared: true })).status).toBe(429);
    leaver.socket.destroy();
    gate.open();
    await expect
      .poll(async () => {
        const one = await live({ shared: true });
        one.leave();
        return one.status;
      }, PATIENT)
      .toBe(200);
    expect(leaver.received()).toBe("");
    expect(stage.log.at("error")).toEqual([]);
  });
});

describe("two servers behind one address", () => {
  it("take what a page posts at the one, for the connection that the other holds", async () => {
    const topicLog = memoryTopicLog();
    const [one, other] = [liveStage(undefined, { topicLog }), liveStage(undefined, { topicLog })];
    const [near, far] = [await liveHttp(one), await liveHttp(other)];
    await one.server.publish("elsewhere");
    const page = await near.live({ shared: true });
    await expect.poll(() => page.events.length, PATIENT).toBe(1);
    const { connection, cursor } = greetingOf(page);
    const { state } = await other.mount("board");
    await other.server.publish("room:hall", "between");
    const answer = await far.post({ connection, page: "tab", cursor, subscribe: [{ component: "board", state }] });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { refused: [] }]);
    one.clock.advance(PUSH_MS);
    await expect.poll(() => page.events.map(({ event }) => event), PATIENT).toEqual(["connected", "page"]);
    expect(page.events[1]?.data).toMatch(/^tab\n<hx-partial data-base="[\w-]{16}" hx-target="#c-board-/);
    page.leave();
  });
});
