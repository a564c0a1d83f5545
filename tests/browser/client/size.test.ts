import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { minify } from "terser";
import { expect, it } from "vitest";

it("the client takes at most 3 kB of a page's transfer", async () => {
  const source = readFileSync(new URL("../../../public/component-client.js", import.meta.url), "utf8");
  const { code = "" } = await minify(source, { compress: true, mangle: true });
  expect(code).not.toBe("");
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(3_000);
});
