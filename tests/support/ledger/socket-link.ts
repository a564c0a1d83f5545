import { WebSocket } from "ws";
import type { Root } from "../cluster/visitor.js";
import type { Link, LinkHearer, LinkParts, RefusedCodes } from "./link.js";

interface SocketMessage {
  readonly type: string;
  readonly id?: string;
  readonly component_id?: string;
  readonly html?: string;
  readonly base?: string;
  readonly cursor?: string;
  readonly append?: string;
  readonly instances?: readonly string[];
  readonly topic?: string;
  readonly change?: unknown;
  readonly code?: string;
}

/** Milliseconds between two signs of life, which are answered with the position. */
const PING_MS = 2_000;
const PATIENCE_MS = 10_000;

interface Waiting {
  readonly resolve: (refused: RefusedCodes) => void;
  readonly reject: (error: Error) => void;
}

function hearMessage(message: SocketMessage, hear: LinkHearer): void {
  const {
    type,
    html = "",
    base = "~",
    cursor,
    append,
    instances = [],
    topic = "",
    change,
    component_id = "",
    code,
  } = message;
  if (type === "component_update" && append !== undefined) hear.piece(append, html);
  else if (type === "component_update") hear.update(html, base);
  else if (type === "resync") hear.resync(instances);
  else if (type === "stale" || type === "current") hear.health(type === "current");
  else if (type === "published") return hear.published(topic, change, cursor ?? "");
  else if (type === "error" && component_id !== "") hear.refused(component_id, code ?? "");
  if ((type === "component_update" || type === "pong") && cursor !== undefined) hear.position(cursor);
}

function opened(client: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    client.on("error", reject);
    client.once("close", () => reject(new Error("the socket was closed before it was open")));
    client.once("message", () => resolve());
  });
}

/** One socket. Instances and topics are asked for through it. */
export async function openSocketLink({ visitor, pick, cursor, hear }: LinkParts): Promise<Link> {
  const address = `ws://127.0.0.1:${pick().way.port}/components/_ws?cursor=${encodeURIComponent(cursor)}`;
  const client = new WebSocket(address, {
    headers: visitor.headers,
    perMessageDeflate: false,
    handshakeTimeout: PATIENCE_MS,
  });
  const waiting = new Map<string, Waiting>();
  let isClosed = false;
  let asked = 0;
  const closed = new Promise<void>((resolve) => {
    client.once("close", () => {
      isClosed = true;
      clearInterval(pinging);
      for (const { reject } of waiting.values()) reject(new Error("the socket was closed"));
      resolve();
    });
  });
  client.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString("utf8")) as SocketMessage;
    const one = message.id === undefined ? undefined : waiting.get(message.id);
    if (one === undefined) return hearMessage(message, hear);
    one.resolve(message.type === "error" ? [message.code ?? ""] : []);
  });
  const pinging = setInterval(() => {
    if (client.readyState === client.OPEN) client.send(JSON.stringify({ type: "ping" }));
  }, PING_MS);

  async function ask(message: object): Promise<RefusedCodes> {
    const id = String(++asked);
    if (client.readyState !== client.OPEN) throw new Error("the socket is closed");
    const answer = new Promise<RefusedCodes>((resolve, reject) => waiting.set(id, { resolve, reject }));
    const timer = setTimeout(() => waiting.get(id)?.reject(new Error("no answer through the socket")), PATIENCE_MS);
    client.send(JSON.stringify({ ...message, id }));
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }

  await opened(client);
  return {
    confirms: true,
    subscribe: ({ id: component_id, component, state }: Root, since) =>
      ask({ type: "subscribe", component_id, component, state, cursor: since }),
    async listen(topic, since) {
      const refused = await ask({ type: "subscribe", topic, cursor: since });
      if (refused.length > 0) throw new Error(`${topic} was refused: ${refused.join(", ")}`);
    },
    hide: () => client.pause(),
    show: () => client.resume(),
    close: () => client.terminate(),
    get isClosed() {
      return isClosed;
    },
    closed,
  };
}
