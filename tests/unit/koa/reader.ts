import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { expect, onTestFinished } from "vitest";
import { readMultipart } from "../../../src/adapters/koa/multipart.js";
import { DEFAULT_LIMITS, HydrantError, type Limits, type TakeFile } from "../../../src/core/index.js";
import { testClock } from "../../support/clock.js";
import { type Listening, listen, type RawSocket } from "../../support/http.js";

export const EDGE = "multipart/form-data; boundary=edge";
export const END = "--edge--\r\n";

/** One part as a browser writes it. */
export function part(disposition: string, content: string, more = ""): string {
  return `--edge\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;
}

/** What stands in the payload in place of a file that was taken whole. */
export interface TakenFile {
  readonly name: string;
  readonly type: string;
  readonly content: string;
}

export async function contentOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

export const takeWhole: TakeFile = async (_field, file, bytes): Promise<TakenFile> => ({
  ...file,
  content: await contentOf(bytes),
});

/** How a reading ended. */
export interface Ending {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
  readonly code?: string;
  /** Bytes of the connection that were read until then. */
  readonly bytesRead: number;
  /** Listeners that the reading left on the request. */
  readonly left: number;
}

function listenersOf(req: IncomingMessage): number {
  return req.eventNames().reduce((sum, name) => sum + req.listenerCount(name), 0);
}

function codeOf(error: unknown): string {
  return error instanceof HydrantError ? error.code : String(error);
}

export interface ReaderOptions {
  readonly limits?: Partial<Limits>;
  readonly take?: TakeFile;
}

/** A server of node:http whose every request is read as multipart. */
export async function openReader({ limits, take = takeWhole }: ReaderOptions = {}) {
  const clock = testClock();
  const server = { limits: { ...DEFAULT_LIMITS, ...limits }, after: clock.after };
  const endings: Ending[] = [];
  let latest: IncomingMessage | undefined;
  const listening = await listen(async (req, res) => {
    latest = req;
    const before = listenersOf(req);
    const ended = () => ({ bytesRead: req.socket.bytesRead, left: listenersOf(req) - before });
    try {
      const fields = await readMultipart(req, req.headers["content-type"] ?? "", server, take);
      endings.push({ fields, ...ended() });
    } catch (error) {
      endings.push({ error, code: codeOf(error), ...ended() });
      res.statusCode = 400;
    }
    res.setHeader("Connection", "close");
    res.end();
  });
  onTestFinished(() => listening.close());
  return { clock, listening, endings, bytesRead: () => latest?.socket.bytesRead ?? 0 };
}

/** Sends a whole body. @returns how its reading ended. */
export async function readOver(body: string | Buffer, options: ReaderOptions = {}, type = EDGE): Promise<Ending> {
  const { listening, endings } = await openReader(options);
  // Who is refused in the middle of a body may find the connection closed before the answer.
  const sent = listening.request({ method: "POST", path: "/", headers: { "Content-Type": type }, body });
  await Promise.allSettled([sent]);
  await expect.poll(() => endings).toHaveLength(1);
  return endings[0] as Ending;
}

/** The beginning of a request that says its length and has sent nothing of its body yet. */
export function begin({ socket }: Listening, length: number | "chunked" = 1_000_000_000, type = EDGE): RawSocket {
  const client = socket();
  const size = length === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
  client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n${size}\r\n\r\n`);
  return client;
}

/** Reads bytes that lie there in these chunks. */
export function readChunks(chunks: readonly Buffer[], options: ReaderOptions = {}, type = EDGE) {
  const server = { limits: { ...DEFAULT_LIMITS, ...options.limits }, after: testClock().after };
  return readMultipart(Readable.from(chunks), type, server, options.take ?? takeWhole);
}
