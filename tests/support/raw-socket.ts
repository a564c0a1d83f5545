import { connect, type Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import type { SocketApp } from "./socket-app.js";

/** The request that opens a socket, as bytes. */
export const UPGRADE =
  "GET /components/_ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nx-user: ann\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const CLOSE_FRAME = 0x88;

export interface RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  received(): string;
  /** Code of the close frame that came last. */
  code(): number;
}

/** A socket whose frames a test writes byte by byte. */
export async function rawClient({ port }: SocketApp, upgrade = UPGRADE): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  // A reset is one of the ways to be closed.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  onTestFinished(() => void socket.destroy());
  socket.write(upgrade);
  await expect.poll(() => text).toContain('"connected"');
  const code = (): number => {
    const bytes = Buffer.from(text, "latin1");
    return bytes.readUInt16BE(bytes.lastIndexOf(CLOSE_FRAME) + 2);
  };
  return { socket, closed, received: () => text, code };
}

/** A client's frame with an empty mask. @param said The length it claims, where that is another one. */
export function frame(first: number, bytes: Buffer = Buffer.alloc(0), said: number | bigint = bytes.length): Buffer {
  const mask = Buffer.alloc(4);
  if (typeof said === "bigint") {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(said);
    return Buffer.concat([Buffer.from([first, 0xff]), long, mask, bytes]);
  }
  if (said < 126) return Buffer.concat([Buffer.from([first, 0x80 | said]), mask, bytes]);
  return Buffer.concat([Buffer.from([first, 0xfe, said >> 8, said & 0xff]), mask, bytes]);
}
