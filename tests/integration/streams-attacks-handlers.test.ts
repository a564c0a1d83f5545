import type { EventSourceMessage } from "eventsource-parser";
import { describe, expect, it } from "vitest";
import type { EventAnswer } from "../support/event-stream.js";
import { unhandledRejections } from "../support/rejections.js";
import { aborted, drainNow, type Script, type Scripted, type ServedNode, servedNode } from "../support/scripted.js";

const MODES = ["abort", "resume"] as const;
type Handler = Script["handler"];

/** Steps made by hand, as a library might make them. */
function steps(iterator: object): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => iterator as AsyncIterator<unknown> };
}

/** Two frames, and then something that is no Error is thrown. */
function throwing(thrown: unknown): Handler {
  return async function* ({ state }: Scripted) {
    state.n = 1;
    yield;
    state.n = 2;
    yield;
    throw thrown;
  };
}

const unreadable = new Proxy(
  {},
  {
    get: () => {
      throw new Error("the secret is swordfish");
    },
    getPrototypeOf: () => {
      throw new Error("the secret is swordfish");
    },
  },
);

/** What an author might do, and the frames that stand before the error. */
const BREAKING: readonly (readonly [string, Handler, number])[] = [
  ["throws nothing at all", throwing(undefined), 2],
  ["throws null", throwing(null), 2],
  ["throws a text", throwing("the secret is swordfish"), 2],
  ["throws a symbol", throwing(Symbol("swordfish")), 2],
  ["throws an object without anything", throwing(Object.create(null)), 2],
  [
    "throws what looks like a failure with a code",
    throwing({ name: "HydrantError", code: "forbidden", status: 200 }),
    2,
  ],
  ["throws what cannot be looked at", throwing(unreadable), 2],
  ["throws a promise that fails", throwing(Promise.reject(new Error("swordfish")).catch(() => {})), 2],
  [
    "throws an error whose message cannot be read",
    throwing(
      Object.defineProperty(new Error(), "message", {
        get: () => {
          throw new Error("swordfish");
        },
      }),
    ),
    2,
  ],
  ["throws an abort that nobody asked for", throwing(new DOMException("swordfish", "AbortError")), 2],
  [
    "yields a promise that fails",
    async function* () {
      yield Promise.reject(new Error("swordfish"));
    },
    0,
  ],
  [
    "puts a text in the place of its state",
    async function* (self) {
      yield;
      (self as { state: unknown }).state = "swordfish";
      yield;
    },
    1,
  ],
  [
    "puts into its state what cannot be kept",
    async function* (self) {
      yield;
      Object.assign(self.state, { n: () => "swordfish" });
      yield;
    },
    1,
  ],
  ["answers steps that are none", () => steps({ next: () => undefined }), 0],
  ["answers steps that cannot be taken", () => steps({}), 0],
  [
    "answers steps that fail at once",
    () =>
      steps({
        next: () => {
          throw new Error("swordfish");
        },
      }),
    0,
  ],
  ["answers nothing to step through", () => ({ [Symbol.asyncIterator]: () => undefined }) as never, 0],
  [
    "cannot even begin",
    () =>
      ({
        [Symbol.asyncIterator]: () => {
          throw new Error("swordfish");
        },
      }) as never,
    0,
  ],
];

/** What is said of a stream that ends because its node does. */
const STOPPING = /^(?:the node is about to stop|a stream that can be resumed failed)$/;

function framesIn({ events }: EventAnswer): readonly EventSourceMessage[] {
  return events.filter(({ event, data }) => event === undefined && data.includes("<section"));
}

function endOf({ events }: EventAnswer): { readonly event: string | undefined; readonly code?: string } {
  const last = events.at(-1);
  const { code } = (last?.event === "component:error" ? JSON.parse(last.data) : {}) as { code?: string };
  return { event: last?.event, ...(code !== undefined && { code }) };
}

/** The node goes on: the next stream is as ever. */
async function goesOn({ script, tell }: ServedNode): Promise<void> {
  script.handler = async function* ({ state }) {
    state.n = 7;
    yield;
  };
  const answer = await tell();
  await answer.body;
  expect([framesIn(answer).length, endOf(answer).event]).toEqual([2, "component:done"]);
}

describe.each(MODES)("a stream of the mode %s whose handler", (stream) => {
  it.each(BREAKING)(
    "%s ends with an error that says nothing of it, is in the log, and harms nobody",
    async (_what, handler, frames) => {
      const unheard = unhandledRejections();
      const own = await servedNode({ stream });
      own.script.handler = handler;
      const answer = await own.tell();
      const text = await answer.body;
      if (answer.status === 200) {
        expect([framesIn(answer).length, endOf(answer)]).toEqual([
          frames,
          { event: "component:error", code: "internal" },
        ]);
        expect(answer.events.filter(({ event }) => event !== undefined)).toHaveLength(1);
      } else expect([answer.status, frames]).toEqual([500, 0]);
      expect(text).not.toMatch(/swordfish|at Object|\.ts:/);
      expect(own.log.at("error").length).toBeGreaterThan(0);
      // The journal and the door each say it; what cannot even be ended says that too.
      expect(own.log.at("error").length).toBeLessThanOrEqual(3);
      await goesOn(own);
      expect(unheard()).toEqual([]);
    },
  );

  it("returns before it yields, or yields nothing that anybody could show, is done with its last frame", async () => {
    const own = await servedNode({ stream });
    const early: readonly (readonly [Handler, number])[] = [
      [async function* () {}, 1],
      [
        async function* ({ state }) {
          yield;
          state.n = 1;
          return "swordfish";
        },
        2,
      ],
      [
        async function* () {
          yield null;
          yield "swordfish";
          yield { html: "swordfish" };
          yield Symbol("swordfish");
        },
        5,
      ],
      [() => steps({ next: async () => ({ done: true }) }), 1],
      // Without `return` there is nothing to end.
      [
        () => {
          let n = 0;
          return steps({ next: async () => ({ done: ++n > 2, value: n }) });
        },
        3,
      ],
    ];
    for (const [handler, frames] of early) {
      own.script.handler = handler;
      const answer = await own.tell();
      expect(await answer.body).not.toContain("swordfish");
      expect([framesIn(answer).length, endOf(answer).event]).toEqual([frames, "component:done"]);
    }
    expect(own.log.at("error")).toEqual([]);
  });

  it("yields after it was told to end, or catches that and goes on, shows nothing more and is let go of", async () => {
    const own = await servedNode({ stream });
    let steps = 0;
    const heedless: readonly Handler[] = [
      async function* ({ signal }) {
        yield;
        await aborted(signal);
        for (;;) {
          steps++;
          yield;
        }
      },
      async function* ({ signal }) {
        yield;
        for (;;) {
          try {
            await aborted(signal);
            signal.throwIfAborted();
          } catch {
            // What no handler should do.
            steps++;
            yield;
          }
        }
      },
      async function* ({ signal }) {
        try {
          yield;
          await aborted(signal);
          yield;
        } finally {
          steps++;
          yield;
        }
      },
    ];
    for (const handler of heedless) {
      steps = 0;
      own.script.handler = handler;
      const answer = await own.tell();
      await expect.poll(() => framesIn(answer).length).toBe(1);
      await drainNow(own);
      await answer.body;
      expect([framesIn(answer).length, endOf(answer)]).toEqual([1, { event: "component:error", code: "unavailable" }]);
      expect(steps).toBeLessThan(3);
    }
    // Each is noted for what it was told, and for nothing else.
    expect(own.log.at("error").filter(({ message }) => !STOPPING.test(message))).toEqual([]);
  });

  it("yields as fast as it can lets others be answered between its steps, and is ended when its time is over", async () => {
    const own = await servedNode({ stream, limits: { journalBytes: 1_048_576, streamMs: 50_000, stallMs: 600_000 } });
    let taken = 0;
    own.script.handler = async function* ({ state, signal }) {
      while (!signal.aborted) {
        state.n = ++taken;
        yield;
      }
    };
    const greedy = await own.tell();
    await expect.poll(() => framesIn(greedy).length).toBeGreaterThan(20);
    const asked = performance.now();
    const calm = await own.door.mount("tale");
    const answer = await own.door.send(calm, "calm");
    expect([answer.status, performance.now() - asked < 2_000]).toEqual([200, true]);
    own.clock.advance(51_000);
    await greedy.body;
    expect(endOf(greedy).event).toBe("component:error");
    await expect.poll(() => own.clock.pending()).toBeLessThan(5);
    const before = taken;
    await goesOn(own);
    expect(taken).toBe(before);
  });
});
