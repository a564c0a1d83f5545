import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode, isWithinCaps } from "../../../src/core/codec.js";

const DEPTH = 32;
const roundTrip = (value: unknown): unknown => decode(encode(value, DEPTH));

const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.webUrl().map((url) => new URL(url)),
);
const key = fc.oneof(fc.string(), fc.constantFrom("$", "v", "$$", "toString")).filter((name) => name !== "__proto__");
const { value: anyState } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(leaf, { maxLength: 3 }).map((items) => new Set(items)),
  ),
}));

describe("state as text", () => {
  it("comes back as it was, whatever it is made of", () => {
    fc.assert(
      fc.property(anyState, (value) => {
        expect(roundTrip(value)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it("of plain values is plain JSON", () => {
    const state = { count: 1, names: ["a", null, true], nested: { deep: [1.5] } };
    expect(encode(state, DEPTH)).toBe(JSON.stringify(state));
  });

  it("keeps what JSON loses: -0, NaN, Infinity, undefined in lists, invalid dates", () => {
    const list = roundTrip([-0, Number.NaN, Infinity, -Infinity, undefined, new Date(Number.NaN)]) as unknown[];
    expect(Object.is(list[0], -0)).toBe(true);
    expect(list.slice(1, 5)).toEqual([Number.NaN, Infinity, -Infinity, undefined]);
    expect((list[5] as Date).getTime()).toBeNaN();
  });

  it("leaves undefined fields out", () => {
    expect(encode({ a: undefined, b: 1 }, DEPTH)).toBe('{"b":1}');
  });

  it("does not change the value it encodes", () => {
    const state = Object.freeze({ when: new Date(0), list: Object.freeze([1n]) });
    expect(roundTrip(state)).toEqual(state);
  });

  it.each([
    ["a function", { user: { greet: () => 1 } }, "user.greet"],
    ["a symbol", { tag: Symbol("x") }, "tag"],
    ["an object of a class", { list: [new (class Basket {})()] }, "list[0] is a Basket"],
    ["a promise", { later: Promise.resolve() }, "later is a Promise"],
  ])("refuses %s and names where it stands", (_what, state, where) => {
    expect(() => encode(state, DEPTH)).toThrow(where);
  });

  it("refuses circles and nesting beyond the cap", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => encode(circle, DEPTH)).toThrow("too deep");
    expect(() => encode({ a: { b: { c: 1 } } }, 2)).toThrow("too deep");
  });

  it("refuses a key that would become a prototype", () => {
    expect(() => encode(JSON.parse('{"__proto__":{"admin":true}}'), DEPTH)).toThrow("__proto__");
  });

  it("knows no tags but its own", () => {
    expect(() => decode('{"$":"Function","v":"return 1"}')).toThrow("unknown tag");
  });
});

describe("caps on a payload", () => {
  const within = (value: unknown): boolean => isWithinCaps(value, 3, { nodes: 10 });

  it("let an ordinary form through", () => {
    expect(within({ title: "x", tags: ["a", "b"] })).toBe(true);
  });

  it.each([
    ["too deep", { a: { b: { c: { d: 1 } } } }],
    ["too many", { a: Array.from({ length: 20 }, () => 1) }],
    ["__proto__", JSON.parse('{"a":{"__proto__":1}}')],
    ["constructor", { constructor: 1 }],
    ["a dotted prototype", { "a.__proto__.b": 1 }],
    ["a bracketed prototype", { "a[constructor]": 1 }],
  ])("refuse what is %s", (_what, value) => {
    expect(within(value)).toBe(false);
  });
});
