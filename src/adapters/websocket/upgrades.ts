import { type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ComponentServer, Failure } from "../../core/index.js";

/** An upgrade that is not answered with a socket, as an HTTP answer. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function refusalOf({ status, code, message, id, retryAfter }: Failure): Refusal {
  return {
    status,
    body: JSON.stringify({ error: { code, message, id } }),
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      ...(retryAfter === undefined ? {} : { "Retry-After": String(Math.ceil(retryAfter)) }),
    },
  };
}

/** Answers over HTTP and hangs up. */
export function refuseUpgrade(socket: Duplex, { status, body, headers }: Refusal): void {
  // A client that left before it read the answer is nobody's failure.
  socket.on("error", () => socket.destroy());
  const all = { ...headers, "Content-Length": String(Buffer.byteLength(body)), Connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
}

/** Path of an upgrade, as it came. */
export function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] as string;
}

/** Whether somebody else answers upgrades of this server too, and may know the path. */
export function hasOthers(server: Pick<Server, "listenerCount">): boolean {
  return server.listenerCount("upgrade") > 1;
}

/** Leaves an upgrade to whoever else answers them, and refuses it when nobody has taken it up for a while. */
export function leaveToOthers(
  socket: Duplex,
  { after, limits }: Pick<ComponentServer, "after" | "limits">,
  refusal: () => Refusal,
): void {
  const { bytesWritten } = socket as Socket;
  // Until somebody takes it, a client that leaves would end the process.
  socket.on("error", () => socket.destroy());
  const cancel = after(limits.bodyMs, () => {
    const isRead = socket.listenerCount("data") + socket.listenerCount("readable") > 0;
    const isTaken = socket.destroyed || isRead || (socket as Socket).bytesWritten !== bytesWritten;
    if (!isTaken) refuseUpgrade(socket, refusal());
  });
  socket.once("close", cancel);
}
