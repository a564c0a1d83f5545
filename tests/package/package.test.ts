import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "cheerio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manifest, type Packed, pack, UserProject } from "./user-project.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMPILER = join(ROOT, "node_modules", "@typescript", "native", "bin", "tsc");

let packed: Packed;
/** The package and zod, nothing else. */
let alone: UserProject;
/** The package with Koa and Nunjucks beside it. */
let served: UserProject;

beforeAll(async () => {
  packed = await pack();
  alone = new UserProject();
  served = new UserProject();
  await alone.install(packed.tarball, "zod");
  await served.install(packed.tarball, "zod", "koa", "kysely", "koa-websocket", "nunjucks", "redis", "ws");
});

afterAll(() => {
  alone.remove();
  served.remove();
  packed.remove();
});

describe("the published package", () => {
  test("holds what is built, the client, the templates and the papers, and nothing else", () => {
    const known =
      /^(?:dist\/.+\.(?:js|js\.map|d\.ts)|public\/[^/]+\.js|templates\/[^/]+|[A-Z]+\.md|LICENSE|package\.json)$/;
    expect(packed.files.filter((path) => !known.test(path))).toEqual([]);
    expect(packed.files).toEqual(
      expect.arrayContaining(["public/component-client.js", "templates/page.html", "README.md", "LICENSE"]),
    );
  });

  test("every built file in it has a source, so nothing old is published", () => {
    const built = packed.files.filter((path) => path.startsWith("dist/"));
    expect(built.length).toBeGreaterThan(50);
    const sourceOf = (path: string): string =>
      path.replace(/^dist/, "src").replace(/(?:\.d\.ts|\.js|\.js\.map)$/, ".ts");
    expect(built.filter((path) => !existsSync(join(ROOT, sourceOf(path))))).toEqual([]);
  });

  test("every entry it promises can be found and every module imported", async () => {
    const entries = Object.keys(manifest.exports).map((entry) => entry.replace(/^\./, "hydrant"));
    expect(entries.length).toBeGreaterThan(5);
    const script = `
      import { existsSync } from "node:fs";
      import { fileURLToPath } from "node:url";
      const found = {};
      for (const entry of ${JSON.stringify(entries)}) {
        const isModule = !/\\.(?:js|json)$/.test(entry);
        if (!existsSync(fileURLToPath(import.meta.resolve(entry)))) throw new Error(entry);
        found[entry] = isModule ? Object.keys(await import(entry)) : ["a file"];
      }
      console.log(JSON.stringify(found));`;
    const { code, stdout, stderr } = await served.node("--input-type=module", "--eval", script);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as Record<string, string[]>;
    expect(Object.keys(found)).toEqual(entries);
    expect(Object.values(found).filter((names) => names.length === 0)).toEqual([]);
    expect(found).toMatchObject({
      hydrant: expect.arrayContaining(["Component", "ComponentRegistry", "createComponentServer", "HydrantError"]),
      "hydrant/koa": expect.arrayContaining(["hydrantKoa"]),
      "hydrant/nunjucks": expect.arrayContaining(["nunjucksRenderer"]),
    });
  });

  test("can be loaded with require() as well", async () => {
    const { code, stdout } = await served.node(
      "--no-warnings",
      "--input-type=commonjs",
      "--eval",
      'console.log(typeof require("hydrant").createComponentServer, typeof require("hydrant/koa").hydrantKoa)',
    );
    expect(code).toBe(0);
    expect(stdout.trim()).toBe("function function");
  });
});

describe("without the optional packages", () => {
  test("a component is written, mounted and sent an event", async () => {
    for (const name of ["koa", "nunjucks"]) expect(existsSync(join(alone.folder, "node_modules", name))).toBe(false);
    const { stdout, stderr } = await alone.node("alone.mjs");
    expect(stderr).toBe("");
    const { status, html, refused } = JSON.parse(stdout) as { status: number; html: string; refused: string };
    expect(status).toBe(200);
    expect(load(html)("[data-component=counter]").text()).toBe("Count: 7");
    expect(refused).toBe("invalid");
  });

  test("an entry that needs one says which", async () => {
    const { code, stderr } = await alone.node("--input-type=module", "--eval", 'import "hydrant/nunjucks"');
    expect(code).toBe(1);
    expect(stderr).toContain("Cannot find package 'nunjucks'");
  });
});

describe("with Koa and Nunjucks", () => {
  test("an application answers a page, an event and its scripts", async () => {
    const origin = await served.start("served.mjs");
    const page = await fetch(origin);
    const $ = load(await page.text());
    expect(page.status).toBe(200);
    expect($("output").text()).toBe("5");

    const root = $("[data-component=counter]");
    const { state } = JSON.parse(root.attr("hx-vals:inherited") ?? "{}") as { state: string };
    const cookie = page.headers.getSetCookie().map((one) => one.split(";")[0]);
    const event = await fetch(new URL($("button").attr("hx-post") ?? "", origin), {
      method: "POST",
      headers: { Origin: origin, Cookie: cookie.join("; "), "HX-Request": "true" },
      body: new URLSearchParams({ state }),
    });
    expect(event.status).toBe(200);
    expect(load(await event.text())("output").text()).toBe("6");

    const scripts = $("script[src]").map((_index, script) => $(script).attr("src"));
    expect(scripts.get()).toHaveLength(2);
    for (const path of scripts.get()) {
      const script = await fetch(new URL(path, origin));
      expect(script.status).toBe(200);
      expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
      expect((await script.text()).length).toBeGreaterThan(1_000);
    }
  });

  test("its declarations fit what an author writes, with no other types installed", async () => {
    const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
    const target = ["--target", "es2022", "--lib", "es2023,esnext.decorators", "--module", "nodenext"];
    const { code, stdout } = await served.node(COMPILER, ...options, ...target, "uses.ts");
    expect(stdout).toBe("");
    expect(code).toBe(0);
  });
});
