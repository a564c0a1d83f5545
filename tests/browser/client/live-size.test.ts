import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { minify } from "terser";
import { expect, it } from "vitest";

async function transferOf(script: string): Promise<number> {
  const source = readFileSync(new URL(`../../../public/${script}`, import.meta.url), "utf8");
  const { code = "" } = await minify(source, { compress: true, mangle: true });
  expect(code).not.toBe("");
  return gzipSync(code, { level: 9 }).length;
}

it("what streams need takes at most 2.5 kB of a page's transfer", async () => {
  expect(await transferOf("stream-client.js")).toBeLessThanOrEqual(2_500);
});

it("what updates need takes at most 3 kB of a page's transfer", async () => {
  expect(await transferOf("live-client.js")).toBeLessThanOrEqual(3_000);
});
