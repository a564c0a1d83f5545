import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { ROOT, where } from "./fences.js";
import type { Project } from "./projects.js";

/** What the tutorial tells its readers to use; unused names in a sample are a mistake as well. */
const OPTIONS = {
  target: "es2022",
  module: "nodenext",
  types: ["node"],
  strict: true,
  noEmit: true,
  noUnusedLocals: true,
};

const PROBLEM = /^(.+)\((\d+),\d+\): (.*)$/;

/** @returns what the compiler has to say, each with the page and the line the code stands on. */
export function compile(folder: string, projects: readonly Project[]): string[] {
  const config = join(folder, "tsconfig.json");
  const include = projects.map((project) => `${relative(folder, project.folder)}/*.ts`);
  writeFileSync(config, JSON.stringify({ compilerOptions: OPTIONS, include }));
  const compiler = join(ROOT, "node_modules/@typescript/native/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", config, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  const problems = stdout.split("\n").flatMap((line) => {
    const [, file = "", number = "", text = ""] = PROBLEM.exec(line) ?? [];
    return file === "" ? [] : [`${placeOf(join(folder, file), Number(number), projects)}: ${text}`];
  });
  return status !== 0 && problems.length === 0 ? [`the compiler ended with ${status}: ${stdout}`] : problems;
}

function placeOf(file: string, line: number, projects: readonly Project[]): string {
  const sample = projects.find(({ folder }) => folder === dirname(file))?.files.get(basename(file));
  return sample === undefined ? `${file}:${line}` : where({ page: sample.page, line: sample.line + line - 1 });
}
