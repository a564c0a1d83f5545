// npx tsx examples/cluster/server.ts: several nodes, the Redis they share and a proxy before them, with one command.
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { openProxy, type ProxiedNode } from "./proxy.js";
import { findRedis, RedisMissing } from "./redis.js";

const NAMES = ["node-1", "node-2", "node-3"];
const PROGRAM = fileURLToPath(new URL("./node.ts", import.meta.url));
/** Milliseconds nodes may take to stop, after which they are ended, and after which one that was lost is started again. */
const STOP_MS = 25_000;
const AGAIN_MS = 1_000;

const redis = await findRedis(process.env).catch((error: unknown) => {
  if (!(error instanceof RedisMissing)) throw error;
  console.error(error.message);
  process.exit(1);
});
// All nodes seal with the same key.
const env = {
  ...process.env,
  HYDRANT_KEY: process.env.HYDRANT_KEY || randomBytes(32).toString("base64url"),
  REDIS_URL: redis.url,
  NODE_NAMES: NAMES.join(),
};

const children = new Map<string, ChildProcess>();
const nodes = new Map<string, ProxiedNode>();
let isStopping = false;

/** Starts a node, and again whenever it is lost. @param port The same as before, or 0 for any. */
async function startNode(name: string, port = 0): Promise<void> {
  const own = { ...env, NODE_NAME: name, PORT: String(port) };
  const child = fork(PROGRAM, { execArgv: ["--import", "tsx"], env: own });
  children.set(name, child);
  child.once("exit", () => {
    children.delete(name);
    if (isStopping) return;
    console.log(`${name} was lost and is started again.`);
    setTimeout(() => void (isStopping || startNode(name, nodes.get(name)?.port)), AGAIN_MS);
  });
  const [taken] = (await Promise.race([once(child, "message"), once(child, "exit")])) as [number | null];
  if (taken === null || child.exitCode !== null) return;
  nodes.set(name, { name, port: taken });
  console.log(`${name} listens on port ${taken}; end it with: kill -9 ${child.pid}`);
}

const proxy = openProxy(() => [...nodes.values()]);

/** Nodes finish what they have in hand, while the proxy still passes it on; then everything ends. */
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const late = setTimeout(() => {
    for (const child of children.values()) child.kill("SIGKILL");
  }, STOP_MS);
  const ended = [...children.values()].map((child) => once(child, "exit"));
  for (const child of children.values()) child.kill("SIGTERM");
  await Promise.all(ended);
  clearTimeout(late);
  proxy.close();
  proxy.closeAllConnections();
  await redis.stop();
}
process.once("SIGTERM", () => void stop());
process.once("SIGINT", () => void stop());

await Promise.all(NAMES.map((name) => startNode(name)));
try {
  if (!isStopping) await once(proxy.listen(Number(process.env.PORT ?? 3000), "127.0.0.1"), "listening");
  if (!isStopping) console.log(`They are open together at http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  if (!isStopping) console.log("Stop them with Ctrl+C.");
} catch (error) {
  console.error(
    `The proxy cannot listen: ${error instanceof Error ? error.message : error}. Set PORT to another port.`,
  );
  process.exitCode = 1;
  await stop();
}
