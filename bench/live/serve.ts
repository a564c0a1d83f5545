import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Question, Report } from "../socket/serve.js";

/** What a process with open connections holds. */
export interface Held {
  /**
   * Bytes of the whole process that are in memory, without the room for new objects: up to 32 MiB, empty after the
   * collector ran and given back some time later, or not.
   */
  readonly resident: number;
  /** Bytes that JavaScript holds: objects, and buffers beside them. */
  readonly objects: number;
  readonly connections: number;
}

/** Addresses for the bench itself; each server has them. */
export const HELD_PATH = "/bench/held";
export const BROADCAST_PATH = "/bench/broadcast";

/** A server whose connections stay open. */
export interface LastingServer {
  readonly listener: RequestListener;
  /** Sends 1 KB to everybody. */
  readonly broadcast: () => unknown;
}

const COLLECTIONS = 4;

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

function roomForNewObjects(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => space_name.startsWith("new_"));
  return spaces.reduce((sum, { physical_space_size }) => sum + physical_space_size, 0);
}

/** After the collector has taken what nobody needs, and given pages back. */
async function heldBy(http: Server, collect: () => void): Promise<Held> {
  for (let count = 0; count < COLLECTIONS; count++) {
    collect();
    await pause(50);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const connections = await new Promise<number>((resolve, reject) => {
    http.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
  return { resident: rss - roomForNewObjects(), objects: heapUsed + external, connections };
}

function report(message: Report): void {
  process.send?.(message);
}

async function answer(res: ServerResponse, ask: () => unknown): Promise<void> {
  try {
    const text = JSON.stringify((await ask()) ?? null);
    res.writeHead(200, { "Content-Length": Buffer.byteLength(text) }).end(text);
  } catch (error) {
    res.writeHead(500, { "Content-Length": 0 }).end();
    console.error(error);
  }
}

/** As `serve()` of the other scenarios, for servers that need the HTTP server itself and are asked what they hold. */
export function serveLasting(make: (http: Server) => LastingServer): void {
  const http = createServer();
  const collect = collector();
  http.keepAliveTimeout = 60_000;
  const { listener, broadcast } = make(http);
  http.on("request", (req, res) => {
    if (req.url === HELD_PATH) void answer(res, () => heldBy(http, collect));
    else if (req.url === BROADCAST_PATH) void answer(res, broadcast);
    else listener(req, res);
  });
  http.listen(0, "127.0.0.1", () => report({ kind: "listening", port: (http.address() as AddressInfo).port }));
  process.on("message", (question: Question) => {
    if (question === "stop") process.exit(0);
    const { user, system } = process.cpuUsage();
    report({ kind: "cpu", micros: user + system });
  });
  process.on("disconnect", () => process.exit(0));
}
