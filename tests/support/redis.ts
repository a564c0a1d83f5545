import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PLACES = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"];

/** A real Redis on a port of its own, which keeps nothing on disk. */
export interface TestRedis {
  /** `redis://127.0.0.1:port`; stays the same when it is started again. */
  readonly url: string;
  /** Ends the process without a word to its clients, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, empty, and waits until it answers. */
  start(): Promise<void>;
  /** Makes it hang: connections stay open and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Ends the process, hanging or not, and removes its folder. */
  stop(): Promise<void>;
}

function redisPath(): string {
  const path = [process.env.REDIS_SERVER_PATH, ...PLACES].find((place) => place !== undefined && existsSync(place));
  if (path === undefined) {
    throw new Error("Redis is missing. Install it: apt-get install redis-server, or set REDIS_SERVER_PATH.");
  }
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

async function run(port: number, folder: string): Promise<ChildProcess> {
  const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const args = [...where, "--save", "", "--appendonly", "no"];
  const child = spawn(redisPath(), args, { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (!line.includes("Ready to accept connections")) continue;
    // Nobody reads on; what it says later must not fill the pipe.
    child.stdout.resume();
    return child;
  }
  throw new Error(`redis-server ended before it was ready:\n${said.join("\n")}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Starts one. Whoever does has to stop it. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "hydrant-redis-"));
  let child = await run(port, folder);
  // A test run that breaks off leaves no server behind.
  const endNow = () => child.kill("SIGKILL");
  process.once("exit", endNow);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => end(child),
    async start() {
      child = await run(port, folder);
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    async stop() {
      await end(child);
      process.off("exit", endNow);
      rmSync(folder, { recursive: true });
    },
  };
}
