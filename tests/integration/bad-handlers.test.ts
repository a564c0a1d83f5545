import { HydrantError, memoryReceiptStore, type ReceiptStore } from "hydrant";
import { describe, expect, it } from "vitest";
import { actWith, bench, type Parts } from "../support/piece.js";

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
