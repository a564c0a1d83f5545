import { randomInt } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Context } from "koa";
import {
  type Caller,
  type ComponentServer,
  failurePartial,
  HydrantError,
  type LiveConnection,
  type LiveEnd,
  type LiveMessage,
  type LiveSink,
  type Outcome,
  outcomePartials,
  partialHtml,
  type RefusedSubscription,
  type SubscribeRequest,
} from "../../core/index.js";
import { errorJson } from "./answer.js";
import { type EventStream, type EventStreams, encodeEvent, encodePosition, encodeRetry } from "./event-stream.js";

/** Milliseconds after which pages connect again, and over how many they spread when a node stops. */
const RETRY_MS = 1_000;
const SPREAD_MS = 5_000;

/** What a page asks for in the address. */
export interface LiveQuery {
  readonly subscribe: readonly SubscribeRequest[];
  readonly cursor: string | undefined;
  /** Several pages of one browser share the connection, so every message names its page. */
  readonly isShared: boolean;
}

/** @throws {HydrantError} `malformed` where components and seals do not come in pairs. */
export function readLiveQuery(ctx: Context): LiveQuery {
  // Koa keeps what `ctx.query` has read for as long as the request, which is that of the connection.
  const query = new URLSearchParams(ctx.querystring);
  const components = query.getAll("component");
  const states = query.getAll("state");
  if (components.length !== states.length) {
    throw new HydrantError("malformed", "Each component needs the state of one instance, in the same order.");
  }
  const last = ctx.req.headers["last-event-id"];
  const cursor = typeof last === "string" && last !== "" ? last : (query.get("cursor") ?? undefined);
  return {
    subscribe: components.map((component, index) => ({ component, state: states[index] as string })),
    cursor,
    isShared: query.has("shared"),
  };
}

/** Writes what a connection is told as an event stream: partials, and a few named events beside them. */
function encodeMessage(message: LiveMessage, page: string, isShared: boolean, server: ComponentServer): string {
  const piece = (html: string, id?: string): string => {
    if (html === "") return id === undefined ? "" : encodePosition(id);
    return isShared ? encodeEvent({ event: "page", id, data: `${page}\n${html}` }) : encodeEvent({ id, data: html });
  };
  switch (message.kind) {
    case "update":
      return piece(updateHtml(message.outcome, message.base), message.cursor);
    case "append":
      return piece(
        partialHtml(`#${message.component_id}--${message.place}`, "beforeend", message.html),
        message.cursor,
      );
    case "refused":
      return piece(
        failurePartial(server.report(message.error, { instance: message.component_id }), message.component_id),
      );
    case "resync":
      return encodeEvent({ event: "resync", data: JSON.stringify({ page, instances: message.instances }) });
    case "health":
      return encodeEvent({ event: message.current ? "current" : "stale", data: "{}" });
    case "published":
    case "muted":
      // Only sockets listen to topics themselves.
      return "";
  }
}

/** The first partial names the seal it was made from, for a client that holds another one by now. */
function updateHtml(outcome: Outcome, base: string): string {
  const html = outcomePartials(outcome);
  return outcome.html === "" ? html : html.replace("<hx-partial ", `<hx-partial data-base="${base}" `);
}

/** Without a last word the browser connects again by itself: elsewhere, or for the other pages that share the connection. */
function encodeEnding(why: LiveEnd, isShared: boolean): string {
  // All at once would fall upon the nodes that are left.
  if (why === "restart") return encodeRetry(randomInt(SPREAD_MS));
  if (isShared && why !== "unauthenticated") return "";
  return encodeEvent({ event: "component:closed", data: JSON.stringify({ code: why }) });
}

/** What all connections of a door share. The bytes of a piece that goes to many are made once. */
export class LiveParts {
  readonly #whole = new WeakMap<LiveMessage, Uint8Array>();
  readonly #aroundPage = new WeakMap<LiveMessage, readonly [Uint8Array, Uint8Array]>();

  constructor(
    readonly server: ComponentServer,
    readonly streams: EventStreams,
  ) {}

  bytesOf(message: LiveMessage, page: string, isShared: boolean): string | Uint8Array {
    if (message.kind !== "append") return encodeMessage(message, page, isShared, this.server);
    return isShared ? this.#sharedPiece(message, page) : this.#piece(message);
  }

  #piece(message: LiveMessage): Uint8Array {
    let bytes = this.#whole.get(message);
    if (bytes === undefined) {
      bytes = Buffer.from(encodeMessage(message, "", false, this.server));
      this.#whole.set(message, bytes);
    }
    return bytes;
  }

  /** Each has the name of its page near the beginning; the bytes before and after that are the same for all. */
  #sharedPiece(message: LiveMessage, page: string): Uint8Array {
    let around = this.#aroundPage.get(message);
    if (around === undefined) {
      const text = encodeMessage(message, PAGE_MARK, true, this.server);
      const at = text.indexOf(PAGE_MARK);
      around = [Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at + PAGE_MARK.length))];
      this.#aroundPage.set(message, around);
    }
    const [before, after] = around;
    return Buffer.concat([before, Buffer.from(page), after]);
  }
}

/** Stands for the name of a page. No name has control characters, and what may have some comes after the name. */
const PAGE_MARK = "\u0001page\u0001";

/** What a connection is told, as an event stream; what comes before the answer has begun waits for it. */
class LiveAnswer implements LiveSink {
  readonly #res: ServerResponse;
  readonly #isShared: boolean;
  readonly #parts: LiveParts;
  #early: ((stream: EventStream) => void)[] | undefined = [];
  #stream: EventStream | undefined;

  constructor(res: ServerResponse, isShared: boolean, parts: LiveParts) {
    this.#res = res;
    this.#isShared = isShared;
    this.#parts = parts;
  }

  send(message: LiveMessage, page: string): boolean {
    const bytes = this.#parts.bytesOf(message, page, this.#isShared);
    if (bytes.length === 0) return true;
    if (this.#stream !== undefined) return this.#stream.write(bytes);
    this.#early?.push((stream) => stream.write(bytes));
    return true;
  }

  end(why: LiveEnd): void {
    // Who reads nothing would never read to the end, and what waits for him would be kept.
    if (why === "timeout") this.#cut();
    else if (this.#stream === undefined) this.#early?.push((stream) => this.#sayEnd(stream, why));
    else this.#sayEnd(this.#stream, why);
  }

  /** The answer has begun. */
  begin(stream: EventStream): void {
    this.#stream = stream;
    for (const tell of this.#early ?? []) tell(stream);
    this.#early = undefined;
  }

  #sayEnd(stream: EventStream, why: LiveEnd): void {
    const ending = encodeEnding(why, this.#isShared);
    if (ending !== "") stream.write(ending);
    stream.end();
    // Who does not read it to the end keeps the connection for so long and no longer.
    const { after, limits } = this.#parts.server;
    stream.onClose(after(limits.stallMs, () => this.#cut()));
  }

  #cut(): void {
    this.#res.destroy();
  }
}

export interface LiveCaller {
  readonly caller: Caller;
  readonly callerNow: () => Caller;
  readonly base: string;
  /** Nobody knows the caller: neither the application nor the session cookie. */
  readonly isStranger: boolean;
}

/**
 * Opens the one stream of updates of a page. What it asks for in the address is admitted before the answer begins, so
 * that a refusal is an answer like every other.
 */
export async function openLive(
  ctx: Context,
  { subscribe, cursor, isShared }: LiveQuery,
  { isStranger, ...call }: LiveCaller,
  parts: LiveParts,
): Promise<void> {
  const { server, streams } = parts;
  const answer = new LiveAnswer(ctx.res, isShared, parts);
  const connection = server.live.connect(call, answer, isStranger);
  // What comes while instances are admitted may not have been sent yet when the greeting is.
  const position = cursor ?? server.live.position();
  let refused: readonly RefusedSubscription[];
  try {
    refused = await server.live.change({ ...call, connection: connection.id, subscribe, cursor });
    const first = refused[0];
    if (first !== undefined && refused.length === subscribe.length) throw first.error;
    if (ctx.res.closed) return connection.closed();
  } catch (error) {
    connection.closed();
    throw error;
  }
  const stream = streams.open(ctx, {}, beatOf(connection));
  follow(stream, ctx, connection, server);
  const hello = { connection: connection.id, cursor: position, refused: refusedJson(refused, server) };
  stream.write(encodeRetry(RETRY_MS) + encodeEvent({ event: "connected", data: JSON.stringify(hello) }));
  answer.begin(stream);
}

/** Made apart: a function holds what stands around it, as long as it is held itself. */
function beatOf(connection: LiveConnection): () => string {
  return () => (connection.position === undefined ? "" : encodePosition(connection.position));
}

/** Subscriptions that were not made, and why. */
function refusedJson(refused: readonly RefusedSubscription[], server: ComponentServer): readonly object[] {
  return refused.map(({ request: { component }, error }) => ({
    component,
    ...errorJson(server.report(error, { component })),
  }));
}

function follow(stream: EventStream, { res }: Context, connection: LiveConnection, { log }: ComponentServer): void {
  stream.onClose(() => connection.closed());
  // Bound once: a connection that lasts is written to many times.
  res.on("drain", () => connection.drained());
  // Without a listener it would end the process.
  res.on("error", (error) => log.info({ error }, "a live page could not be written to any more"));
}
