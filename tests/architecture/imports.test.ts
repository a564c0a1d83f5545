import { describe, expect, test } from "vitest";
import {
  adapterImports,
  coreImports,
  importCycles,
  importsBesideThePackage,
  STEPS,
  stepCalls,
  stepImports,
} from "./import-rules.js";
import { importsOf } from "./imports.js";
import { isThere, source, sourcesIn } from "./sources.js";

const src = sourcesIn("src");

describe("reading imports", () => {
  test("finds every way one file can name another, and tells types from values", () => {
    const file = source(
      "src/core/a.ts",
      [
        'import one, { type Two } from "./b.js";',
        'import { type Three } from "./c.js";',
        'import type four from "pkg/deep";',
        'export * from "../d.js";',
        'export type { Five } from "./e.js";',
        'const six = await import("node:fs");',
        "const seven = require.resolve(`lib/$" + "{six}`);",
        'let eight: import("./f.js").Eight;',
      ].join("\n"),
    );
    expect(importsOf(file).map(({ target, specifier, typeOnly }) => [target ?? specifier, typeOnly])).toEqual([
      ["src/core/b.ts", false],
      ["src/core/c.ts", true],
      ["pkg/deep", true],
      ["src/d.ts", false],
      ["src/core/e.ts", true],
      ["node:fs", false],
      ["lib/", false],
      ["src/core/f.ts", true],
    ]);
  });

  test("every import of the sources names a file that is there", () => {
    const targets = src.flatMap(importsOf).flatMap(({ at, target }) => (target === undefined ? [] : [{ at, target }]));
    expect(targets.length).toBeGreaterThan(50);
    expect(targets.filter(({ target }) => !isThere(target))).toEqual([]);
  });
});

describe("the core", () => {
  test("imports only itself, node:crypto for the seal, and types of zod", () => {
    expect(coreImports(src)).toEqual([]);
  });

  test.each([
    ["an adapter", 'import { x } from "../adapters/koa/index.js";'],
    ["a framework", 'import Koa from "koa";'],
    ["the types of a framework", 'import type { Context } from "koa";'],
    ["Node's file system", 'import { readFileSync } from "node:fs";'],
    ["node:crypto outside the seal", 'import { randomBytes } from "node:crypto";'],
    ["zod as a value", 'import { z } from "zod";'],
  ])("may not import %s", (_what, text) => {
    expect(coreImports([source("src/core/page.ts", text)])).toHaveLength(1);
  });

  test("may import node:crypto in the seal, and zod's types", () => {
    expect(coreImports([source("src/core/seal.ts", 'import { hkdfSync } from "node:crypto";')])).toEqual([]);
    expect(coreImports([source("src/core/form.ts", 'import type { ZodType } from "zod";')])).toEqual([]);
  });
});

describe("an adapter", () => {
  test("imports only the core's public surface, itself, Node and its one library", () => {
    expect(adapterImports(src)).toEqual([]);
  });

  test.each([
    ["a file of the core behind its surface", "koa", '"../../core/lifecycle.js"'],
    ["another adapter", "koa", '"../nunjucks/index.js"'],
    ["the library of another", "koa", '"nunjucks"'],
    ["any library where it has none", "tagged", '"eta"'],
    ["a library nobody listed", "memcached", '"memcached"'],
  ])("may not import %s", (_what, folder, specifier) => {
    expect(adapterImports([source(`src/adapters/${folder}/door.ts`, `import { x } from ${specifier};`)])).toHaveLength(
      1,
    );
  });

  test("may not find files of another's library by path either", () => {
    const text = "const path = require.resolve(`htmx.org/dist/$" + "{name}`);";
    expect(adapterImports([source("src/adapters/tagged/index.ts", text)])).toHaveLength(1);
    expect(adapterImports([source("src/adapters/koa/assets.ts", text)])).toEqual([]);
  });
});

describe("the pipeline", () => {
  test("alone uses the functions of its steps, so no door runs a step in its own way", () => {
    expect(stepImports(src)).toEqual([]);
    expect(stepCalls(src)).toEqual([]);
  });

  test.each(STEPS)("a door that uses %s is found, and so is a public surface that lets it out", (step) => {
    const file = step.slice("src/core/".length).replace(/\.ts$/, ".js");
    expect(stepImports([source("src/adapters/koa/door.ts", `import { run } from "../../core/${file}";`)])).toHaveLength(
      1,
    );
    const surface = stepImports([source("src/core/index.ts", `export { run } from "./${file}";`)]);
    expect(surface).toHaveLength(["permissions.js", "limits.js"].includes(file) ? 0 : 1);
  });

  test("a step's types may be named anywhere", () => {
    expect(stepImports([source("src/core/runtime.ts", 'import type { Sealer } from "./seal.js";')])).toEqual([]);
  });

  test("a door that unseals by itself is found", () => {
    expect(stepCalls([source("src/adapters/koa/door.ts", "const opened = sealer.unseal(binding, token);")])).toEqual([
      "src/adapters/koa/door.ts calls unseal()",
    ]);
  });
});

describe("import cycles", () => {
  test("there are none", () => {
    expect(importCycles(src)).toEqual([]);
  });

  test("one is found through several files, and types do not make one", () => {
    const cycle = [
      source("src/core/a.ts", 'import { b } from "./b.js";'),
      source("src/core/b.ts", 'import { c } from "./c.js";'),
      source("src/core/c.ts", 'export { a } from "./a.js";'),
    ];
    expect(importCycles(cycle)).toEqual(["src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts"]);
    const types = [cycle[0], cycle[1], source("src/core/c.ts", 'import type { a } from "./a.js";')];
    expect(importCycles(types.filter((file) => file !== undefined))).toEqual([]);
  });
});

describe("users of the package", () => {
  test("examples, benchmarks and tests through a door import it by name", () => {
    const users = sourcesIn("examples", "bench", "tests/browser", "tests/conformance", "tests/integration");
    expect(importsBesideThePackage(users)).toEqual([]);
  });

  test("a path into the sources or the build is found", () => {
    const text = 'import { a } from "../../src/core/index.js";\nimport { b } from "../../dist/core/index.js";';
    expect(importsBesideThePackage([source("examples/todo/todo.ts", text)])).toEqual([
      "examples/todo/todo.ts:1 imports ../../src/core/index.js",
      "examples/todo/todo.ts:2 imports ../../dist/core/index.js",
    ]);
  });
});
