import type { IncomingMessage } from "node:http";
import {
  type ComponentServer,
  HydrantError,
  isOwnSite,
  type LiveConnection,
  type LiveEnd,
  type LiveMessage,
  type LiveSink,
} from "../../core/index.js";
import { type CallerOptions, type ContextMaker, contextOf, visitorOf, within } from "./callers.js";

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
    const caller = await within(this.#server, visitor.first());
    const early = new EarlySink();
    const { now: callerNow } = visitor;
    const base = this.#prefix;
    const call = callerNow === undefined ? { caller, base } : { caller, callerNow, base };
    const connection = this.#server.live.connect(call, early, !visitor.isKnown());
    // The other side may leave before the socket is open.
    const close = (): void => connection.closed();
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
    };
  }
}
