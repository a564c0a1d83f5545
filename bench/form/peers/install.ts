import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

export type PeerName = "sveltekit" | "next";

/** What the peers share with every contender, as compiled; copied into the folder of each. */
const SHARED = ["contact.js", "fields.js"].map((name) => fileURLToPath(new URL(`../${name}`, import.meta.url)));
/** What a developer's own install or build may have left in a peer's folder. */
const NOT_SOURCES = new Set(["node_modules", "build", ".svelte-kit", ".next"]);
const STAMP = ".built";
const MOST_MS = 600_000;
const GIST_LINES = 4;

function sourcesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !NOT_SOURCES.has(name))
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? sourcesIn(path) : [path]));
}

function digestOf(files: readonly string[]): string {
  const digest = createHash("sha256").update(process.version);
  for (const file of files) digest.update(file).update("\0").update(readFileSync(file));
  return digest.digest("hex");
}

/** The lines that say what went wrong; where none does, the last ones. */
function gist(said: string): string {
  const lines = said.split("\n").filter((line) => /\w/.test(line.replace("npm error", "")));
  const errors = lines.filter((line) => /error/i.test(line)).slice(0, GIST_LINES);
  return (errors.length === 0 ? lines.slice(-GIST_LINES) : errors).join("\n");
}

/** @throws {Error} that says why npm could not do it. */
function npm(folder: string, ...args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync("npm", args, {
    cwd: folder,
    encoding: "utf8",
    timeout: MOST_MS,
    shell: process.platform === "win32",
    env: {
      ...process.env,
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      // The lock file is complete; Next would ask a registry about it.
      NEXT_IGNORE_INCORRECT_LOCKFILE: "1",
    },
  });
  if (status === 0) return;
  throw new Error(`npm ${args[0]}: ${error?.message ?? `status ${status}`}\n${gist(`${stderr}\n${stdout}`)}`);
}

/** Digests of what was installed and built last. */
interface Stamp {
  readonly packages: string;
  readonly sources: string;
}

function stampIn(folder: string): Partial<Stamp> {
  const file = join(folder, STAMP);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Stamp) : {};
}

/**
 * Installs a peer from its lock file and builds it for production, in a folder that git ignores; neither happens again
 * before its files change.
 *
 * @returns the folder
 * @throws {Error} when npm could not do it
 */
export function preparePeer(name: PeerName): string {
  const source = fileURLToPath(new URL(`../../../bench/form/peers/${name}`, import.meta.url));
  const folder = fileURLToPath(new URL(`../../peers/${name}`, import.meta.url));
  const stamp: Stamp = {
    packages: digestOf(["package.json", "package-lock.json"].map((name) => join(source, name))),
    sources: digestOf([...sourcesIn(source), ...SHARED]),
  };
  const done = stampIn(folder);
  if (done.sources === stamp.sources) return folder;
  mkdirSync(folder, { recursive: true });
  const installed = done.packages === stamp.packages;
  for (const entry of readdirSync(folder)) {
    if (entry !== "node_modules" || !installed) rmSync(join(folder, entry), { recursive: true });
  }
  for (const entry of readdirSync(source)) {
    if (!NOT_SOURCES.has(entry)) cpSync(join(source, entry), join(folder, entry), { recursive: true });
  }
  for (const file of SHARED) cpSync(file, join(folder, basename(file)));
  if (!installed) npm(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
  npm(folder, "run", "build");
  writeFileSync(join(folder, STAMP), JSON.stringify(stamp));
  return folder;
}
