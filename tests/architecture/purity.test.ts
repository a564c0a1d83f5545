import { describe, expect, test } from "vitest";
import { looseTypes, sharedState, worldInCore } from "./purity-rules.js";
import { source, sourcesIn } from "./sources.js";

const src = sourcesIn("src");

describe("the core and the world", () => {
  test("the core knows no environment, clock, chance or console of its own", () => {
    expect(worldInCore(src)).toEqual([]);
  });

  test.each([
    ["process", "const key = process.env.HYDRANT_KEY;"],
    ["console", 'console.warn("late");'],
    ["Date.now", "const now = Date.now();"],
    ["Date.now handed on", "const now = options.now ?? Date.now;"],
    ["new Date()", "const today = new Date();"],
    ["performance", "const begun = performance.now();"],
    ["setTimeout", "setTimeout(run, 10);"],
    ["setInterval", "const timer = setInterval(run, 10);"],
    ["Math.random", "const id = Math.random();"],
    ["globalThis", "globalThis.servers = [];"],
    ["new Function", 'const run = new Function("return 1");'],
  ])("%s is found", (_what, text) => {
    expect(worldInCore([source("src/core/page.ts", text)])).toHaveLength(1);
  });

  test("only the clock's and the logger's own files may do it, and dates may be made from a number", () => {
    expect(worldInCore([source("src/core/ports/clock.ts", "const now = Date.now();")])).toEqual([]);
    expect(worldInCore([source("src/core/ports/logger.ts", 'console.warn("late");')])).toEqual([]);
    expect(worldInCore([source("src/core/codec.ts", "const date = new Date(ms); call.process();")])).toEqual([]);
    expect(worldInCore([source("src/core/ports/logger.ts", "const now = Date.now();")])).toHaveLength(1);
  });
});

describe("types", () => {
  test("no source says any or tells the compiler to look away without a reason", () => {
    expect(looseTypes(src)).toEqual([]);
  });

  test("both are found where they stand, and a word in a text is not", () => {
    const text = [
      "const a: any = 1;",
      "// @ts-expect-error",
      'const b = "any";',
      "const c = d as any[];",
      "// @ts-ignore -- why",
      "// @ts-expect-error -- has no types",
    ];
    expect(looseTypes([source("src/core/a.ts", text.join("\n"))])).toEqual([
      "src/core/a.ts:1 says any",
      "src/core/a.ts:4 says any",
      "src/core/a.ts:2 says @ts-expect-error",
      "src/core/a.ts:5 says @ts-ignore",
    ]);
  });
});

describe("two servers in one process", () => {
  test("share nothing: no module keeps state", () => {
    expect(sharedState(src)).toEqual([]);
  });

  test.each([
    ["a variable", "let count = 0;"],
    ["an exported variable", "export let current: string | undefined;"],
    ["a map that can grow", "const servers = new Map<string, object>();"],
    ["a weak map", "const known = new WeakMap();"],
    ["a set without a promise that it stays as it is", 'const NAMES = new Set(["a"]);'],
    ["a list that is pushed to", "const calls = [];\nfunction note(call) { calls.push(call); }"],
    ["an object that is written to", "const cache = {};\nfunction keep(key) { cache[key] = 1; }"],
    ["a static collection of a class", "class Registry { static all = new Map(); }"],
  ])("%s is found", (_what, text) => {
    expect(sharedState([source("src/core/a.ts", text)])).toHaveLength(1);
  });

  test("constants, and what a function or an instance keeps for itself, are fine", () => {
    const text = [
      'const NAMES: ReadonlySet<string> = new Set(["a"]);',
      "const NONE: ReadonlyMap<string, object> = new Map();",
      "const LIMITS = Object.freeze({ bytes: 1 });",
      "class Store { readonly #entries = new Map(); }",
      "function create() { const entries = new Map(); let count = 0; entries.set(count++, 1); return entries; }",
    ];
    expect(sharedState([source("src/core/a.ts", text.join("\n"))])).toEqual([]);
  });
});
