import type { IncomingMessage, Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";
import Koa from "koa";
import websockify from "koa-websocket";
import type { WebSocketServer } from "ws";
import {
  type ComponentServer,
  DefinitionError,
  HydrantError,
  type LiveMessage,
  type Published,
} from "../../core/index.js";
import { Admission, type AdmissionOptions, type Visit } from "./admission.js";
import { OpenSocket, type SocketParts } from "./open-socket.js";
import { hasOthers, leaveToOthers, pathOf, type Refusal, refusalOf, refuseUpgrade } from "./upgrades.js";

/** Options of {@link ComponentWebSocketManager}. */
export interface WebSocketDoorOptions extends AdmissionOptions {
  /** Where the Koa door answers, as browsers see it; sockets are opened at `{prefix}/_ws`. Default `/components`. */
  readonly prefix?: string;
  /** Bytes of one message. A longer one closes the socket with 1009. Default 256 KiB. */
  readonly messageBytes?: number;
  /** Messages one socket may send in a second; twice as many at once. Those beyond are refused. Default 50. */
  readonly messagesPerSecond?: number;
}

/** Refused messages, too many or malformed, after which a socket is closed; one is forgiven every second. */
const MOST_REFUSED = 100;
const HEARTBEAT_MS = 15_000;
/** Milliseconds a client has to answer when a socket is closed. */
const CLOSING_MS = 2_000;

type SocketContext = websockify.SocketContext;
type WithSockets = { ws: websockify.SocketServer };

function isPrefix(text: string): boolean {
  return /^(?:\/[A-Za-z0-9._~-]+)+$/.test(text);
}

function checkNumbers(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new DefinitionError(`the option \`${name}\` is ${String(value)}; it must be a whole number above 0.`);
    }
  }
}

/**
 * Events and live updates over one WebSocket for each page, beside the Koa door and with the same components.
 *
 * ```ts
 * const sockets = new ComponentWebSocketManager(server, { caller });
 * sockets.attach(app);
 * app.listen(3000);
 * ```
 */
export class ComponentWebSocketManager {
  readonly #server: ComponentServer;
  readonly #options: WebSocketDoorOptions;
  readonly #prefix: string;
  readonly #path: string;
  readonly #bounds: { readonly maxPayload: number; readonly perMessageDeflate: false; readonly closeTimeout: number };
  readonly #visits = new WeakMap<IncomingMessage, Visit>();
  readonly #sockets = new Set<OpenSocket>();
  readonly #parts: SocketParts;
  #app: (Koa & WithSockets) | undefined;
  #admission: Admission | undefined;
  #isBeating = false;
  #isClosed = false;

  /** @throws {DefinitionError} for a prefix that is not a plain path, and numbers nobody can use. */
  constructor(server: ComponentServer, options: WebSocketDoorOptions = {}) {
    const { prefix = "/components", messageBytes = 262_144, messagesPerSecond = 50 } = options;
    if (!isPrefix(prefix)) {
      throw new DefinitionError(
        `the prefix ${JSON.stringify(prefix)} must be a path such as "/components", without a slash at its end.`,
      );
    }
    checkNumbers({ messageBytes, messagesPerSecond, trustedProxies: (options.trustedProxies ?? 0) + 1 });
    this.#server = server;
    this.#options = options;
    this.#prefix = prefix;
    this.#path = `${prefix}/_ws`;
    this.#bounds = { maxPayload: messageBytes, perMessageDeflate: false, closeTimeout: CLOSING_MS };
    this.#parts = {
      server,
      base: prefix,
      messageBytes,
      messages: { perSecond: messagesPerSecond, most: messagesPerSecond * 2, now: server.now },
      refusals: { perSecond: 1, most: MOST_REFUSED, now: server.now },
      pieces: new WeakMap<LiveMessage, Uint8Array>(),
      onClose: (socket) => void this.#sockets.delete(socket),
    };
  }

  /**
   * For an application that is started with `app.listen()`. Call it before. Sockets of its own the application adds with
   * `app.ws.use()`, the way of koa-websocket; pages of other sites may not open those either.
   * @throws {DefinitionError} for an application that uses koa-websocket already, and for a second one.
   */
  attach<State, Ctx>(app: Koa<State, Ctx>): void {
    const sockets = this.#websockify(app as unknown as Koa);
    const listen = sockets.listen.bind(sockets) as (...args: unknown[]) => Server;
    sockets.listen = ((...args: unknown[]): Server => {
      const http = listen(...args);
      this.#hear(http, sockets.ws.server);
      return http;
    }) as Koa["listen"];
  }

  /**
   * For a server of one's own, made with `createServer(app.callback())`, of `node:http` or `node:https`.
   * @param app The application, where `caller` reads its signed cookies or the application trusts a proxy. Not needed
   * after `attach`.
   */
  listen<State, Ctx>(http: Server | SecureServer, app?: Koa<State, Ctx>): void {
    const own = this.#app ?? this.#websockify((app ?? new Koa()) as unknown as Koa);
    own.ws.listen({ ...this.#bounds, noServer: true, verifyClient: this.#verifyClient });
    this.#hear(http, own.ws.server);
  }

  /** Publishes under a topic, as `server.publish()` does. */
  broadcast(topic: string, change?: unknown): Promise<Published> {
    return this.#server.publish(topic, change);
  }

  /** Renders an instance again wherever it is shown, as `server.pushUpdate()` does. */
  pushUpdate(componentId: string, change?: unknown): Promise<Published> {
    return this.#server.pushUpdate(componentId, change);
  }

  /** Closes every socket with 1012, so that pages connect again elsewhere, and opens no new ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const gone = [...this.#sockets].map((socket) => socket.restart());
    await Promise.all(gone);
  }

  #websockify(app: Koa): Koa & WithSockets {
    if (this.#app !== undefined)
      throw new DefinitionError("this door serves an application already; make one for each.");
    if ("ws" in app) {
      throw new DefinitionError(
        "the application uses koa-websocket already. Attach Hydrant in its place and add your own sockets with app.ws.use().",
      );
    }
    // It would accept every upgrade as soon as there is a server; here that is decided first.
    const sockets = websockify(app, {
      ...this.#bounds,
      noServer: true,
      server: undefined,
      verifyClient: this.#verifyClient,
    });
    sockets.ws.use((ctx, next) => this.#open(ctx, next));
    const cookie = this.#options.cookie ?? `hydrant${this.#prefix.replace(/[^A-Za-z0-9]+/g, "_")}`;
    this.#admission = new Admission(this.#server, app, { ...this.#options, cookie }, this.#prefix);
    this.#app = sockets;
    return sockets;
  }

  #hear(http: Server | SecureServer, sockets: WebSocketServer | undefined): void {
    http.on("upgrade", (req, socket, head) => this.#upgrade(http, sockets as WebSocketServer, req, socket, head));
  }

  #upgrade(
    http: Server | SecureServer,
    sockets: WebSocketServer,
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): void {
    if (pathOf(req) !== this.#path && !this.#hasOwnSockets()) {
      const refusal = (): Refusal => refusalOf(this.#server.report(new HydrantError("not_found")));
      if (hasOthers(http)) leaveToOthers(socket, this.#server, refusal);
      else refuseUpgrade(socket, refusal());
      return;
    }
    sockets.handleUpgrade(req, socket, head, (client) => sockets.emit("connection", client, req));
  }

  /** Whether the application added sockets of its own. */
  #hasOwnSockets(): boolean {
    const { middleware = [] } = (this.#app?.ws ?? {}) as { readonly middleware?: readonly unknown[] };
    return middleware.length > 1;
  }

  readonly #verifyClient = (
    { req }: { readonly req: IncomingMessage },
    answer: (isAdmitted: boolean, status?: number, body?: string, headers?: Record<string, string>) => void,
  ): void => {
    this.#judge(req).then(
      () => answer(true),
      (error: unknown) => {
        const { status, body, headers } = refusalOf(this.#server.report(error, { upgrade: true }));
        answer(false, status, body, { ...headers });
      },
    );
  };

  async #judge(req: IncomingMessage): Promise<void> {
    const admission = this.#admission as Admission;
    if (pathOf(req) !== this.#path) return admission.refuseForeign(req);
    if (this.#isClosed) throw new HydrantError("unavailable", "the node is about to stop", { retryAfter: 1 });
    this.#visits.set(req, await admission.admit(req));
  }

  /** The first middleware of every socket; what fails in those after it would otherwise leave the socket open. */
  async #open({ req, websocket }: SocketContext, next: () => Promise<void>): Promise<void> {
    try {
      const visit = this.#visits.get(req);
      if (visit === undefined) return await next();
      this.#visits.delete(req);
      this.#keep(new OpenSocket(websocket, req.socket, visit, this.#parts));
    } catch (error) {
      this.#server.report(error, { socket: true });
      websocket.close(1011, "internal");
    }
  }

  #keep(socket: OpenSocket): void {
    this.#sockets.add(socket);
    if (this.#isClosed) void socket.restart();
    if (!this.#isBeating) this.#beat();
  }

  /** One timer for all sockets, as long as there are any. */
  #beat(): void {
    this.#isBeating = this.#sockets.size > 0;
    if (!this.#isBeating) return;
    this.#server.after(HEARTBEAT_MS, () => {
      const now = this.#server.now();
      for (const socket of this.#sockets) socket.ping(now);
      this.#beat();
    });
  }
}
