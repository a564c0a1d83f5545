import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const USER = fileURLToPath(new URL("user", import.meta.url));

export interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npm test` tells its children about this project must not reach the one under test. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const about = /^npm_(?:package_|lifecycle_|command$|config_local_prefix$|config_prefix$)|^NODE_OPTIONS$|^VITEST/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !about.test(name)));
}

function run(cwd: string, command: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env: ownEnvironment(), maxBuffer: 16_000_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : 1, stdout, stderr });
    });
  });
}

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(cwd, "npm", args);
  if (code !== 0) throw new Error(`npm ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
  return stdout;
}

export interface Packed {
  readonly tarball: string;
  /** Paths of the files in it. */
  readonly files: readonly string[];
  remove(): void;
}

/** The package as it would be published. Scripts do not run: the build is the one that is under test. */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "hydrant-packed-"));
  const report = await npm(ROOT, "pack", "--json", "--ignore-scripts", "--pack-destination", folder);
  // Older and newer npm give a list, or an object by package name.
  const [packed] = Object.values(JSON.parse(report) as Record<string, { filename: string; files: { path: string }[] }>);
  if (packed === undefined) throw new Error(`npm pack reported nothing: ${report}`);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path).sort(),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** An empty folder outside this project that a user would install the package into. */
export class UserProject {
  readonly folder = mkdtempSync(join(tmpdir(), "hydrant-user-"));
  readonly #running: ChildProcess[] = [];

  constructor() {
    writeFileSync(join(this.folder, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
    cpSync(USER, this.folder, { recursive: true });
  }

  /** Installs a tarball, and packages in the versions that this project is developed with. */
  async install(tarball: string | undefined, ...names: readonly string[]): Promise<void> {
    const packages = names.map((name) => `${name}@${manifest.devDependencies[name]}`);
    const all = tarball === undefined ? packages : [tarball, ...packages];
    await npm(this.folder, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", ...all);
  }

  /** Runs Node in the folder to its end. */
  node(...args: readonly string[]): Promise<Ran> {
    return run(this.folder, process.execPath, args);
  }

  /** Starts a server and waits for the line that names its port. */
  async start(file: string): Promise<string> {
    const child = spawn(process.execPath, [file], { cwd: this.folder, env: ownEnvironment(), stdio: "pipe" });
    this.#running.push(child);
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const [, port] = /^listening on (\d+)$/.exec(line) ?? [];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
    }
    throw new Error(`${file} ended before it listened:\n${errors}`);
  }

  remove(): void {
    for (const child of this.#running) child.kill();
    rmSync(this.folder, { recursive: true });
  }
}
