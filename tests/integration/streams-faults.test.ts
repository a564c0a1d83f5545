import { HydrantError } from "hydrant";
import type { TestFrame, TestFrames } from "hydrant/testing";
import { describe, expect, it } from "vitest";
import { aborted, drainNow, node, type Scripted } from "../support/scripted.js";

const NEVER = new Promise<never>(() => {});
const MODES = ["abort", "restart", "resume"] as const;

async function all(frames: TestFrames): Promise<readonly TestFrame[]> {
  const read: TestFrame[] = [];
  for await (const frame of frames) read.push(frame);
  return read;
}

function outputOf({ html }: { readonly html: string }): string | undefined {
  return /<output>(\d+)</.exec(html)?.[1];
}

describe.each(MODES)("a handler whose stream has the mode %s", (stream) => {
  it("and that never yields is stopped after limits.frameMs; the reader is told at once, though it heeds nothing", async () => {
    const { door, script, clock, log, server } = node({ stream, limits: { frameMs: 8000 } });
    script.handler = async function* () {
      yield await NEVER;
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    const first = frames.next();
    await expect.poll(() => clock.pending()).toBeGreaterThanOrEqual(stream === "resume" ? 4 : 2);
    clock.advance(8000);
    expect((await first).value).toMatchObject({ kind: "failed", code: "timeout", stream_done: true });
    expect(log.at("warn")).toEqual([]);
    clock.advance(5000);
    await expect
      .poll(() => log.at("warn").map(({ fields, message }) => [fields.component, message]))
      .toEqual([["tale", expect.stringContaining("did not end within 5000 ms")]]);
    await server.drain(1);
    await expect.poll(() => clock.pending()).toBe(0);
  });

  it("and that throws after its third frame leaves three frames that stand", async () => {
    const { door, script } = node({ stream });
    script.handler = async function* ({ state }) {
      for (state.n = 1; state.n <= 3; state.n++) yield;
      throw new Error("no fourth");
    };
    const tale = await door.mount("tale");
    const read = await all(door.stream(tale, "tell"));
    expect(read.map(({ kind }) => kind)).toEqual(["done", "done", "done", "failed"]);
    expect([tale.answer.code, outputOf(tale), tale.state]).toEqual(["internal", "3", read[2]?.state]);
    expect((await door.send(tale, "calm")).status).toBe(200);
  });

  it("and that throws before its first frame leaves everything as it was", async () => {
    const { door, script } = node({ stream });
    // biome-ignore lint/correctness/useYield: it never comes to that
    script.handler = async function* () {
      throw new HydrantError("forbidden", "not you");
    };
    const tale = await door.mount("tale");
    const { state } = tale;
    expect((await all(door.stream(tale, "tell"))).map(({ code }) => code)).toEqual(["forbidden"]);
    expect(tale.state).toBe(state);
  });

  it("and that yields for ever ends when the time of a stream is over", async () => {
    const { door, script, clock } = node({ stream, limits: { streamMs: 30_000, graceMs: 3_600_000 } });
    let ended = false;
    script.handler = async function* ({ state }) {
      try {
        for (;;) {
          state.n += 1;
          yield;
        }
      } finally {
        ended = true;
      }
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    for (let n = 0; n < 5; n++) await frames.next();
    clock.advance(30_001);
    const rest = await all(frames);
    expect(rest.at(-1)).toMatchObject({ kind: "failed", code: "timeout" });
    await expect.poll(() => ended).toBe(true);
  });

  it("and that is stopped shows what it has done by then, also where it heeds nothing and rendering waits", async () => {
    const { door, script, clock, log } = node({ stream });
    script.beforeRender = () => new Promise((resolve) => setImmediate(resolve));
    script.handler = async function* ({ state }) {
      state.n = 1;
      yield;
      state.n = 2;
      await NEVER;
    };
    const tale = await door.mount("tale");
    const frames = door.stream(tale, "tell");
    const first = (await frames.next()).value as TestFrame;
    const next = frames.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await door.stop(first.ticket as string)).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(5000);
    const last = (await next).value as TestFrame;
    expect([last.kind, last.stream_done, outputOf(last)]).toEqual(["done", true, "2"]);
    expect(log.at("warn")).toHaveLength(1);
    expect((await frames.next()).done).toBe(true);
    expect((await door.send(tale, "calm")).status).toBe(200);
  });

  it("and that is stopped between two steps is not run a step further", async () => {
    const { door, script } = node({ stream });
    const ran: string[] = [];
    script.handler = async function* (self) {
      self.state.n = 1;
      yield;
      ran.push("a step too much");
      await aborted(self.signal);
      self.state.n = 2;
      yield;
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    const first = (await frames.next()).value as TestFrame;
    await door.stop(first.ticket as string);
    const last = (await frames.next()).value as TestFrame;
    expect(last.stream_done).toBe(true);
    expect(ran).toEqual([]);
  });

  it("and that fails while it is stopped ends the stream with an error", async () => {
    const { door, script } = node({ stream });
    script.handler = async function* () {
      try {
        yield;
      } finally {
        await Promise.reject(new Error("cannot clean up"));
      }
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    if (stream === "resume") return expect((await all(frames)).at(-1)?.code).toBe("internal");
    await door.stop(((await frames.next()).value as TestFrame).ticket as string);
    expect((await all(frames)).map(({ code }) => code)).toEqual(["internal"]);
  });

  it("may clean up with what its signal aborts, without a word in the log", async () => {
    const own = node({ stream });
    const { door, script, log } = own;
    let ended = false;
    script.handler = async function* (self) {
      try {
        yield;
        await aborted(self.signal);
      } finally {
        ended = true;
        self.signal.throwIfAborted();
      }
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    await frames.next();
    if (stream === "resume") await drainNow(own);
    else await frames.return?.();
    await expect.poll(() => ended).toBe(true);
    const errors = log.at("error").filter(({ fields }) => fields.error instanceof HydrantError === false);
    expect([...errors, ...log.at("warn")]).toEqual([]);
  });

  it("is not judged by the time its reader takes", async () => {
    const { door, script, clock } = node({ stream, limits: { frameMs: 1000, graceMs: 3_600_000 } });
    script.handler = async function* ({ state }) {
      for (state.n = 1; state.n <= 3; state.n++) yield;
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    await frames.next();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(60_000);
    expect((await all(frames)).map(({ kind }) => kind)).toEqual(["done", "done", "done"]);
  });

  it("is told to end by a signal that it took before it began to yield", async () => {
    const own = node({ stream });
    const { door, script } = own;
    let isTold = false;
    script.handler = ({ signal, state }) => {
      signal.addEventListener("abort", () => {
        isTold = true;
      });
      return (async function* () {
        state.n = 1;
        yield;
        await aborted(signal);
      })();
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    await frames.next();
    if (stream === "resume") await drainNow(own);
    else await frames.return?.();
    await expect.poll(() => isTold).toBe(true);
  });

  it("may mount other instances anew in every frame, more often than one answer may hold", async () => {
    const { door, script } = node({ stream, limits: { instances: 10 } });
    script.handler = async function* (self: Scripted) {
      for (let n = 0; n < 15; n++) {
        self.places("beside");
        yield;
      }
    };
    const read = await all(door.stream(await door.mount("tale"), "tell"));
    expect(read.map(({ partials }) => partials.length)).toEqual([...Array(15).fill(1), 0]);
  });
});

describe("what a stream has to do beside showing frames", () => {
  it("is done once, with its last frame: DOM events by name", async () => {
    const { door, script } = node();
    script.handler = async function* (self) {
      self.dispatches("first");
      yield;
      self.dispatches("second");
      yield self.piece("x");
    };
    const read = await all(door.stream(await door.mount("tale"), "tell"));
    expect(read.map(({ effects }) => Object.keys(effects.trigger))).toEqual([[], [], ["first", "second"]]);
  });

  it("is nothing more where it goes elsewhere", async () => {
    const { door, script } = node();
    script.handler = async function* (self) {
      yield;
      self.goes("/elsewhere");
      yield self.piece("not a page");
      yield;
      throw new Error("never comes here");
    };
    const tale = await door.mount("tale");
    const read = await all(door.stream(tale, "tell"));
    expect(read.map(({ kind, append }) => [kind, append])).toEqual([
      ["done", undefined],
      ["done", `${tale.component_id}--text`],
      ["redirect", undefined],
    ]);
  });
});
