import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nunjucksRenderer } from "hydrant/nunjucks";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "./compile.js";
import { ROOT, readPages, readSamples, type Sample, where } from "./fences.js";
import { writeProjects } from "./projects.js";

const samplesByPage = readPages().map(readSamples);
const samples = samplesByPage.flat();
const { folder, projects, remove } = writeProjects(samplesByPage);
afterAll(remove);

function of(language: string): Sample[] {
  return samples.filter((sample) => sample.language === language);
}

/** A sample as `test.each` shows it. */
function titled(chosen: readonly Sample[]): [string, Sample][] {
  return chosen.map((sample) => [where(sample), sample]);
}

describe("the samples of the documentation", () => {
  test("say what they are", () => {
    const unknown = samples.filter(({ language }) => language === "");
    expect(unknown.map((sample) => `${where(sample)}: ${sample.info}`)).toEqual([]);
    expect(of("ts").length).toBeGreaterThan(10);
    expect(of("njk").length).toBeGreaterThan(4);
  });

  test("show the name of the file they are", () => {
    const files = samples.filter(({ file, language }) => file !== undefined && language !== "json");
    const nameless = files.filter(({ file, code }) => !code.split("\n", 1)[0]?.includes(file as string));
    expect(nameless.map(where)).toEqual([]);
  });

  test("in TypeScript compile strictly against the package", { timeout: 60_000 }, () => {
    expect(compile(folder, projects)).toEqual([]);
  });

  test("in Nunjucks compile with the package's renderer", () => {
    for (const { folder, files } of projects) {
      const renderer = nunjucksRenderer(folder);
      for (const name of files.keys()) if (name.endsWith(".njk")) renderer.compile(name);
    }
  });

  test("that are JSON files can be parsed", () => {
    const files = of("json").filter(({ file }) => file !== undefined);
    expect(files.map(({ code }) => typeof JSON.parse(code))).toEqual(files.map(() => "object"));
  });

  test("fit on a screen", () => {
    const wide = samples.flatMap((sample) =>
      sample.code
        .split("\n")
        .flatMap((line, index) => (line.length > 130 ? [where({ ...sample, line: sample.line + index })] : [])),
    );
    expect(wide).toEqual([]);
  });

  test.each(titled(of("sh")))("for the shell at %s are commands that exist", (_title, { page, code }) => {
    expect(spawnSync("bash", ["-n"], { input: code, encoding: "utf8" }).stderr).toBe("");
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const named = [...code.matchAll(/npm (?:run )?(start|test|build|docs|bench)\b/g)].map(([, script]) => script);
    expect(named.filter((script) => !Object.hasOwn(scripts, script as string))).toEqual([]);
    const files = [...code.matchAll(/[\w-]+(?:\.test)?\.ts\b/g)].map(([file]) => file);
    const shown = new Set(samples.filter((sample) => sample.page === page).map(({ file }) => file));
    expect(files.filter((file) => !shown.has(file))).toEqual([]);
  });

  test("name the package as it is packed", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    const packed = of("sh").flatMap(({ code }) => [...code.matchAll(/hydrant-[\d.]+\d\.tgz/g)].map(([name]) => name));
    expect(new Set(packed)).toEqual(new Set([`hydrant-${version}.tgz`]));
  });

  test("that are run end well", { timeout: 60_000 }, () => {
    for (const sample of samples.filter(({ run }) => run)) {
      const project = projects.find(({ page, last }) => page === sample.page && last);
      const file = join(project?.folder ?? "", `sample-${sample.line}.ts`);
      expect(existsSync(file)).toBe(true);
      const { stderr, status } = spawnSync(process.execPath, ["--import", "tsx", file], {
        encoding: "utf8",
        cwd: ROOT,
      });
      expect({ status, stderr }, where(sample)).toEqual({ status: 0, stderr: "" });
    }
  });
});
