import { describe, expect, it } from "vitest";
import { GatheringQueue } from "../../../src/core/live/gathering-queue.js";
import { testClock } from "../../support/clock.js";

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A queue whose turns end when the test says so. */
function heldQueue(gatherMs = 25) {
  const clock = testClock();
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  const queue = new GatheringQueue<number>(clock, gatherMs, (one) => {
    begun.push(one);
    return new Promise<void>((resolve) => ends.set(one, resolve));
  });
  return {
    clock,
    queue,
    begun,
    async end(one: number) {
      ends.get(one)?.();
      ends.delete(one);
      await turns();
    },
    async endAll() {
      for (const end of ends.values()) end();
      ends.clear();
      await turns();
    },
  };
}

describe("the queue of those who want a turn", () => {
  it("gathers for its time, and gives each one turn however often it was asked for", async () => {
    const { clock, queue, begun } = heldQueue();
    for (let n = 0; n < 10; n++) for (const one of [1, 2, 3]) queue.add(one);
    clock.advance(24);
    expect(begun).toEqual([]);
    clock.advance(1);
    expect(begun).toEqual([1, 2, 3]);
    await turns();
    clock.advance(1_000);
    expect(begun).toEqual([1, 2, 3]);
  });

  it("gathers anew for those who come later", () => {
    const { clock, queue, begun } = heldQueue();
    queue.add(1);
    clock.advance(25);
    queue.add(2);
    clock.advance(24);
    expect(begun).toEqual([1]);
    clock.advance(1);
    expect(begun).toEqual([1, 2]);
  });

  it("gives 64 turns at the same time, and the next one as one ends", async () => {
    const { clock, queue, begun, end } = heldQueue();
    for (let n = 0; n < 100; n++) queue.add(n);
    clock.advance(25);
    expect(begun.length).toBe(64);
    await end(10);
    await end(20);
    expect(begun.slice(64)).toEqual([64, 65]);
  });

  it("serves who came first: nobody starves behind those who come again and again", async () => {
    const { clock, queue, begun, endAll } = heldQueue();
    for (let n = 0; n < 200; n++) queue.add(n);
    clock.advance(25);
    // The first ones are always back before the last have had their turn.
    for (let round = 0; round < 10 && !begun.includes(199); round++) {
      for (let n = 0; n < 64; n++) queue.add(n);
      clock.advance(25);
      await endAll();
    }
    expect(begun.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it("does not grow while nobody's turn ends", async () => {
    const { clock, queue, begun, endAll } = heldQueue();
    for (let n = 0; n < 64; n++) queue.add(n);
    clock.advance(25);
    for (let round = 0; round < 20; round++) {
      for (let n = 64; n < 70; n++) queue.add(n);
      clock.advance(25);
    }
    await endAll();
    await endAll();
    await endAll();
    expect(begun.slice(64)).toEqual([64, 65, 66, 67, 68, 69]);
  });

  it("counts one no longer that takes more than a second, so that all others get their turn", async () => {
    const { clock, queue, begun, endAll } = heldQueue();
    for (let n = 0; n < 150; n++) queue.add(n);
    clock.advance(25);
    clock.advance(999);
    expect(begun.length).toBe(64);
    clock.advance(1);
    expect(begun.length).toBe(128);
    clock.advance(1_000);
    expect(begun.length).toBe(150);
    await endAll();
    // Those that ended late are not counted twice.
    for (let n = 200; n < 400; n++) queue.add(n);
    clock.advance(25);
    expect(begun.length).toBe(150 + 64);
  });

  it("lets everything else in the process run after some hundred turns", async () => {
    const clock = testClock();
    let begun = 0;
    const queue = new GatheringQueue<number>(clock, 25, async () => {
      begun++;
    });
    for (let n = 0; n < 1_000; n++) queue.add(n);
    clock.advance(25);
    for (let turn = 0; turn < 20; turn++) await turns();
    expect(begun).toBe(256);
    for (let slice = 0; slice < 3; slice++) {
      clock.advance(0);
      for (let turn = 0; turn < 20; turn++) await turns();
    }
    expect(begun).toBe(1_000);
  });

  it("gives no turn to who was dropped, whether gathered or waiting", async () => {
    const { clock, queue, begun, endAll } = heldQueue();
    for (let n = 0; n < 80; n++) queue.add(n);
    queue.drop(3);
    clock.advance(25);
    queue.drop(70);
    await endAll();
    expect(begun.length).toBe(78);
    expect(begun).not.toContain(3);
    expect(begun).not.toContain(70);
  });

  it("schedules nothing while nobody wants a turn", async () => {
    const { clock, queue, endAll } = heldQueue();
    queue.add(1);
    clock.advance(25);
    await endAll();
    expect(clock.pending()).toBe(0);
  });
});
