import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ComponentWebSocketManager } from "hydrant/websocket";
import type Koa from "koa";
import { expect } from "vitest";
import { WebSocket } from "ws";

/** A message of the server, with the fields tests look at. */
export interface SocketMessage {
  readonly type: string;
  readonly id?: string;
  readonly component_id?: string;
  readonly component?: string;
  readonly html?: string;
  readonly state?: string;
  readonly slots?: Readonly<Record<string, string>>;
  readonly rev?: number;
  readonly base?: string;
  readonly status?: number;
  readonly cursor?: string;
  readonly connection?: string;
  readonly code?: string;
  readonly message?: string;
  readonly error_id?: string;
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly error_id: string;
    readonly fields?: Readonly<Record<string, readonly string[]>>;
  };
  readonly effects?: {
    readonly redirect?: string;
    readonly push_url?: string;
    readonly trigger?: Readonly<Record<string, unknown>>;
    readonly removed?: boolean;
  };
  readonly partials?: readonly { readonly target: string; readonly swap: string; readonly html: string }[];
  readonly ticket?: string;
  readonly mode?: string;
  readonly number?: number;
  readonly stream_done?: boolean;
  readonly append?: string;
  readonly instances?: readonly string[];
  readonly topic?: string;
  readonly change?: unknown;
  readonly reached?: string;
  readonly retry_after?: number;
  readonly message_bytes?: number;
}

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A client with everything it received. */
export interface TestSocket {
  readonly client: WebSocket;
  /** JSON messages so far, the oldest first. */
  readonly messages: readonly SocketMessage[];
  /** What was no JSON. */
  readonly texts: readonly string[];
  send(message: object | string): void;
  /** Waits for the first message of these fields, also among those that came before. */
  message(fields: Partial<SocketMessage>): Promise<SocketMessage>;
  /** Sends a message with an id and waits for what ends it; everything of this id, in order. */
  ask(message: { readonly id: string } & Readonly<Record<string, unknown>>): Promise<readonly SocketMessage[]>;
  /** Sends a message with an id; everything of this id as it comes, until it has ended or the socket has. */
  answers(message: { readonly id: string } & Readonly<Record<string, unknown>>): AsyncGenerator<SocketMessage, void>;
  readonly closed: Promise<Closing>;
  close(): void;
}

const ENDS = /^(?:ack|error|subscribed|unsubscribed|pong)$/;

function fits(message: SocketMessage, fields: Partial<SocketMessage>): boolean {
  return Object.entries(fields).every(
    ([name, value]) => JSON.stringify(message[name as keyof SocketMessage]) === JSON.stringify(value),
  );
}

/** Resolves with the next message, or when the socket is closed. */
function nextOf(client: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      client.off("message", wake).off("close", wake);
      resolve();
    };
    client.on("message", wake).on("close", wake);
  });
}

async function* answersIn(
  messages: readonly SocketMessage[],
  client: WebSocket,
  id: string,
  from: number,
): AsyncGenerator<SocketMessage, void> {
  for (let at = from; ; at++) {
    while (at >= messages.length) {
      if (client.readyState !== client.OPEN) return;
      await nextOf(client);
    }
    const message = messages[at] as SocketMessage;
    if (message.id !== id) continue;
    yield message;
    if (ENDS.test(message.type)) return;
  }
}

/** Takes up everything a client receives. */
export function followSocket(client: WebSocket): TestSocket {
  const messages: SocketMessage[] = [];
  const texts: string[] = [];
  client.on("message", (data: Buffer) => {
    const text = data.toString("utf8");
    if (text.startsWith("{")) messages.push(JSON.parse(text) as SocketMessage);
    else texts.push(text);
  });
  // A reset is one of the ways to be closed.
  client.on("error", () => {});
  const closed = new Promise<Closing>((resolve) => {
    client.once("close", (code, reason) => resolve({ code, reason: reason.toString("utf8") }));
  });
  const send = (message: object | string): void =>
    client.send(typeof message === "string" ? message : JSON.stringify(message));
  return {
    client,
    messages,
    texts,
    send,
    async message(fields) {
      const found = (): SocketMessage | undefined => messages.find((one) => fits(one, fields));
      await expect.poll(found, { interval: 5, timeout: 5000, message: JSON.stringify(fields) }).toBeDefined();
      return found() as SocketMessage;
    },
    async ask(message) {
      const from = messages.length;
      const own = (): SocketMessage[] => messages.slice(from).filter(({ id }) => id === message.id);
      send(message);
      await expect
        .poll(() => own().some(({ type }) => ENDS.test(type)), { interval: 5, timeout: 10_000, message: message.id })
        .toBe(true);
      return own();
    },
    answers(message) {
      send(message);
      return answersIn(messages, client, message.id, messages.length);
    },
    closed,
    close: () => client.close(),
  };
}

/** Opens a socket as a browser of this site would. */
export async function openSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  options: { readonly autoPong?: boolean } = {},
): Promise<TestSocket> {
  const client = new WebSocket(url, { headers, perMessageDeflate: false, ...options });
  const socket = followSocket(client);
  await new Promise<void>((resolve, reject) => {
    client.once("open", resolve);
    client.once("unexpected-response", (_request, { statusCode }: IncomingMessage) => {
      reject(new Error(`the upgrade was refused with ${statusCode}`));
    });
    client.once("error", reject);
  });
  return socket;
}

/** The HTTP answer to an upgrade; 101 where it was granted. */
export function upgradeAnswer(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const client = new WebSocket(url, { headers });
    client.on("error", reject);
    client.once("open", () => {
      client.close();
      resolve({ status: 101, headers: {}, body: "" });
    });
    client.once("unexpected-response", (_request, answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      });
    });
  });
}

/** An application with sockets on a free port of this machine. */
export interface SocketServer {
  readonly port: number;
  /** `http://127.0.0.1:port`, as the server sees its own origin. */
  readonly origin: string;
  /** Address of the door's sockets. */
  readonly url: string;
  close(): Promise<void>;
}

export async function serveSockets<State, Ctx>(
  app: Koa<State, Ctx>,
  sockets: ComponentWebSocketManager,
  prefix = "/components",
): Promise<SocketServer> {
  const http = createServer(app.callback());
  sockets.listen(http, app);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    url: `ws://127.0.0.1:${port}${prefix}/_ws`,
    async close() {
      await sockets.close();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}
