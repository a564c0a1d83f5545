import type { TestFrame } from "hydrant/testing";
import { describe, expect, it } from "vitest";
import { aborted, drainNow, node, servedNode } from "../support/scripted.js";

const MODES = ["abort", "resume"] as const;

describe.each(MODES)("a node that stops while streams of the mode %s run", (stream) => {
  it("waits for them, and goes on taking what they show", async () => {
    const { tell, script, server, clock } = await servedNode({ stream });
    let goOn = (): void => {};
    script.handler = async function* ({ state }) {
      yield;
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      state.n = 5;
    };
    const answer = await tell();
    await expect.poll(() => answer.events).toHaveLength(1);
    let isDrained = false;
    const drained = server.drain(20_000).then(() => {
      isDrained = true;
    });
    clock.advance(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect([isDrained, server.isReady()]).toEqual([false, false]);
    goOn();
    await answer.body;
    expect(answer.events.map(({ event }) => event)).toEqual([undefined, undefined, "component:done"]);
    while (!isDrained) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await drained;
  });

  it("ends those that take longer, with an error that asks to try again", async () => {
    const own = await servedNode({ stream });
    const { tell, script } = own;
    let ended = false;
    script.handler = async function* (self) {
      try {
        yield;
        await aborted(self.signal);
      } finally {
        ended = true;
      }
    };
    const answer = await tell();
    await expect.poll(() => answer.events).toHaveLength(1);
    await drainNow(own);
    await answer.body;
    expect(answer.events.map(({ event }) => event)).toEqual([undefined, undefined, "component:error"]);
    expect(JSON.parse(answer.events[2]?.data ?? "")).toMatchObject({ code: "unavailable" });
    await expect.poll(() => ended).toBe(true);
  });

  it("counts a handler that heeds nothing until it has ended or had its time", async () => {
    const { door, script, server, clock } = node({ stream });
    script.handler = async function* () {
      yield;
      await new Promise(() => {});
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    const { ticket } = (await frames.next()).value as TestFrame;
    expect(ticket).toBeDefined();
    const waiting = frames.next();
    await new Promise((resolve) => setImmediate(resolve));
    void frames.return?.();
    await waiting;
    let isDrained = false;
    const drained = server.drain(60_000).then(() => {
      isDrained = true;
    });
    for (let ms = 0; ms < 4_500; ms += 50) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(isDrained).toBe(false);
    for (let ms = 0; !isDrained && ms < 60_000; ms += 50) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await drained;
    expect(isDrained).toBe(true);
  });
});

describe("a node with nothing that runs", () => {
  it("has drained at once", async () => {
    const { server, door, script, clock } = node();
    script.handler = async function* () {
      yield;
    };
    for await (const _frame of door.stream(await door.mount("tale"), "tell"));
    await server.drain();
    expect(clock.pending()).toBe(0);
  });
});
