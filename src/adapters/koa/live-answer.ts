import { randomInt } from "node:crypto";
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

function listOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
}

/** @throws {HydrantError} `malformed` where components and seals do not come in pairs. */
export function readLiveQuery(ctx: Context): LiveQuery {
  const components = listOf(ctx.query.component);
  const states = listOf(ctx.query.state);
  if (components.length !== states.length) {
    throw new HydrantError("malformed", "Each component needs the state of one instance, in the same order.");
  }
  const last = ctx.req.headers["last-event-id"];
  const cursor = typeof last === "string" && last !== "" ? last : listOf(ctx.query.cursor)[0];
  return {
    subscribe: components.map((component, index) => ({ component, state: states[index] as string })),
    cursor,
    isShared: ctx.query.shared !== undefined,
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
      // Only sockets listen to topics themselves.
      return "";
  }
}

/** The first partial names the render it was made from, for a client that shows another one by now. */
function updateHtml(outcome: Outcome, base: number): string {
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

/** The bytes of a piece that goes to many are made once. */
type Encoded = WeakMap<LiveMessage, Uint8Array>;

interface SinkParts {
  readonly server: ComponentServer;
  readonly encoded: Encoded;
  readonly isShared: boolean;
  /** Breaks the connection off. */
  readonly cut: () => void;
}

function sinkFor(stream: () => EventStream, { server, encoded, isShared, cut }: SinkParts): LiveSink {
  function bytesOf(message: LiveMessage, page: string): string | Uint8Array {
    if (message.kind !== "append" || isShared) return encodeMessage(message, page, isShared, server);
    let bytes = encoded.get(message);
    if (bytes === undefined) {
      bytes = Buffer.from(encodeMessage(message, page, isShared, server));
      encoded.set(message, bytes);
    }
    return bytes;
  }
  return {
    send(message, page) {
      const bytes = bytesOf(message, page);
      return bytes.length === 0 || stream().write(bytes);
    },
    end(why) {
      // Who reads nothing would never read to the end, and what waits for him would be kept.
      if (why === "timeout") return cut();
      const ending = encodeEnding(why, isShared);
      if (ending !== "") stream().write(ending);
      stream().end();
      // Who does not read it to the end keeps the connection for so long and no longer.
      stream().onClose(server.after(server.limits.stallMs, cut));
    },
  };
}

export interface LiveCaller {
  readonly caller: Caller;
  readonly callerNow: () => Caller;
  readonly base: string;
}

/**
 * Opens the one stream of updates of a page. What it asks for in the address is admitted before the answer begins, so
 * that a refusal is an answer like every other.
 */
export async function openLive(
  ctx: Context,
  { subscribe, cursor, isShared }: LiveQuery,
  call: LiveCaller,
  { server, streams, encoded }: { server: ComponentServer; streams: EventStreams; encoded: Encoded },
): Promise<void> {
  const early: (() => void)[] = [];
  let stream: EventStream | undefined;
  const waiting: EventStream = {
    write: (text) => {
      early.push(() => stream?.write(text));
      return true;
    },
    drained: async () => {},
    onClose: (task) => void early.push(() => stream?.onClose(task)),
    isClosed: false,
    end: () => void early.push(() => stream?.end()),
  };
  const parts = { server, encoded, isShared, cut: () => void ctx.res.destroy() };
  const connection = server.live.connect(
    call,
    sinkFor(() => stream ?? waiting, parts),
  );
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
  stream = streams.open(ctx, {}, () => (connection.isCurrent ? encodePosition(server.live.position()) : ""));
  follow(stream, ctx, connection, server);
  const hello = { connection: connection.id, cursor: position, refused: refusedJson(refused, server) };
  stream.write(encodeRetry(RETRY_MS) + encodeEvent({ event: "connected", data: JSON.stringify(hello) }));
  for (const write of early) write();
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
