import { type JournalStore, memoryJournalStore, memoryReceiptStore, memoryTopicLog } from "hydrant";
import type { TestFrame, TestFrames } from "hydrant/testing";
import { describe, expect, it } from "vitest";
import { testClock } from "../support/clock.js";
import { aborted, node, type ScriptedOptions, servedNode } from "../support/scripted.js";

async function all(frames: TestFrames): Promise<readonly TestFrame[]> {
  const read: TestFrame[] = [];
  for await (const frame of frames) read.push(frame);
  return read;
}

const outputs = (frames: readonly { readonly html: string }[]) =>
  frames.map(({ html }) => /<output>(\d+)</.exec(html)?.[1] ?? html);

/** Time that passes for both while they are awaited. */
async function passing<T>(clock: { advance(ms: number): void }, stepMs: number, wanted: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  wanted.then(over, over);
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!isOver) clock.advance(stepMs);
  }
  return wanted;
}

/** Two servers that share what nodes share. */
function twoNodes(options: ScriptedOptions = {}) {
  const clock = testClock();
  const shared = {
    stream: "resume",
    clock,
    topicLog: memoryTopicLog({ now: clock.now }),
    journalStore: memoryJournalStore({ now: clock.now }),
    receiptStore: memoryReceiptStore({ now: clock.now }),
    ...options,
  } as const;
  return { clock, first: node(shared), second: node(shared) };
}

/** A gate that a test opens as often as it likes. */
function turnstile() {
  let waiting: (() => void)[] = [];
  return {
    pass: () => new Promise<void>((resolve) => waiting.push(resolve)),
    open: () => {
      const all = waiting;
      waiting = [];
      for (const go of all) go();
    },
    count: () => waiting.length,
  };
}

describe("a stream whose reader goes on with another node", () => {
  it.each([0, 1, 2, 3, 4])("after frame %i gets the rest while the handler runs on the first", async (count) => {
    const { clock, first, second } = twoNodes();
    const gate = turnstile();
    first.script.handler = async function* ({ state }) {
      for (state.n = 1; state.n <= 4; state.n++) {
        yield;
        if (state.n === 2) await gate.pass();
      }
    };
    const tale = await first.door.mount("tale");
    const frames = first.door.stream(tale, "tell");
    const read: TestFrame[] = [(await frames.next()).value as TestFrame];
    while (read.length < Math.min(count, 2)) read.push((await frames.next()).value as TestFrame);
    await expect.poll(gate.count).toBe(1);
    if (count > 2) gate.open();
    while (read.length < count) read.push((await frames.next()).value as TestFrame);
    await frames.return?.();
    const kept = read.slice(0, count);
    const rest = all(second.door.resume(read[0]?.ticket as string, kept.at(-1)?.number ?? 0));
    await new Promise((resolve) => setImmediate(resolve));
    gate.open();
    const together = [...kept, ...(await passing(clock, 150, rest))];
    expect(outputs(together)).toEqual(["1", "2", "3", "4", "5"]);
    expect(together.map(({ stream_done }) => stream_done)).toEqual([false, false, false, false, true]);
    // The page goes on from there on whichever node.
    const { state } = together.at(-1) as TestFrame;
    expect((await second.door.send({ ...tale, state }, "calm")).html).toContain("<output>5</output>");
  });

  it("that has not begun to show anything is not lost", async () => {
    const { clock, first, second } = twoNodes();
    const gate = turnstile();
    first.script.handler = async function* ({ state }) {
      await gate.pass();
      state.n = 1;
      yield;
    };
    const tale = await first.door.mount("tale");
    const waiting = first.door.stream(tale, "tell", {}, { idempotencyKey: "one" });
    void waiting.next();
    await expect.poll(gate.count).toBe(1);
    // The ticket is in the header, before any frame; here the intent itself leads to it.
    const rest = all(second.door.stream(tale, "tell", {}, { idempotencyKey: "one" }));
    await waiting.return?.();
    for (let n = 0; n < 10; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(150);
    }
    gate.open();
    expect(outputs(await passing(clock, 150, rest))).toEqual(["1", "1"]);
  });

  it("keeps the handler running for as long as it reads, far longer than the grace time", async () => {
    const { clock, first, second } = twoNodes({ limits: { graceMs: 10_000, frameMs: 600_000 } });
    const gate = turnstile();
    first.script.handler = async function* ({ state }) {
      yield;
      await gate.pass();
      state.n = 7;
    };
    const frames = first.door.stream(await first.door.mount("tale"), "tell");
    const { ticket } = (await frames.next()).value as TestFrame;
    await frames.return?.();
    const rest = all(second.door.resume(ticket as string, 1));
    for (let ms = 0; ms < 60_000; ms += 150) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(150);
    }
    gate.open();
    expect(outputs(await passing(clock, 150, rest))).toEqual(["7"]);
    expect(first.log.at("error")).toEqual([]);
  });

  it("stops the handler from there; what it showed by then is kept", async () => {
    const { clock, first, second } = twoNodes();
    let hasGoneOn = false;
    first.script.handler = async function* (self) {
      self.state.n = 1;
      yield;
      self.state.n = 2;
      hasGoneOn = true;
      await aborted(self.signal);
    };
    const tale = await first.door.mount("tale");
    const frames = first.door.stream(tale, "tell");
    const { ticket } = (await frames.next()).value as TestFrame;
    await frames.return?.();
    await expect.poll(() => hasGoneOn).toBe(true);
    expect(await second.door.stop(ticket as string)).toBeUndefined();
    const rest = await passing(clock, 150, all(second.door.resume(ticket as string, 1)));
    expect(outputs(rest)).toEqual(["2"]);
    expect(rest[0]?.stream_done).toBe(true);
    const { state } = rest[0] as TestFrame;
    expect((await second.door.send({ ...tale, state }, "calm")).html).toContain("<output>2</output>");
  });

  it("stops a stream that is not kept, too", async () => {
    const { first, second } = twoNodes({ stream: "abort" });
    first.script.handler = async function* (self) {
      yield;
      await aborted(self.signal);
    };
    const frames = first.door.stream(await first.door.mount("tale"), "tell");
    const { ticket } = (await frames.next()).value as TestFrame;
    const last = frames.next();
    expect(await second.door.stop(ticket as string)).toBeUndefined();
    expect((await last).value).toMatchObject({ kind: "done", stream_done: true });
  });

  it("is told when the node that ran it is gone", async () => {
    const clock = testClock();
    const journalStore = memoryJournalStore({ now: clock.now });
    const first = node({ stream: "resume", journalStore, clock });
    const second = node({ stream: "resume", journalStore, clock });
    let isGone = false;
    const dying: JournalStore = {
      read: journalStore.read,
      append: (...entry) => (isGone ? new Promise(() => {}) : journalStore.append(...entry)),
    };
    const gone = node({ stream: "resume", journalStore: dying, clock });
    gone.script.handler = async function* () {
      yield;
      yield await new Promise(() => {});
    };
    const frames = gone.door.stream(await gone.door.mount("tale"), "tell");
    const { ticket } = (await frames.next()).value as TestFrame;
    isGone = true;
    const rest = await passing(clock, 150, all(second.door.resume(ticket as string, 1)));
    expect(rest).toMatchObject([{ kind: "failed", code: "unavailable" }]);
    expect(first.log.lines).toEqual([]);
  });
});

describe("a stream that nobody reads", () => {
  it("goes on for limits.graceMs, then its handler is ended, and whoever comes later is told", async () => {
    const { clock, first, second } = twoNodes({ limits: { graceMs: 20_000 } });
    let ended = 0;
    first.script.handler = async function* (self) {
      try {
        yield;
        await aborted(self.signal);
      } finally {
        ended = clock.now();
      }
    };
    const frames = first.door.stream(await first.door.mount("tale"), "tell");
    const { ticket } = (await frames.next()).value as TestFrame;
    await frames.return?.();
    const left = clock.now();
    for (let ms = 0; ms < 30_000; ms += 1000) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ended - left).toBeGreaterThan(20_000);
    expect(ended - left).toBeLessThanOrEqual(26_000);
    expect([...first.log.at("error"), ...first.log.at("warn")]).toEqual([]);
    const rest = await passing(clock, 150, all(second.door.resume(ticket as string, 1)));
    expect(rest).toMatchObject([{ kind: "failed", code: "cancelled" }]);
    await first.server.drain();
    await second.server.drain();
    expect(clock.pending()).toBe(0);
  });

  it("because the reader left before the first frame does not run on, either", async () => {
    const { door, script, clock, server } = node({ stream: "resume", limits: { graceMs: 20_000 } });
    let ran = 0;
    script.handler = async function* () {
      ran++;
      yield;
    };
    const call = {
      caller: { user: { id: "ann" }, session: null },
      component: "tale",
      event: "tell",
      state: (await door.mount("tale")).state,
    };
    const stream = await server.stream(call);
    expect(stream.kind).toBe("stream");
    // Its frames are never asked for.
    for (let ms = 0; ms < 30_000; ms += 1000) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await server.drain();
    expect([ran, clock.pending()]).toEqual([0, 0]);
  });
});

describe("an intent that is sent again while its stream runs", () => {
  it("gets the same stream from its beginning, by Koa as by every door, and the handler runs once", async () => {
    const { tell, rest, script } = await servedNode({ stream: "resume" });
    const gate = turnstile();
    let runs = 0;
    script.handler = async function* ({ state }) {
      runs++;
      state.n = 1;
      yield;
      await gate.pass();
      state.n = 2;
    };
    const key = { "Idempotency-Key": "one" };
    const first = await tell(key);
    await expect.poll(() => first.events).toHaveLength(1);
    first.leave();
    const second = await tell(key);
    expect(second.headers["hydrant-stream"]).toBe(first.headers["hydrant-stream"]);
    await expect.poll(() => second.events).toHaveLength(1);
    gate.open();
    await second.body;
    expect(second.events[0]?.data).toBe(first.events[0]?.data);
    expect(second.events.map(({ event }) => event)).toEqual([undefined, undefined, "component:done"]);
    const ticket = String(second.headers["hydrant-stream"]).split(" ")[1] as string;
    const third = await rest(ticket, 1);
    await third.body;
    expect(third.events).toEqual(second.events.slice(1));
    expect(runs).toBe(1);
  });

  it("and left again lets the handler end after its time: nobody reads any more", async () => {
    const { tell, script, clock, log, server } = await servedNode({ stream: "resume", limits: { graceMs: 8_000 } });
    let ended = false;
    script.handler = async function* (self) {
      try {
        yield;
        await aborted(self.signal);
      } finally {
        ended = true;
      }
    };
    for (let n = 0; n < 2; n++) {
      const answer = await tell({ "Idempotency-Key": "one" });
      await expect.poll(() => answer.events).toHaveLength(1);
      answer.leave();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let ms = 0; ms < 12_000; ms += 1000) {
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => ended).toBe(true);
    expect([...log.at("error"), ...log.at("warn")]).toEqual([]);
    await server.drain();
  });
});

describe("the journal of a stream", () => {
  /** A store that fails for a while. */
  function failing() {
    const store = memoryJournalStore();
    const fails = { append: false, read: false };
    const guarded: JournalStore = {
      append: (...entry) => (fails.append ? Promise.reject(new Error("10.0.0.7 refused")) : store.append(...entry)),
      read: (...asked) => (fails.read ? Promise.reject(new Error("10.0.0.7 refused")) : store.read(...asked)),
    };
    return { fails, journalStore: guarded };
  }

  it("that is down when it begins is answered with 503 as ever, and the handler does not run", async () => {
    const { fails, journalStore } = failing();
    const { tell, script, log, clock } = await servedNode({ stream: "resume", journalStore });
    let ran = 0;
    script.handler = async function* () {
      ran++;
      yield;
    };
    fails.append = true;
    const answer = await tell();
    expect([answer.status, answer.headers["retry-after"], answer.headers["hydrant-stream"]]).toEqual([
      503,
      "5",
      undefined,
    ]);
    expect(await answer.body).not.toContain("10.0.0.7");
    expect([ran, clock.pending()]).toEqual([0, 0]);
    expect(log.at("error")).toHaveLength(1);
    fails.append = false;
    expect(await (await tell()).body).toContain("component:done");
  });

  it.each(["append", "read"] as const)(
    "that is down half-way for %s ends the stream with 503; frames stand",
    async (what) => {
      const { fails, journalStore } = failing();
      const { door, script, clock, server } = node({ stream: "resume", journalStore });
      const gate = turnstile();
      let ended = false;
      script.handler = async function* ({ state }) {
        try {
          state.n = 1;
          yield;
          await gate.pass();
          state.n = 2;
          yield;
          await gate.pass();
        } finally {
          ended = true;
        }
      };
      const tale = await door.mount("tale");
      const frames = door.stream(tale, "tell");
      await frames.next();
      await expect.poll(gate.count).toBe(1);
      fails[what] = true;
      gate.open();
      const rest = await all(frames);
      expect(rest).toMatchObject([{ kind: "failed", code: "unavailable", status: 503 }]);
      expect(JSON.stringify(rest)).not.toContain("10.0.0.7");
      expect((await door.send(tale, "calm")).html).toContain("<output>1</output>");
      for (let ms = 0; !ended && ms < 60_000; ms += 1000) {
        clock.advance(1000);
        gate.open();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(ended).toBe(true);
      await server.drain();
    },
  );

  it("that fails while nothing is shown is noticed no later than with the next frame", async () => {
    const { fails, journalStore } = failing();
    const { door, script, clock } = node({ stream: "resume", journalStore });
    const gate = turnstile();
    script.handler = async function* () {
      yield;
      await gate.pass();
      yield;
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    await frames.next();
    await expect.poll(gate.count).toBe(1);
    fails.append = true;
    for (let n = 0; n < 3; n++) {
      clock.advance(4000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    fails.append = false;
    gate.open();
    expect((await all(frames)).map(({ code }) => code)).toEqual(["unavailable"]);
  });

  it("never grows over limits.journalBytes: the stream ends with an error, and what it showed stands", async () => {
    const { door, script, log } = node({ stream: "resume", limits: { journalBytes: 20_000 } });
    let yielded = 0;
    script.handler = async function* (self) {
      for (; yielded < 100; yielded++) yield self.piece("x".repeat(3000));
    };
    const read = await all(door.stream(await door.mount("tale"), "tell"));
    expect(read.slice(0, -1).every(({ html }) => html.length === 3000)).toBe(true);
    expect(read.at(-1)).toMatchObject({ kind: "failed", code: "internal" });
    expect(read.length).toBeLessThan(7);
    expect(yielded).toBeLessThan(7);
    expect(log.at("error").map(({ fields }) => String(fields.error))).toContainEqual(
      expect.stringContaining("limits.journalBytes"),
    );
  });

  it("that was evicted ends the stream at once, and the handler with it", async () => {
    const journalStore = memoryJournalStore({ bounds: { entries: 1, weight: 1_000_000 } });
    const { door, script } = node({ stream: "resume", journalStore });
    const gate = turnstile();
    const ended: number[] = [];
    let runs = 0;
    script.handler = async function* () {
      const own = ++runs;
      try {
        yield;
        await gate.pass();
        yield;
      } finally {
        ended.push(own);
      }
    };
    const first = door.stream(await door.mount("tale"), "tell");
    await first.next();
    await expect.poll(gate.count).toBe(1);
    // There is room for one journal.
    const second = door.stream(await door.mount("tale"), "tell");
    await second.next();
    await expect.poll(gate.count).toBe(2);
    gate.open();
    expect((await all(first)).map(({ code }) => code)).toEqual(["unavailable"]);
    expect((await all(second)).map(({ kind }) => kind)).toEqual(["done", "done"]);
    await expect.poll(() => ended).toContain(1);
  });

  it("holds frames of any size, whatever the largest state is", async () => {
    const { door, script } = node({ stream: "resume", limits: { stateBytes: 16_384 } });
    script.handler = async function* (self) {
      yield self.piece("x".repeat(100_000));
    };
    const read = await all(door.stream(await door.mount("tale"), "tell"));
    expect(read.map(({ kind, html }) => [kind, html.length > 50])).toEqual([
      ["done", true],
      ["done", true],
    ]);
  });

  it("shows nothing of what one person sees to whoever reads the store", async () => {
    const kept: string[] = [];
    const store = memoryJournalStore();
    const journalStore: JournalStore = {
      read: store.read,
      append(key, at, entry, ttlMs) {
        kept.push(key, entry);
        return store.append(key, at, entry, ttlMs);
      },
    };
    const { door, script } = node({ stream: "resume", journalStore });
    script.handler = async function* (self) {
      self.state.text = "my secret";
      yield self.piece("my secret");
    };
    await all(door.stream(await door.mount("tale"), "tell"));
    expect(kept.length).toBeGreaterThanOrEqual(6);
    expect(kept.join()).not.toMatch(/secret|tale|ann/);
  });
});
