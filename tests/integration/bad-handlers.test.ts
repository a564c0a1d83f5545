import {
  Component,
  type ComponentClass,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  HydrantError,
  memoryReceiptStore,
  type ReceiptStore,
} from "hydrant";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor, type TestDoor } from "hydrant/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type TestClock, testClock } from "../support/clock.js";
import { type TestLog, testLog } from "../support/log.js";

/** What a test puts in the place of one piece of author's code. */
interface Parts {
  handler?: (this: Component<{ total: unknown }>) => unknown;
  mount?: () => unknown;
  hydrated?: () => unknown;
  beforeRender?: () => unknown;
  getContext?: () => Record<string, unknown>;
  dehydrated?: (state: object) => object;
  template?: (state: { total: unknown }) => unknown;
}

interface Bench {
  readonly door: TestDoor;
  readonly server: ComponentServer;
  readonly log: TestLog;
  readonly clock: TestClock;
  /** The pieces of the component; a test changes them after the mount. */
  readonly parts: Parts;
}

function pieceClass(parts: Parts): ComponentClass {
  return class Piece extends Component<{ total: unknown }> {
    static override template = "piece";
    static override events = { act: z.object({ slow: z.string().optional() }), calm: null };
    override mount() {
      this.state = { total: 1 };
      return parts.mount?.() as undefined;
    }
    override hydrated() {
      return parts.hydrated?.() as undefined;
    }
    override beforeRender() {
      return parts.beforeRender?.() as undefined;
    }
    override getContext() {
      return parts.getContext?.() ?? {};
    }
    override dehydrated() {
      return parts.dehydrated?.(this.state) ?? this.state;
    }
    on_act() {
      return parts.handler?.call(this);
    }
    on_calm() {}
  };
}

function bench(options: Partial<ComponentServerOptions> = {}): Bench {
  const parts: Parts = {};
  const log = testLog();
  const clock = testClock();
  const renderer = taggedRenderer({
    templates: {
      piece: ({ root, state }) =>
        html`<p ${root()}>${parts.template?.(state as { total: unknown }) ?? (state as { total: unknown }).total}</p>`,
    },
  });
  const server = createComponentServer({
    components: { piece: pieceClass(parts) },
    renderer,
    keys: ["bench-key-9dK3mX7pQ1vR5tY8wZ2nB6"],
    log,
    clock,
    ...options,
  });
  return { parts, log, clock, server, door: createTestDoor(server) };
}

/** Sends the event with this piece in place; nothing is lost: the page's old seal works afterwards. */
async function actWith(change: Parts, options: Partial<ComponentServerOptions> = {}) {
  const { door, parts, log } = bench(options);
  const piece = await door.mount("piece");
  Object.assign(parts, change);
  const answer = await door.send(piece, "act");
  for (const name of Object.keys(change)) delete parts[name as keyof Parts];
  const after = await door.send(piece, "calm");
  return { answer, after, log };
}

class Odd {
  total = 1;
}

const circle: { self?: unknown } = {};
circle.self = circle;

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

const FAILING: readonly (readonly [what: string, change: Parts])[] = [
  ["throws an error", { handler: () => Promise.reject(new Error("swordfish")) }],
  ["throws undefined", { handler: () => Promise.reject(undefined as never) }],
  [
    "throws null",
    {
      handler: () => {
        throw null;
      },
    },
  ],
  [
    "throws a text",
    {
      handler: () => {
        throw "swordfish";
      },
    },
  ],
  [
    "throws a frozen object",
    {
      handler: () => {
        throw Object.freeze({ swordfish: 1 });
      },
    },
  ],
  [
    "throws an error that is its own cause",
    {
      handler: () => {
        const error = new Error("swordfish");
        error.cause = error;
        throw error;
      },
    },
  ],
  [
    "throws a proxy that throws",
    {
      handler: () => {
        throw new Proxy(
          {},
          {
            get: () => {
              throw new Error("swordfish");
            },
          },
        );
      },
    },
  ],
  [
    "sets its state to null",
    {
      handler() {
        (this as { state: unknown }).state = null;
      },
    },
  ],
  [
    "sets its state to undefined",
    {
      handler() {
        (this as { state: unknown }).state = undefined;
      },
    },
  ],
  [
    "sets its state to a number",
    {
      handler() {
        (this as { state: unknown }).state = 5;
      },
    },
  ],
  [
    "keeps a function",
    {
      handler() {
        this.state.total = () => 5;
      },
    },
  ],
  [
    "keeps a symbol",
    {
      handler() {
        this.state.total = Symbol("x");
      },
    },
  ],
  [
    "keeps an object of a class",
    {
      handler() {
        this.state.total = new Odd();
      },
    },
  ],
  [
    "keeps a promise",
    {
      handler() {
        this.state.total = Promise.resolve(1);
      },
    },
  ],
  [
    "keeps a circle",
    {
      handler() {
        this.state.total = circle;
      },
    },
  ],
  [
    "keeps something too deep",
    {
      handler() {
        this.state.total = nested(40);
      },
    },
  ],
  [
    "keeps something too large",
    {
      handler() {
        this.state.total = "x".repeat(600_000);
      },
    },
  ],
  [
    "keeps a getter that throws",
    {
      handler() {
        this.state = {
          get total() {
            throw new Error("swordfish");
          },
        };
      },
    },
  ],
  [
    "yields and then throws",
    {
      async *handler() {
        yield 1;
        throw new Error("swordfish");
      },
    },
  ],
  [
    "hydrates badly",
    {
      hydrated: () => {
        throw new Error("swordfish");
      },
    },
  ],
  ["fails before it renders", { beforeRender: () => Promise.reject(new Error("swordfish")) }],
  [
    "fails to make its context",
    {
      getContext: () => {
        throw new Error("swordfish");
      },
    },
  ],
  ["gives a helper's name to the template", { getContext: () => ({ root: 1 }) }],
  ["dehydrates to nonsense", { dehydrated: () => ({ total: () => 5 }) }],
  [
    "has a template that throws half-way",
    {
      template: () => {
        throw new Error("swordfish");
      },
    },
  ],
];

describe("a component that", () => {
  it.each(FAILING)(
    "%s is answered with 500, an id and no detail; the page's seal stays valid",
    async (_what, change) => {
      const { answer, after, log } = await actWith(change);
      expect([answer.status, answer.code, answer.html, answer.state]).toEqual([500, "internal", "", ""]);
      expect(answer.failure?.message).toBe("Something went wrong on our side. Nothing you typed is lost.");
      expect(log.at("error").map(({ fields }) => fields.id)).toEqual([answer.failure?.id]);
      expect([after.status, after.code]).toEqual([200, undefined]);
    },
  );

  const NONSENSE: readonly (readonly [what: string, value: unknown])[] = [
    ["null", null],
    ["a number", 42],
    ["HTML", "<b>5</b>"],
    ["a function", () => 5],
    ["a symbol", Symbol("x")],
    ["a list", [1, 2]],
    ["an outcome of its own", { html: "<b>5</b>", status: 999, kind: "redirect", effects: { redirect: "//evil" } }],
    ["a generator that is not async", [1][Symbol.iterator]()],
  ];

  it.each(NONSENSE)("returns %s is answered as if it had returned nothing", async (_what, value) => {
    const { answer } = await actWith({ handler: () => value });
    expect([answer.status, answer.kind, answer.effects.redirect]).toEqual([200, "done", undefined]);
    expect(answer.html).toMatch(/>1<\/p>$/);
  });

  it("yields shows its last state", async () => {
    const { answer } = await actWith({
      async *handler() {
        this.state.total = 2;
        yield "nonsense";
        this.state.total = 3;
      },
    });
    expect(answer.html).toMatch(/>3<\/p>$/);
  });

  const ENDLESS = new Promise<never>(() => {});
  const NEVER: readonly (readonly [what: string, change: Parts])[] = [
    ["its handler", { handler: () => ENDLESS }],
    [
      "a step of its stream",
      {
        async *handler() {
          yield await ENDLESS;
        },
      },
    ],
    ["hydrated()", { hydrated: () => ENDLESS }],
    ["beforeRender()", { beforeRender: () => ENDLESS }],
  ];

  it.each(NEVER)("never ends in %s is stopped when its time is over", async (_what, change) => {
    const { door, parts, clock } = bench({ limits: { callMs: 1000 } });
    const piece = await door.mount("piece");
    Object.assign(parts, change);
    const answer = door.send(piece, "act");
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(1000);
    expect(await answer).toMatchObject({ status: 503, code: "timeout" });
    expect(clock.pending()).toBe(0);
  });

  it("never ends in mount() is stopped when its time is over", async () => {
    const { door, parts, clock } = bench({ limits: { callMs: 1000 } });
    parts.mount = () => ENDLESS;
    const mounted = door.mount("piece");
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(1000);
    expect((await mounted).answer).toMatchObject({ status: 503, code: "timeout" });
  });

  it("never ends in a schema is stopped when its time is over", async () => {
    class Checked extends Component {
      static override template = "piece";
      static override events = { act: z.object({}).refine(() => ENDLESS) };
      override mount() {
        this.state = {};
      }
      on_act() {}
    }
    const { door, clock } = bench({ components: { piece: Checked }, limits: { callMs: 1000 } });
    const piece = await door.mount("piece");
    const answer = door.send(piece, "act");
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(1000);
    expect(await answer).toMatchObject({ status: 503, code: "timeout" });
  });

  it("refuses with a code of the table is answered with it, and its words stay on the server unless they may leave", async () => {
    const forbidden = await actWith({
      handler: () => {
        throw new HydrantError("forbidden", "Ann owns it");
      },
    });
    expect(forbidden.answer).toMatchObject({ status: 403, code: "forbidden" });
    expect(forbidden.answer.failure?.message).not.toContain("Ann");
    const limited = await actWith({
      handler: () => {
        throw new HydrantError("rate_limited", undefined, { retryAfter: 7 });
      },
    });
    expect(limited.answer).toMatchObject({ status: 429, code: "rate_limited", failure: { retryAfter: 7 } });
  });

  it("warns in the log when its state grows large", async () => {
    const { answer, log } = await actWith({
      handler() {
        this.state.total = "x".repeat(70_000);
      },
    });
    expect(answer.status).toBe(200);
    expect(log.at("warn").map(({ message }) => message)[0]).toContain('static storage = "store"');
  });
});

describe("an intent whose receipt cannot be noted after the work was done", () => {
  it("is answered with what was done, and the log says what that means", async () => {
    const receipts = memoryReceiptStore();
    const failing: ReceiptStore = { ...receipts, finish: () => Promise.reject(new Error("the store went away")) };
    const { door, log } = bench({ receiptStore: failing });
    const piece = await door.mount("piece");
    const answer = await door.send(piece, "calm", {}, { idempotencyKey: "one" });
    expect(answer.status).toBe(200);
    expect(log.at("warn").map(({ message }) => message)[0]).toContain("could not be noted");
    expect(log.at("error")).toEqual([]);
  });
});
