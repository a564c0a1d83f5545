import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ComponentServer, createComponentServer, DEFAULT_LIMITS, ERRORS } from "hydrant";
import { taggedRenderer } from "hydrant/tagged";
import { describe, expect, test } from "vitest";
import { ROOT, readPages } from "./fences.js";

const pages = new Map(readPages().map(({ path, text }) => [path, text]));

/** The first two cells of every table row that begins with a name in code. */
function rows(path: string, from: string): [string, string][] {
  const part = pages.get(path)?.split(`\n${from}\n`)[1]?.split(/\n#+ /)[0] ?? "";
  return [...part.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name as string, value as string]);
}

/** Every literal in the documentation and the examples that a reader could copy as a key. */
function printedKeys(): string[] {
  const examples = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ts|md|json|env)$/.test(path))
    .map((path) => readFileSync(join(ROOT, "examples", path), "utf8"));
  const printed = [...pages.values(), ...examples].flatMap((text) => [
    ...[...text.matchAll(/HYDRANT_\w*KEY=["']?([^\s"'`$]+)/g)].map(([, key]) => key as string),
    ...[...text.matchAll(/keys: \[([^\]]*)\]/gi)].flatMap(([, list]) =>
      [...(list as string).matchAll(/["']([^"']{32,})["']/g)].map(([, key]) => key as string),
    ),
  ]);
  return [...new Set(printed)];
}

function serverWith(key: string): ComponentServer {
  return createComponentServer({ components: {}, renderer: taggedRenderer({ templates: {} }), keys: [key] });
}

describe("the documentation", () => {
  test("lists every limit with its default", () => {
    const listed = rows("docs/security.md", "## Caps").map(([name, value]) => [
      name,
      Number(value.replaceAll(",", "")),
    ]);
    expect(Object.fromEntries(listed)).toEqual(DEFAULT_LIMITS);
  });

  test("lists every error code with its status", () => {
    const listed = rows("docs/protocol.md", "### Error codes").map(([code, status]) => [code, Number(status)]);
    const known = Object.entries(ERRORS).map(([code, { status }]) => [code, status]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(known));
  });

  test("prints no key that a server in production would take", () => {
    const keys = printedKeys();
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(() => serverWith(key), key).toThrow("stands in the documentation");
    expect(() => serverWith(randomBytes(32).toString("base64url"))).not.toThrow();
  });
});
