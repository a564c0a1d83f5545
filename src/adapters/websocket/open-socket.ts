import type { Duplex } from "node:stream";
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
import { assignmentOf } from "./assignment.js";
import { type Allowance, Bucket } from "./bucket.js";
import { isSamePerson, within } from "./callers.js";
import type { Answering, Refusing } from "./carrying-out.js";
import { type Incoming, idOf, parseObject, readMessage } from "./incoming.js";
import { encode, errorJson, liveTexts } from "./messages.js";
import { frameOf, Outgoing } from "./outgoing.js";
import { Running } from "./running.js";

/** What all sockets of a door share. */
export interface SocketParts {
  readonly server: ComponentServer;
  /** Where the door is mounted. */
  readonly base: string;
  readonly messageBytes: number;
  readonly messages: Allowance;
  /** Refused messages, too many or malformed, after which a socket is closed. */
  readonly refusals: Allowance;
  /** The bytes of a piece that goes to many are made once. */
  readonly pieces: WeakMap<LiveMessage, Uint8Array>;
  readonly onClose: (socket: OpenSocket) => void;
}

/** Milliseconds a socket may leave a ping without an answer. */
const SILENT_MS = 30_000;

const CLOSE = { policy: 1008, failed: 1011, restart: 1012, signedOut: 4401 } as const;

/** One socket, from the moment it is open. */
export class OpenSocket implements LiveSink {
  readonly socket: WebSocket;
  readonly wire: Duplex;
  readonly #parts: SocketParts;
  readonly #outgoing: Outgoing;
  readonly #messages: Bucket;
  readonly #isHtml: boolean;
  readonly #cursor: string | undefined;
  #refusals: Bucket | undefined;
  #running: Running | undefined;
  #connection: LiveConnection;
  #pingedAt: number | undefined;
  #isLeaving = false;

  /** Listens at once: messages that come before would be lost. @param wire What the socket writes to. */
  constructor(socket: WebSocket, wire: Duplex, visit: Visit, parts: SocketParts) {
    this.socket = socket;
    this.wire = wire;
    this.#parts = parts;
    this.#connection = visit.connection;
    this.#isHtml = visit.isHtml;
    this.#cursor = visit.cursor;
    this.#messages = new Bucket(parts.messages);
    this.#outgoing = new Outgoing(this, parts.server);
    socket.on("message", (data: Buffer, isBinary) => this.#take(data, isBinary));
    socket.on("pong", () => this.#alive());
    socket.on("close", () => this.#closed());
    // What is no WebSocket frame, too long or no text: the library has closed it with the code for that.
    socket.on("error", (error) => this.#parts.server.log.info({ error }, "a socket was closed for what it sent"));
    visit.opened();
    this.#greet();
    visit.early.handOver(visit.connection, this);
  }

  #greet(): void {
    const { id: connection } = this.#connection;
    const cursor = this.#cursor ?? this.#parts.server.live.position();
    this.#send(encode({ type: "connected", connection, cursor, message_bytes: this.#parts.messageBytes }));
  }

  /** What the connection is told. */
  send(message: LiveMessage, _page: string): boolean {
    if (message.kind === "append" && !this.#isHtml) return this.#outgoing.sendFrame(this.#pieceOf(message));
    let takesMore = true;
    const report = (error: unknown): Failure => this.#parts.server.report(error);
    for (const text of liveTexts(message, this.#isHtml, report)) takesMore = this.#outgoing.send(text);
    return takesMore;
  }

  /** The connection is over. The socket goes on where the code does not say otherwise. */
  end(why: LiveEnd): void {
    if (why === "restart") return this.leave();
    if (why === "unauthenticated") return this.#close(CLOSE.signedOut, why);
    // It reads nothing, so it would not read a farewell.
    if (why === "timeout") return this.socket.terminate();
    const { close, status } = ERRORS[why];
    if (close !== null) return this.#close(close, why);
    // Something failed on our side: what the page was told of is not known any more, so it has to begin anew.
    if (status >= 500) return this.#close(CLOSE.failed, why);
    this.#reconnect();
  }

  /** Closes the socket when what it began is done, and takes nothing new. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#running === undefined) this.#close(CLOSE.restart, "restart");
  }

  /** Closes the socket at once, and waits until it is; a client that does not answer is cut off. */
  async restart(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.socket.once("close", () => resolve()));
    this.#close(CLOSE.restart, "restart");
    await closed;
  }

  /** Asks for a sign of life; cuts off a socket that gave none. */
  ping(now: number): void {
    if (this.#pingedAt !== undefined && now - this.#pingedAt >= SILENT_MS) {
      this.socket.terminate();
      return;
    }
    this.#pingedAt ??= now;
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
  }

  /** It takes something again. */
  drained(): void {
    this.#connection.drained();
  }

  #alive(): void {
    this.#pingedAt = undefined;
  }

  #send(text: string): void {
    this.#outgoing.send(text);
  }

  #close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  #pieceOf(message: LiveMessage): Uint8Array {
    const { pieces, server } = this.#parts;
    let bytes = pieces.get(message);
    if (bytes === undefined) {
      bytes = frameOf(liveTexts(message, false, server.report).join(""));
      pieces.set(message, bytes);
    }
    return bytes;
  }

  #closed(): void {
    this.#outgoing.empty();
    this.#connection.closed();
    this.#running?.abort();
    this.#parts.onClose(this);
  }

  /** The last instance was taken off the connection, which ended with it; the page may still have other wishes. */
  #reconnect(): void {
    const { server } = this.#parts;
    const { call, caller, listening, countedAs, subject } = this.#connection;
    const cursor = server.live.position();
    try {
      this.#connection = server.live.connect({ ...call, caller }, this, countedAs !== subject);
    } catch (error) {
      this.#fail(error, {});
      this.leave();
      return;
    }
    for (const topic of listening) void this.#listenAgain(topic, cursor);
  }

  async #listenAgain(topic: string, cursor: string): Promise<void> {
    try {
      await this.#parts.server.live.listen(this.#connection, topic, cursor);
    } catch (error) {
      this.#fail(error, { topic, keepOpen: true });
    }
  }

  #idle(): void {
    this.#running = undefined;
    if (this.#isLeaving) this.#close(CLOSE.restart, "restart");
  }

  #take(data: Buffer, isBinary: boolean): void {
    this.#alive();
    if (this.socket.readyState !== this.socket.OPEN) return;
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
      this.#refusals ??= new Bucket(this.#parts.refusals);
      if (!this.#refusals.take()) this.#close(CLOSE.policy, "rate_limited");
    }
  }

  /** @throws {HydrantError} `rate_limited`. */
  #count(bytes: number): void {
    const isFull = this.#running?.isFull(bytes, this.#parts.messageBytes) === true;
    if (!this.#messages.take() || isFull) {
      throw new HydrantError("rate_limited", "Too many messages. Please wait a moment.", { retryAfter: 1 });
    }
  }

  #answer(message: Incoming, bytes: number): void {
    if (message.type === "ping") return this.#pong(message.id);
    const { lane, about, task } = assignmentOf(message);
    this.#running ??= new Running(
      () => this.#begins(),
      () => this.#idle(),
    );
    this.#running.run(lane, bytes, async (signal) => {
      try {
        await task(this.#answering(signal));
      } catch (error) {
        this.#fail(error, about);
      }
    });
  }

  /** A page that has everything may go on from here when it comes back. */
  #pong(id: string | undefined): void {
    const cursor = this.#running === undefined ? this.#connection.position : undefined;
    this.#send(encode({ type: "pong", id, cursor }));
  }

  /** No sooner than the other side takes an answer. Who is closed by then gets none and sends it again elsewhere. */
  async #begins(): Promise<boolean> {
    await this.#outgoing.drained();
    return this.socket.readyState === this.socket.OPEN;
  }

  #answering(signal: AbortSignal): Answering {
    const { server } = this.#parts;
    return {
      server,
      base: this.#parts.base,
      callerNow: this.#connection.call.callerNow,
      cursor: this.#cursor,
      signal,
      connection: () => this.#connection,
      caller: () => this.#samePerson(),
      send: (text) => this.#send(text),
      drained: () => this.#outgoing.drained(),
      fail: (error, about) => this.#fail(error, about),
    };
  }

  /** Who asks, as the application sees it now. Somebody who signed out, or in, needs another socket. */
  async #samePerson(): Promise<Caller> {
    const connection = this.#connection;
    const { callerNow } = connection.call;
    if (callerNow === undefined) return connection.caller;
    const caller = await within(this.#parts.server, callerNow());
    if (!isSamePerson(caller, connection.caller)) {
      this.#connection.end("unauthenticated");
      throw new HydrantError("unauthenticated");
    }
    this.#connection.caller = caller;
    return caller;
  }

  /** Answers a message that was refused, or says what became of something that was asked for. */
  #fail(error: unknown, { isHtmx = false, keepOpen = false, component, component_id, ...about }: Refusing): void {
    const { server } = this.#parts;
    const isOpen = this.socket.readyState === this.socket.OPEN;
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
