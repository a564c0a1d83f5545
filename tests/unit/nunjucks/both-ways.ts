import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import nunjucks from "nunjucks";
import { onTestFinished } from "vitest";
import { nunjucksRenderer } from "../../../src/adapters/nunjucks/index.js";
import { componentTag, slotTag } from "../../../src/adapters/nunjucks/tags.js";
import { SafeHtml } from "../../../src/core/index.js";

export type Files = Readonly<Record<string, string>>;
export type Data = Readonly<Record<string, unknown>>;
export type Configure = (environment: nunjucks.Environment) => void;

export function writeFiles(folder: string, files: Files): void {
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  }
}

/** A folder of templates that goes away with the test. */
export function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), "templates-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFiles(folder, files);
  return folder;
}

/** Runs `main.njk` as Hydrant does. */
export function hydrantRender(files: Files, data: Data = {}, configure?: Configure): string {
  const folders = folderOf(files);
  return nunjucksRenderer({ folders, ...(configure && { configure }) }).compilePage?.("main.njk")(data) as string;
}

function plainArgument(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "__keywords")) return value;
  const { __keywords, ...named } = value as Record<string, unknown>;
  return named;
}

/** Nunjucks hands keyword arguments over with a mark, and knows its own safe strings only. */
function forNunjucks(value: unknown): unknown {
  if (value instanceof SafeHtml) return new nunjucks.runtime.SafeString(value.value);
  if (typeof value !== "function") return value;
  return (...args: readonly unknown[]) =>
    forNunjucks((value as (...all: readonly unknown[]) => unknown)(...args.map(plainArgument)));
}

/** Runs `main.njk` with Nunjucks alone: its own loader, compiler, runtime and context. */
export function stockRender(files: Files, data: Data = {}, configure?: Configure): string {
  const loader = new nunjucks.FileSystemLoader([folderOf(files)]);
  const environment = new nunjucks.Environment(loader, { autoescape: true });
  configure?.(environment);
  environment.addExtension("component", componentTag());
  environment.addExtension("slot", slotTag());
  const context = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, forNunjucks(value)]));
  return environment.render("main.njk", context);
}
