import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { Connection } from "../socket/connection.js";
import { type Recorded, record } from "../socket/recorded.js";
import { LAST_WORDS, Reader } from "./reader.js";
import { BROADCAST_PATH } from "./serve.js";
import type { Tape } from "./tape.js";
import { TRANSPORTS, type TransportName } from "./transports.js";

/** Headers that Node writes by itself for every server. */
const NODES_OWN = new Set(["date", "connection", "keep-alive", "transfer-encoding"]);

function headersIn(heard: string): Readonly<Record<string, string>> {
  const lines = heard.slice(0, heard.indexOf("\r\n\r\n")).split("\r\n").slice(1);
  const fields = lines.map((line) => line.split(": ", 2) as [string, string]);
  return Object.fromEntries(fields.filter(([name]) => !NODES_OWN.has(name.toLowerCase())));
}

/** What one page hears from this server, and one broadcast. @param file For the page, on its way. */
export async function listenTo(port: number, name: TransportName, file: string): Promise<Tape> {
  const transport = TRANSPORTS[name];
  let onMessage = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    onMessage = resolve;
  });
  const onLost = (): void => {};
  const reader = await Reader.open(port, { transport, mark: LAST_WORDS, onMessage, onLost, keeps: true });
  const connection = await Connection.open(port);
  await connection.ask(`POST ${BROADCAST_PATH} HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n`);
  await arrived;
  connection.close();
  reader.close();
  const messages = transport.messages(reader.heard);
  const message = messages.at(-1) as string;
  assert.equal(message.split(LAST_WORDS).length, 2, "the piece is not told once");
  record(file, reader.page as NonNullable<Reader["page"]>);
  const page = JSON.parse(readFileSync(file, "utf8")) as Recorded;
  const [hello = "", subscribed = ""] = messages.slice(0, -1);
  return { page, headers: headersIn(reader.heard), hello, subscribed, message };
}

/** Bare servers say the same. */
export function checkSame(name: string, heard: Tape, expected: Tape): void {
  assert.deepEqual(heard, expected, `${name} says something else`);
}
