import type { WebSocket } from "ws";
import {
  type Caller,
  type ComponentServer,
  ERRORS,
  type Failure,
  failurePartial,
  HydrantError,
  isWireName,
  type LiveConnection,
  type LiveEnd,
  type LiveMessage,
  type LiveSink,
} from "../../core/index.js";
import type { Visit } from "./admission.js";
import { assignmentOf, type Refusing } from "./assignment.js";
import { Bucket } from "./bucket.js";
import { isSamePerson } from "./callers.js";
import type { Answering } from "./carrying-out.js";
import { type Incoming, idOf, parseObject, readMessage } from "./incoming.js";
import { Listener } from "./listening.js";
import { encode, errorJson, liveTexts } from "./messages.js";
import { Outgoing } from "./outgoing.js";
import { Running } from "./running.js";

/** What all sockets of a door share. */
export interface SocketParts {
  readonly server: ComponentServer;
  readonly messagesPerSecond: number;
  readonly messageBytes: number;
  /** The bytes of a piece that goes to many are made once. */
  readonly pieces: WeakMap<LiveMessage, Uint8Array>;
  readonly onClose: (socket: OpenSocket) => void;
}

/** Refused messages, too many or malformed, after which a socket is closed; one is forgiven every second. */
const MOST_REFUSED = 100;
/** Milliseconds a socket may leave a ping without an answer. */
const SILENT_MS = 30_000;

const CLOSE = { policy: 1008, failed: 1011, restart: 1012, signedOut: 4401 } as const;

/** One socket, from the moment it is open. */
export class OpenSocket implements LiveSink {
  readonly #socket: WebSocket;
  readonly #parts: SocketParts;
  readonly #visit: Visit;
  readonly #outgoing: Outgoing;
  readonly #listener: Listener;
  readonly #messages: Bucket;
  readonly #refusals: Bucket;
  readonly #running: Running;
  #connection: LiveConnection;
  #caller: Caller;
  #pingedAt: number | undefined;
  #isLeaving = false;

  /** Listens at once: messages that come before would be lost. */
  constructor(socket: WebSocket, visit: Visit, parts: SocketParts) {
    const { server, messagesPerSecond } = parts;
    this.#socket = socket;
    this.#parts = parts;
    this.#visit = visit;
    this.#connection = visit.connection;
    this.#caller = visit.call.caller;
    this.#messages = new Bucket(messagesPerSecond, messagesPerSecond * 2, server.now);
    this.#refusals = new Bucket(1, MOST_REFUSED, server.now);
    this.#outgoing = new Outgoing(socket, server, () => this.#connection.drained());
    this.#running = new Running(
      parts.messageBytes,
      () => this.#begins(),
      () => this.#idle(),
    );
    this.#listener = new Listener({
      server,
      base: visit.call.base,
      caller: () => this.#samePerson(),
      connection: () => this.#connection,
      cursor: visit.cursor,
      send: (text) => this.#send(text),
      fail: (error, about) => this.#fail(error, { ...about, keepOpen: true }),
    });
    socket.on("message", (data: Buffer, isBinary) => this.#take(data, isBinary));
    socket.on("pong", () => this.#alive());
    socket.once("close", () => this.#closed());
    // What is no WebSocket frame, too long or no text: the library has closed it with the code for that.
    socket.on("error", (error) => server.log.info({ error }, "a socket was closed for what it sent"));
    this.#greet();
    visit.sink.attach(this);
  }

  #greet(): void {
    const { id: connection } = this.#connection;
    const cursor = this.#visit.cursor ?? this.#parts.server.live.position();
    this.#send(encode({ type: "connected", connection, cursor, message_bytes: this.#parts.messageBytes }));
  }

  /** What the connection is told. */
  send(message: LiveMessage, _page: string): boolean {
    if (message.kind === "append" && !this.#visit.isHtml) return this.#outgoing.send(this.#pieceOf(message));
    let takesMore = true;
    const report = (error: unknown): Failure => this.#parts.server.report(error);
    for (const text of liveTexts(message, this.#visit.isHtml, report)) takesMore = this.#outgoing.send(text);
    return takesMore;
  }

  /** The connection is over. The socket goes on where the code does not say otherwise. */
  end(why: LiveEnd): void {
    if (why === "restart") return this.leave();
    if (why === "unauthenticated") return this.#close(CLOSE.signedOut, why);
    // It reads nothing, so it would not read a farewell.
    if (why === "timeout") return this.#socket.terminate();
    const { close, status } = ERRORS[why];
    if (close !== null) return this.#close(close, why);
    // Something failed on our side: what the page was told of is not known any more, so it has to begin anew.
    if (status >= 500) return this.#close(CLOSE.failed, why);
    this.#reconnect();
  }

  /** Closes the socket when what it began is done, and takes nothing new. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#running.isIdle) this.#close(CLOSE.restart, "restart");
  }

  /** Closes the socket at once, and waits until it is; a client that does not answer is cut off. */
  async restart(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    this.#close(CLOSE.restart, "restart");
    await closed;
  }

  /** Asks for a sign of life; cuts off a socket that gave none. */
  ping(now: number): void {
    if (this.#pingedAt !== undefined && now - this.#pingedAt >= SILENT_MS) {
      this.#socket.terminate();
      return;
    }
    this.#pingedAt ??= now;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #alive(): void {
    this.#pingedAt = undefined;
  }

  #send(text: string): void {
    this.#outgoing.send(text);
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #pieceOf(message: LiveMessage): Uint8Array {
    const { pieces, server } = this.#parts;
    let bytes = pieces.get(message);
    if (bytes === undefined) {
      bytes = Buffer.from(liveTexts(message, false, server.report).join(""));
      pieces.set(message, bytes);
    }
    return bytes;
  }

  #closed(): void {
    this.#listener.close();
    this.#connection.closed();
    this.#running.abort();
    this.#parts.onClose(this);
  }

  /** The last instance was taken off the connection, which ended with it; the page may still have other wishes. */
  #reconnect(): void {
    const { server } = this.#parts;
    const cursor = server.live.position();
    try {
      this.#connection = server.live.connect({ ...this.#visit.call, caller: this.#caller }, this);
    } catch (error) {
      this.#fail(error, {});
      this.leave();
      return;
    }
    void this.#listener.move(cursor);
  }

  #idle(): void {
    if (this.#isLeaving) this.#close(CLOSE.restart, "restart");
  }

  #take(data: Buffer, isBinary: boolean): void {
    this.#alive();
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    let id: string | undefined;
    try {
      if (isBinary) throw new HydrantError("malformed", "Messages are JSON texts; this one is binary.");
      const fields = parseObject(data.toString("utf8"), this.#parts.server.limits);
      id = idOf(fields);
      this.#count(data.length);
      const message = readMessage(fields, this.#parts.server.limits);
      if (this.#isLeaving) throw new HydrantError("unavailable", "the node is about to stop", { retryAfter: 1 });
      this.#answer(message, data.length);
    } catch (error) {
      this.#fail(error, { id });
      if (!this.#refusals.take()) this.#close(CLOSE.policy, "rate_limited");
    }
  }

  /** @throws {HydrantError} `rate_limited`. */
  #count(bytes: number): void {
    if (!this.#messages.take() || this.#running.isFull(bytes)) {
      throw new HydrantError("rate_limited", "Too many messages. Please wait a moment.", { retryAfter: 1 });
    }
  }

  #answer(message: Incoming, bytes: number): void {
    if (message.type === "ping") return this.#pong(message.id);
    const { lane, about, task } = assignmentOf(message);
    this.#running.run(lane, bytes, async (signal) => {
      try {
        await task(this.#answering(signal), this.#listener);
      } catch (error) {
        this.#fail(error, about);
      }
    });
  }

  /** A page that has everything may go on from here when it comes back. */
  #pong(id: string | undefined): void {
    const hasAll = this.#connection.isCurrent && this.#running.isIdle;
    const cursor = hasAll ? this.#parts.server.live.position() : undefined;
    this.#send(encode({ type: "pong", id, cursor }));
  }

  /** No sooner than the other side takes an answer. Who is closed by then gets none and sends it again elsewhere. */
  async #begins(): Promise<boolean> {
    await this.#outgoing.drained();
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #answering(signal: AbortSignal): Answering {
    const { server } = this.#parts;
    const { base, callerNow } = this.#visit.call;
    return {
      server,
      base,
      callerNow,
      signal,
      caller: () => this.#samePerson(),
      send: (text) => this.#send(text),
      drained: () => this.#outgoing.drained(),
      moved: (instance, state) => this.#connection.moved("", instance, state),
    };
  }

  /** Who asks, as the application sees it now. Somebody who signed out, or in, needs another socket. */
  async #samePerson(): Promise<Caller> {
    const caller = await this.#visit.call.callerNow();
    if (!isSamePerson(caller, this.#caller)) {
      this.#connection.end("unauthenticated");
      throw new HydrantError("unauthenticated");
    }
    this.#caller = caller;
    this.#connection.caller = caller;
    return caller;
  }

  /** Answers a message that was refused, or says what became of something that was asked for. */
  #fail(error: unknown, { isHtmx = false, keepOpen = false, component, component_id, ...about }: Refusing): void {
    const { server } = this.#parts;
    const isOpen = this.#socket.readyState === this.#socket.OPEN;
    // Nobody is there to be told, and nothing went wrong.
    if (!isOpen && error instanceof HydrantError && error.code === "cancelled") return;
    const names = component !== undefined && isWireName(component) ? { component } : {};
    const failure = server.report(error, names);
    const instance = failure.instance ?? (failure.code === "not_found" ? undefined : component_id);
    if (isHtmx) this.#send(failurePartial(failure, instance));
    else this.#send(errorJson(failure, { ...about, component_id: instance }));
    if (failure.close !== null && !keepOpen) this.#close(failure.close, failure.code);
  }
}
