import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { minify } from "terser";

export interface ClientBytes {
  readonly name: string;
  readonly minified: number;
  readonly gzipped: number;
}

const require = createRequire(import.meta.url);

function bytesOf(name: string, minified: string): ClientBytes {
  return { name, minified: Buffer.byteLength(minified), gzipped: gzipSync(minified, { level: 9 }).length };
}

/** What a page loads: the component client as a build would minify it, and htmx as it is published. */
export async function measureClient(): Promise<ClientBytes[]> {
  const source = readFileSync(fileURLToPath(import.meta.resolve("hydrant/client.js")), "utf8");
  const { code = "" } = await minify(source, { compress: { passes: 2 }, mangle: true });
  const htmx = readFileSync(require.resolve("htmx.org/dist/htmx.min.js"), "utf8");
  return [bytesOf("component-client.js", code), bytesOf("htmx 4", htmx)];
}
