import { createServer, type IncomingHttpHeaders, type RequestListener, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A request written down to the last header; nothing is added but `Host` and `Content-Length`. */
export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server of node:http on a free port of this machine. */
export interface Listening {
  readonly port: number;
  /** `http://127.0.0.1:port`, as the server sees its own origin. */
  readonly origin: string;
  request(one: RawRequest): Promise<RawAnswer>;
  /** A bare socket, for requests that no client would send. */
  socket(): RawSocket;
  close(): Promise<void>;
}

/** A TCP connection that collects what it receives. */
export interface RawSocket {
  readonly socket: Socket;
  write(text: string): void;
  /** Everything that came so far. */
  received(): string;
  readonly closed: Promise<void>;
}

function exchange(port: number, { method = "GET", path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const outgoing = request(
      { host: "127.0.0.1", port, method, path, headers: { ...length, ...headers }, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const { statusCode = 0, headers: answered } = incoming;
          resolve({ status: statusCode, headers: answered, body: Buffer.concat(chunks).toString("utf8") });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function rawSocket(port: number): RawSocket {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  // A reset is one of the ways to be closed.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  return { socket, write: (data) => void socket.write(data), received: () => text, closed };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export async function listen(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    request: (one) => exchange(port, one),
    socket: () => rawSocket(port),
    close: () => closeServer(server),
  };
}

/** Fields as a browser's form sends them. */
export function formBody(fields: Readonly<Record<string, string>> | readonly (readonly [string, string])[]): string {
  const entries = Array.isArray(fields) ? fields : Object.entries(fields);
  return new URLSearchParams(entries as [string, string][]).toString();
}

export const FORM = { "Content-Type": "application/x-www-form-urlencoded" } as const;
export const HTMX = { "HX-Request": "true" } as const;
