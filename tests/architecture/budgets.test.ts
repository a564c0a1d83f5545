import { describe, expect, test } from "vitest";
import { longFiles, longFunctions } from "./budgets.js";
import { source, sourcesIn } from "./sources.js";

const shipped = sourcesIn("src", "public");
// Tests are lists of cases, read one by one; they have no budget.
const all = [...shipped, ...sourcesIn("examples", "bench", "scripts")];

const lines = (count: number): string => "work();\n".repeat(count);

describe("budgets", () => {
  test("no file, the browser's client included, has more than 300 lines", () => {
    expect(shipped.map(({ path }) => path)).toContain("public/component-client.js");
    expect(longFiles(all)).toEqual([]);
  });

  test("a file of 301 lines is found and one of 300 is not", () => {
    expect(longFiles([source("src/core/a.ts", lines(301))])).toEqual(["src/core/a.ts has 301 lines"]);
    expect(longFiles([source("src/core/a.ts", lines(300))])).toEqual([]);
  });

  test("no function that is shipped has more than 60 lines of its own", () => {
    expect(longFunctions(shipped)).toEqual([]);
  });

  test("a function of 61 lines is found wherever it stands", () => {
    const long = `function long() {\n${lines(59)}}`;
    expect(longFunctions([source("src/core/a.ts", long)])).toEqual(["src/core/a.ts:1 is 61 lines long"]);
    expect(longFunctions([source("src/core/a.ts", `function make() {\n${long}\n}`)])).toEqual([
      "src/core/a.ts:2 is 61 lines long",
    ]);
    expect(longFunctions([source("src/core/a.ts", `const f = () => {\n${lines(59)}};`)])).toHaveLength(1);
  });

  test("the wrapper of a classic script is its file; a long function in it is found", () => {
    expect(longFunctions([source("public/a.js", `(() => {\n${lines(100)}})();`)])).toEqual([]);
    const long = `function long() {\n${lines(59)}}`;
    expect(longFunctions([source("public/a.js", `(() => {\n${long}\n})();`)])).toHaveLength(1);
  });

  test("functions inside a function are counted on their own", () => {
    const short = `function short() {\n${lines(40)}}\n`;
    expect(longFunctions([source("src/core/a.ts", `function make() {\n${short.repeat(3)}}`)])).toEqual([]);
  });
});
