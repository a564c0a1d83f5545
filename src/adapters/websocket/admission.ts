import type { IncomingMessage } from "node:http";
import {
  type Caller,
  type ComponentServer,
  HydrantError,
  isOwnSite,
  type LiveConnection,
  type LiveEnd,
  type LiveMessage,
  type LiveSink,
} from "../../core/index.js";
import { type CallerOptions, type ContextMaker, contextOf, visitorOf } from "./callers.js";

/** Options of the door that matter before a socket is open. */
export interface AdmissionOptions extends CallerOptions {
  /** Other origins whose pages may open a socket, such as `https://admin.example.com`. Default none. */
  readonly origins?: readonly string[];
}

/** Somebody who may open a socket. */
export interface Visit {
  readonly connection: LiveConnection;
  /** Takes what the connection is told until the socket is open. */
  readonly early: EarlySink;
  /** The socket is htmx's own: what is pushed goes as HTML. */
  readonly isHtml: boolean;
  /** What the page has seen, where the address says so. */
  readonly cursor: string | undefined;
  /** The socket is open, and its end is heard there. */
  readonly opened: () => void;
  /** To be called when it has ended. */
  readonly left: (() => void) | undefined;
}

/** Takes what a connection is told before its socket is open. */
export class EarlySink implements LiveSink {
  readonly #told: ((sink: LiveSink) => void)[] = [];

  send(message: LiveMessage, page: string): boolean {
    this.#told.push((sink) => sink.send(message, page));
    return true;
  }

  end(why: LiveEnd): void {
    this.#told.push((sink) => sink.end(why));
  }

  /** The connection tells another one from now on, and that one all it told this one. */
  handOver(connection: LiveConnection, sink: LiveSink): void {
    connection.sink = sink;
    for (const tell of this.#told) tell(sink);
  }
}

/** Judges requests to open a socket, before anything of theirs is answered. */
export class Admission {
  readonly #server: ComponentServer;
  readonly #app: ContextMaker;
  readonly #options: AdmissionOptions & { readonly cookie: string };
  readonly #prefix: string;
  readonly #origins: ReadonlySet<string>;
  /** Sockets of visitors nobody knows, by network address: each is somebody else, so they are counted together. */
  readonly #strangers = new Map<string, number>();

  constructor(
    server: ComponentServer,
    app: ContextMaker,
    options: AdmissionOptions & { readonly cookie: string },
    prefix: string,
  ) {
    this.#server = server;
    this.#app = app;
    this.#options = options;
    this.#prefix = prefix;
    this.#origins = new Set(options.origins);
  }

  /** @throws {HydrantError} `cross_site`. */
  refuseForeign(req: IncomingMessage): void {
    const ctx = contextOf(this.#app, req);
    // Not `ctx.origin`: from Koa 3 on that is the request's own `Origin` header.
    if (!isOwnSite(req, () => `${ctx.protocol}://${ctx.host}`, this.#origins)) throw new HydrantError("cross_site");
  }

  /**
   * Cheapest first: the site it comes from, who asks, how many sockets that person has open.
   * @throws {HydrantError} `cross_site`, `rate_limited`, `unavailable`, `timeout`, and what the application's `caller` throws.
   */
  async admit(req: IncomingMessage): Promise<Visit> {
    this.refuseForeign(req);
    const visitor = visitorOf(req, this.#app, this.#server, this.#options, this.#options.cookie);
    const caller = await this.#within(visitor.first());
    const left = visitor.isKnown() ? undefined : this.#countStranger(String(caller.ip));
    const early = new EarlySink();
    const { now: callerNow } = visitor;
    const base = this.#prefix;
    const call = callerNow === undefined ? { caller, base } : { caller, callerNow, base };
    let connection: LiveConnection;
    try {
      connection = this.#server.live.connect(call, early);
    } catch (error) {
      left?.();
      throw error;
    }
    // The other side may leave before the socket is open.
    const close = (): void => {
      connection.closed();
      left?.();
    };
    if (req.socket.destroyed) close();
    else req.socket.once("close", close);
    const query = new URLSearchParams(req.url?.split("?", 2)[1]);
    const cursor = query.get("cursor");
    return {
      connection,
      early,
      isHtml: query.get("html") === "1",
      cursor: cursor === null || cursor.length > 200 ? undefined : cursor,
      opened: () => void req.socket.off("close", close),
      left,
    };
  }

  #countStranger(ip: string): () => void {
    const count = (this.#strangers.get(ip) ?? 0) + 1;
    if (count > this.#server.limits.connections) {
      throw new HydrantError("rate_limited", "Too many sockets are open. Close some of them.", { retryAfter: 30 });
    }
    this.#strangers.set(ip, count);
    return () => {
      const left = (this.#strangers.get(ip) ?? 1) - 1;
      if (left === 0) this.#strangers.delete(ip);
      else this.#strangers.set(ip, left);
    };
  }

  /** Who asks must be known in the time a call has. */
  async #within<T>(answer: Promise<T>): Promise<T> {
    const { after, limits } = this.#server;
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = after(limits.callMs, () => reject(new HydrantError("timeout", "`caller` did not answer in time")));
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      cancel();
    }
  }
}
