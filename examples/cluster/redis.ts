import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { createClient } from "redis";

/** A Redis to work with. */
export interface FoundRedis {
  readonly url: string;
  /** Ends it where it was started here. */
  stop(): Promise<void>;
}

/** What is missing, and how to mend that. */
export class RedisMissing extends Error {}

/** A client as nodes need it, not yet connected: what Redis cannot be asked now is not asked later. */
export function redisClient(url: string) {
  return createClient({ url, disableOfflineQueue: true, commandsQueueMaxLength: 10_000 });
}

const PLACES = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];

function findProgram({ PATH = "", REDIS_SERVER_PATH: own }: NodeJS.ProcessEnv): string | undefined {
  const folders = [...PATH.split(delimiter), ...PLACES];
  return [own, ...folders.map((folder) => join(folder, "redis-server"))].find((path) => path && existsSync(path));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until it answers. */
async function answers(url: string, tries: number): Promise<void> {
  const reconnectStrategy = (retries: number) => (retries < tries ? 100 : false);
  const client = createClient({ url, socket: { reconnectStrategy } });
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new RedisMissing(
      `There is no answer from Redis at ${url}: ${error instanceof Error ? error.message : error}`,
    );
  }
  await client.ping();
  client.destroy();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/**
 * The Redis at `REDIS_URL`, or one of our own on a free port, which keeps nothing on disk.
 * @throws {RedisMissing} where there is none.
 */
export async function findRedis(env: NodeJS.ProcessEnv): Promise<FoundRedis> {
  const { REDIS_URL: given } = env;
  if (given) {
    await answers(given, 3);
    return { url: given, stop: async () => {} };
  }
  const program = findProgram(env);
  if (program === undefined) {
    throw new RedisMissing(
      "This example needs Redis, and there is no redis-server here. Install it with `sudo apt-get install redis-server` " +
        "on Debian and Ubuntu or `brew install redis` on a Mac, or set REDIS_URL to a Redis that runs.",
    );
  }
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  // In a group of its own: Ctrl+C in the terminal would end it before the nodes have finished what they have in hand.
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  const endNow = () => child.kill("SIGKILL");
  process.once("exit", endNow);
  const url = `redis://127.0.0.1:${port}`;
  await answers(url, 100);
  return {
    url,
    async stop() {
      await end(child);
      process.off("exit", endNow);
    },
  };
}
