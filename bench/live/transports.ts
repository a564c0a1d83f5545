import type { Answer } from "../socket/connection.js";
import { stateIn } from "../socket/htmx.js";
import { cookieIn } from "../socket/visitor.js";

/** How a page is told of what changes. */
export type TransportName = "sse" | "ws";

/** What a page says to be told, and what it hears. Texts have a character for every byte. */
export interface Transport {
  /** Asks for a connection that lasts. */
  readonly request: (port: number, page: Answer) => string;
  /** Whether the connection is open, after which `subscribe` is sent. */
  readonly isOpen: (received: string) => boolean;
  readonly subscribe: ((page: Answer) => string) | undefined;
  /** Whether the page is told of everything from now on. */
  readonly isReady: (received: string) => boolean;
  /** The messages in what was received, without what the wire adds to them. */
  readonly messages: (received: string) => readonly string[];
}

const HEAD_END = "\r\n\r\n";
const LINE_END = "\r\n";

const INSTANCE = /<section id="([^"]+)" data-component="([^"]+)"/;
const CURSOR = /_live\?cursor=([^"]*)"/;

/** Where the page may go on from, as it stands in addresses; pages without Hydrant's scripts do not say. */
function cursorIn({ body }: Answer): string | undefined {
  return CURSOR.exec(body)?.[1];
}

/** The instance on the page, as a subscription names it. */
function instanceIn({ body }: Answer): {
  readonly component: string;
  readonly component_id: string;
  readonly state: string;
} {
  const [, component_id = "", component = ""] = INSTANCE.exec(body) ?? [];
  return { component, component_id, state: stateIn(body) };
}

function headOf(port: number, path: string, page: Answer, own: readonly string[]): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...own,
    "Cache-Control: no-cache",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    `Cookie: ${cookieIn(page)}`,
  ];
  return lines.join(LINE_END) + HEAD_END;
}

function withoutHead(received: string): string {
  return received.slice(received.indexOf(HEAD_END) + HEAD_END.length);
}

/** The chunks of a body, one by one. */
function chunksOf(received: string): string[] {
  const rest = withoutHead(received);
  const chunks: string[] = [];
  for (let at = 0; at < rest.length; ) {
    const from = rest.indexOf(LINE_END, at) + LINE_END.length;
    const end = from + Number.parseInt(rest.slice(at, from), 16);
    chunks.push(rest.slice(from, end));
    at = end + LINE_END.length;
  }
  return chunks;
}

const FIRST_LONG = 126;

/** The texts of frames that a server sends; none of the bench is longer than 64 KiB. */
function framesOf(received: string): string[] {
  const rest = Buffer.from(withoutHead(received), "latin1");
  const texts: string[] = [];
  for (let at = 0; at + 1 < rest.length; ) {
    const short = rest.readUInt8(at + 1);
    const from = at + (short < FIRST_LONG ? 2 : 4);
    const end = from + (short < FIRST_LONG ? short : rest.readUInt16BE(at + 2));
    if (rest.readUInt8(at) === TEXT) texts.push(rest.toString("latin1", from, end));
    at = end;
  }
  return texts;
}

const TEXT = 0x81;
const MASKED = 0x80;

function lengthOf(bytes: number, masked: number): Buffer {
  if (bytes < FIRST_LONG) return Buffer.from([TEXT, masked | bytes]);
  return Buffer.from([TEXT, masked | FIRST_LONG, bytes >> 8, bytes & 255]);
}

/** A text as a server frames it. */
export function textFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([lengthOf(bytes.length, 0), bytes]);
}

/** A text as a client frames it, under a mask of zeros, which changes nothing. */
function maskedFrame(text: string): string {
  return `${lengthOf(text.length, MASKED).toString("latin1")}\0\0\0\0${text}`;
}

/** What a server asks with, and the answer to it. */
export const PING_BYTE = 0x89;
export const PONG = Buffer.from([0x8a, MASKED, 0, 0, 0, 0]);

export const TRANSPORTS: Readonly<Record<TransportName, Transport>> = {
  sse: {
    request(port, page) {
      const { component, state } = instanceIn(page);
      const cursor = cursorIn(page);
      const after = cursor === undefined ? "" : `&cursor=${cursor}`;
      return headOf(port, `/components/_live?component=${component}&state=${state}${after}`, page, [
        "Connection: keep-alive",
        "Accept: text/event-stream",
        `Referer: http://127.0.0.1:${port}/`,
        "Sec-Fetch-Dest: empty",
        "Sec-Fetch-Mode: cors",
        "Sec-Fetch-Site: same-origin",
      ]);
    },
    isOpen: (received) => received.includes("event: connected") && received.endsWith(`\n\n${LINE_END}`),
    subscribe: undefined,
    isReady: () => true,
    messages: chunksOf,
  },
  ws: {
    request: (port, page) =>
      headOf(port, `/components/_ws?cursor=${cursorIn(page) ?? ""}`, page, [
        "Connection: Upgrade",
        "Upgrade: websocket",
        `Origin: http://127.0.0.1:${port}`,
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
      ]),
    isOpen: (received) => received.includes('"type":"connected"') && received.endsWith("}"),
    subscribe(page) {
      const cursor = decodeURIComponent(cursorIn(page) ?? "");
      return maskedFrame(JSON.stringify({ type: "subscribe", ...instanceIn(page), cursor, id: "s" }));
    },
    isReady: (received) => received.includes('"type":"subscribed"') && received.endsWith("}"),
    messages: framesOf,
  },
};
