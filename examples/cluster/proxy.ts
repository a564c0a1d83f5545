import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A node behind the proxy. */
export interface ProxiedNode {
  readonly name: string;
  readonly port: number;
}

/** Milliseconds between two questions of how a node does, and for which it may leave one without an answer. */
const ASK_MS = 250;
const PATIENCE_MS = 1_000;

/** What is said from hop to hop only. Source: RFC 9110, 7.6.1. */
const HOP = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)));
}

function isReady({ port }: ProxiedNode): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request(
      { host: "127.0.0.1", port, path: "/health", timeout: PATIENCE_MS, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    asking.on("timeout", () => asking.destroy());
    asking.on("error", () => resolve(false));
    asking.end();
  });
}

function reach({ port }: ProxiedNode): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}

/**
 * Spreads requests over nodes, one after the other in turn. Streams and WebSockets pass through. A node that says it is
 * about to stop gets no more of them; a request that reached no node goes to the next.
 */
export function openProxy(nodes: () => readonly ProxiedNode[]): Server {
  const resting = new Set<string>();
  let turn = 0;

  async function ask(node: ProxiedNode): Promise<void> {
    if (await isReady(node)) resting.delete(node.name);
    else resting.add(node.name);
  }

  /** A connection to the node whose turn it is, or to the next that can be reached. */
  async function reachNext(): Promise<Socket | undefined> {
    const all = nodes();
    turn++;
    const inTurn = all.map((_, n) => all[(turn + n) % all.length] as ProxiedNode);
    const isWell = ({ name }: ProxiedNode) => !resting.has(name);
    for (const node of [...inTurn.filter(isWell), ...inTurn.filter((one) => !isWell(one))]) {
      const socket = await reach(node);
      if (socket !== undefined) return socket;
      resting.add(node.name);
    }
    return undefined;
  }

  async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const socket = await reachNext();
    if (socket === undefined)
      return void answer.writeHead(503, { "Retry-After": "1" }).end("No node can be reached.\n");
    const seenBy = [incoming.headers["x-forwarded-for"], incoming.socket.remoteAddress].filter(Boolean).join(", ");
    const headers = { ...passedOn(incoming.headers), "x-forwarded-for": seenBy };
    const { method, url: path } = incoming;
    const outgoing = request({ createConnection: () => socket, method, path, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, passedOn(answered.headers));
      answer.flushHeaders();
      answered.pipe(answer);
      answered.on("error", () => answer.destroy());
    });
    outgoing.on("error", () => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end("The node was lost.\n");
    });
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  async function passUpgrade({ method, url, rawHeaders }: IncomingMessage, near: Duplex, head: Buffer): Promise<void> {
    const far = await reachNext();
    near.on("error", () => far?.destroy());
    near.on("close", () => far?.destroy());
    if (far === undefined) return void near.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
    far.on("error", () => near.destroy());
    far.on("close", () => near.destroy());
    const lines = rawHeaders.flatMap((name, n) => (n % 2 === 0 ? [`${name}: ${rawHeaders[n + 1]}`] : []));
    far.write(`${[`${method} ${url} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`);
    far.write(head);
    near.pipe(far).pipe(near);
  }

  const asking = setInterval(() => {
    for (const node of nodes()) void ask(node);
  }, ASK_MS);
  const server = createServer((incoming, answer) => void pass(incoming, answer));
  server.on("upgrade", (incoming, near, head) => void passUpgrade(incoming, near, head));
  server.on("close", () => clearInterval(asking));
  return server;
}
