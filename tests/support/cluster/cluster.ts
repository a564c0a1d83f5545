import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type CuttingProxy, openCuttingProxy } from "../cutting-proxy.js";
import { startRedis, type TestRedis } from "../redis.js";
import { type ClusterDatabase, openClusterDatabase } from "./database.js";
import type { NodeConfig } from "./node.js";

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  /** Milliseconds from the signal to the end. */
  readonly ms: number;
}

/** One node: a process of its own, with ways to it and to Redis that can be cut. */
export interface ClusterNode {
  readonly name: string;
  /** Where clients reach it. */
  readonly way: CuttingProxy;
  /** Its way to Redis. */
  readonly redisWay: CuttingProxy;
  readonly isUp: boolean;
  /** Counts its lives. */
  readonly life: number;
  /** Starts it, and waits until it listens. */
  start(): Promise<void>;
  /** Ends it as an orchestrator does: SIGTERM, and it may finish what it has in hand. */
  stop(): Promise<Ended>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** What it wrote last, of all its lives. */
  readonly lines: readonly string[];
}

export interface Cluster {
  readonly redis: TestRedis;
  readonly nodes: readonly ClusterNode[];
  readonly database: ClusterDatabase;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly nodes?: number;
  readonly leaseMs?: number;
}

const PROGRAM = fileURLToPath(new URL("./node.ts", import.meta.url));
const MOST_LINES = 2_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function keep(child: ChildProcess, name: string, lines: string[]): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on("line", (line) => {
      lines.push(`${name} ${line}`);
      if (lines.length > MOST_LINES) lines.splice(0, MOST_LINES / 2);
    });
  }
}

async function launch(config: NodeConfig, lines: string[]): Promise<ChildProcess> {
  const child = fork(PROGRAM, [JSON.stringify(config)], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  keep(child, config.name, lines);
  const ended = once(child, "exit").then(() => {
    throw new Error(`${config.name} ended before it listened:\n${lines.slice(-20).join("\n")}`);
  });
  await Promise.race([once(child, "message"), ended]);
  ended.catch(() => {
    // Later it may end.
  });
  return child;
}

function isRunning(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

async function openNode(config: Omit<NodeConfig, "port" | "redisUrl">, redis: TestRedis): Promise<ClusterNode> {
  const port = await freePort();
  const way = await openCuttingProxy(port);
  const redisWay = await openCuttingProxy(Number(new URL(redis.url).port));
  const lines: string[] = [];
  let child: ChildProcess | undefined;
  let life = 0;

  async function end(signal: NodeJS.Signals): Promise<Ended> {
    if (!isRunning(child)) return { code: null, signal: null, ms: 0 };
    const since = performance.now();
    const ended = once(child, "exit") as Promise<[number | null, string | null]>;
    child.kill(signal);
    const [code, by] = await ended;
    return { code, signal: by, ms: performance.now() - since };
  }

  return {
    name: config.name,
    way,
    redisWay,
    lines,
    get isUp() {
      return isRunning(child);
    },
    get life() {
      return life;
    },
    async start() {
      life++;
      child = await launch({ ...config, port, redisUrl: `redis://127.0.0.1:${redisWay.port}` }, lines);
    },
    stop: () => end("SIGTERM"),
    async kill() {
      await end("SIGKILL");
    },
  };
}

/** Starts Redis and some nodes that share it, a key and a database. Whoever does has to close it. */
export async function startCluster({ nodes: count = 3, leaseMs = 2_000 }: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "hydrant-cluster-"));
  const path = join(folder, "database.db");
  const database = openClusterDatabase(path);
  const redis = await startRedis();
  const key = randomBytes(32).toString("base64url");
  const names = Array.from({ length: count }, (_, n) => `node-${n + 1}`);
  const nodes = await Promise.all(names.map((name) => openNode({ name, key, leaseMs, database: path }, redis)));
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()));
    await Promise.all(nodes.flatMap(({ way, redisWay }) => [way.close(), redisWay.close()]));
    await redis.stop();
    database.close();
    rmSync(folder, { recursive: true });
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await close();
    throw error;
  }
  return { redis, nodes, database, close };
}
