import { describe, expect, it } from "vitest";
import type { EventAnswer } from "../support/event-stream.js";
import { node, servedNode } from "../support/scripted.js";

const LARGE = "x".repeat(64_000);

function lastId({ events }: EventAnswer): number {
  return Number(events.at(-1)?.id ?? 0);
}

describe("a reader who takes nothing", () => {
  it("stops the handler, is cut off after limits.stallMs, and does not hold up 500 who read", async () => {
    const FRAMES = 400;
    const { tell, script, clock, log } = await servedNode({ limits: { stallMs: 20_000 } });
    const counts: number[] = [];
    const ended: number[] = [];
    script.handler = async function* (self) {
      const own = counts.push(0) - 1;
      const isFirst = own === 0;
      try {
        for (let n = 1; n <= (isFirst ? FRAMES : 3); n++) {
          self.state.n = n;
          counts[own] = n;
          yield isFirst ? self.piece(LARGE) : undefined;
        }
      } finally {
        ended.push(own);
      }
    };
    const stalled = await tell({}, { paused: true });
    let before = -1;
    // How much the kernel holds is known to nobody: that it is full shows only in that nothing moves any more.
    while (before !== counts[0]) {
      before = counts[0] ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // What the kernel and the buffers of both ends hold, and not one frame for every yield there is.
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(FRAMES / 2);

    for (let n = 0; n < 10; n++) {
      const good = await Promise.all(Array.from({ length: 50 }, () => tell()));
      const bodies = await Promise.all(good.map(({ body }) => body));
      expect(bodies.filter((body) => /<output>3<[\s\S]*component:done/.test(body))).toHaveLength(50);
    }
    expect(counts[0]).toBe(before);
    expect(ended).not.toContain(0);

    clock.advance(19_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect([stalled.isClosed, ended.includes(0)]).toEqual([false, false]);
    clock.advance(1);
    await expect.poll(() => ended).toContain(0);
    stalled.resume();
    await expect.poll(() => stalled.isClosed).toBe(true);
    expect(stalled.received()).not.toContain("component:done");
    expect([...log.at("error"), ...log.at("warn")]).toEqual([]);
  }, 120_000);

  it("and goes on in time gets everything", async () => {
    const { tell, script } = await servedNode();
    let count = 0;
    script.handler = async function* (self) {
      for (; count < 200; count++) yield self.piece(LARGE);
      self.state.n = 200;
    };
    const slow = await tell({}, { paused: true });
    await expect.poll(() => count).toBeGreaterThan(0);
    slow.resume();
    await slow.body;
    expect([slow.events.length, lastId(slow), slow.events.at(-1)?.event]).toEqual([202, 201, "component:done"]);
  });
});

describe("a reader of a stream that can be resumed", () => {
  it("who takes nothing is cut off, while the handler goes on and its frames are kept", async () => {
    const { tell, rest, script, clock } = await servedNode({
      stream: "resume",
      limits: { journalBytes: 64_000_000, stallMs: 20_000, graceMs: 3_600_000 },
    });
    script.handler = async function* (self) {
      for (let n = 0; n < 200; n++) yield self.piece(LARGE);
      self.state.n = 200;
    };
    const stalled = await tell({}, { paused: true });
    const ticket = String(stalled.headers["hydrant-stream"]).split(" ")[1] as string;
    // Somebody else has read all of it, so the handler is done. Once the reader is cut off as well, nothing waits for its time.
    await (await rest(ticket, 0)).body;
    await expect
      .poll(() => {
        clock.advance(20_001);
        return clock.pending();
      })
      .toBe(0);
    stalled.resume();
    await expect.poll(() => stalled.isClosed).toBe(true);
    expect(stalled.received()).not.toContain("component:done");
    const more = await rest(ticket, lastId(stalled));
    await more.body;
    const ids = [...stalled.events, ...more.events].map(({ id }) => Number(id));
    expect(ids).toEqual([...Array.from({ length: 201 }, (_, n) => n + 1), 201]);
  });

  it("who takes a frame now and then keeps the handler running, whatever he has still to read", async () => {
    const { door, script, clock, log } = node({ stream: "resume", limits: { graceMs: 10_000, frameMs: 600_000 } });
    let goOn: (() => void) | undefined;
    script.handler = async function* (self) {
      for (let n = 0; n < 20; n++) yield self.piece(".");
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      self.state.n = 1;
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    await frames.next();
    await expect.poll(() => goOn).toBeDefined();
    for (let n = 0; n < 19; n++) {
      for (let at = 0; at < 4; at++) clock.advance(2_000);
      expect((await frames.next()).value).toMatchObject({ html: ".", kind: "done" });
    }
    goOn?.();
    expect((await frames.next()).value).toMatchObject({ stream_done: true, kind: "done" });
    expect([...log.at("error"), ...log.at("warn")]).toEqual([]);
  });
});
