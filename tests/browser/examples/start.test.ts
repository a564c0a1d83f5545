import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const ended: (() => void)[] = [];

afterEach(() => {
  for (const end of ended.splice(0)) end();
});

interface Started {
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  said(): string;
  readonly exit: Promise<number | null>;
}

function start(script: string, env: Readonly<Record<string, string>>): Started {
  const { NODE_ENV: _mode, HYDRANT_KEY: _key, ...inherited } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", script], { cwd: root, env: { ...inherited, ...env } });
  ended.push(() => child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  return { child, said: () => text, exit: new Promise((resolve) => child.once("exit", resolve)) };
}

async function addressOf({ said }: Started): Promise<string> {
  await expect.poll(said, { timeout: 15_000 }).toMatch(/open at http:\S+\n[\s\S]*Ctrl\+C/);
  return /open at (http:\S+)/.exec(said())?.[1] as string;
}

test("the gallery takes the next free port, names it, and says that it made a key", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  ended.push(() => other.close());
  const { port } = other.address() as AddressInfo;
  const started = start("examples/server.ts", { PORT: String(port) });
  const address = await addressOf(started);
  expect(Number(new URL(address).port)).toBeGreaterThan(port);
  expect(started.said()).toContain(`Port ${port} is taken`);
  expect(started.said()).toContain("no key was given, so a random one was made");
  expect(await (await fetch(address)).text()).toContain("live piece of a page");
});

test.each(["SIGINT", "SIGTERM"] as const)("%s ends it cleanly, open connections or not", async (signal) => {
  const started = start("examples/server.ts", { PORT: "0" });
  const answer = await fetch(`${await addressOf(started)}/counter`);
  expect(answer.status).toBe(200);
  await answer.text();
  started.child.kill(signal);
  expect(await started.exit).toBe(0);
});

test("SIGTERM sends live pages and sockets elsewhere, and says so to whoever spreads the load", async () => {
  const started = start("examples/server.ts", { PORT: "0" });
  const address = await addressOf(started);
  expect(await (await fetch(`${address}/health`)).text()).toBe("ready\n");
  const live = await fetch(`${address}/components/_live`, { headers: { "Sec-Fetch-Site": "same-origin" } });
  expect(live.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const rest = live.text();
  const socket = new WebSocket(`${address.replace("http", "ws")}/components/_ws`, { origin: address });
  ended.push(() => socket.terminate());
  await new Promise((resolve) => socket.once("open", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  started.child.kill("SIGTERM");
  await expect.poll(async () => (await fetch(`${address}/health`)).status).toBe(503);
  expect(await closed).toBe(1012);
  await rest;
  expect(await started.exit).toBe(0);
});

test("in production it refuses to start without a key and says how to make one", async () => {
  const started = start("examples/server.ts", { PORT: "0", NODE_ENV: "production" });
  expect(await started.exit).toBe(1);
  expect(started.said()).toContain("HYDRANT_KEY");
  expect(started.said()).not.toContain("    at ");
});

test("in production it starts with a key, and says nothing about one", async () => {
  const key = "4mQ9vX2pL8sT6yB1nR7wC3zK5dF0hJgA-eUiOqWxYtE";
  const started = start("examples/server.ts", { PORT: "0", NODE_ENV: "production", HYDRANT_KEY: key });
  expect((await fetch(await addressOf(started))).status).toBe(200);
  expect(started.said()).not.toContain("key");
});

test.each(["card", "answer", "job", "chat", "dashboard", "socket-counter"])(
  "the example %s starts alone and is the first page then",
  async (name) => {
    const started = start(`examples/${name}/server.ts`, { PORT: "0" });
    const answer = await fetch(await addressOf(started));
    expect(new URL(answer.url).pathname).toBe(`/${name}`);
    expect(await answer.text()).toContain('class="stage"');
  },
);
