import { connect, type Socket } from "node:net";
import type { Answer } from "../socket/connection.js";
import { pageRequest } from "../socket/visitor.js";
import { PING_BYTE, PONG, type Transport } from "./transports.js";

/** What stands at the end of every broadcast. */
export const LAST_WORDS = "[the end]";

export interface ReaderOptions {
  readonly transport: Transport;
  /** What a message ends in, more or less. */
  readonly mark: string;
  /** Runs for each message, or when the connection was lost. */
  readonly onMessage: () => void;
  readonly onLost: () => void;
  /** Keeps all that it hears. */
  readonly keeps?: boolean;
}

/** All readers of a process read into the same bytes, one after the other. */
const SHARED = Buffer.allocUnsafeSlow(65_536);

const HEAD_END = "\r\n\r\n";

/** An open page that is told of what changes: no more than a socket that counts messages. */
export class Reader {
  readonly #socket: Socket;
  readonly #options: ReaderOptions;
  /** What was received until everything is open. */
  #text = "";
  #isReading = false;
  #look: (() => void) | undefined;
  /** End of what was received, which may begin a mark. */
  #tail = "";

  private constructor(port: number, options: ReaderOptions) {
    this.#options = options;
    const take = (length: number): boolean => {
      this.#take(length);
      return true;
    };
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer: SHARED, callback: take } });
  }

  /** Opens the page and its connection. @throws {Error} where either is refused. */
  static async open(port: number, options: ReaderOptions): Promise<Reader> {
    const reader = new Reader(port, options);
    try {
      await reader.#begin(port);
    } catch (error) {
      reader.close();
      throw error;
    }
    return reader;
  }

  /** What it heard since its page came, if it keeps that. */
  get heard(): string {
    return this.#text;
  }

  /** The page it was opened with, while `keeps`. */
  page: Answer | undefined;

  close(): void {
    this.#socket.removeAllListeners("close");
    // No port waits after it.
    this.#socket.resetAndDestroy();
  }

  async #begin(port: number): Promise<void> {
    const { transport, keeps = false, onLost } = this.#options;
    this.#socket.write(pageRequest(port), "latin1");
    const page = await this.#until(() => this.#wholePage());
    if (keeps) this.page = page;
    this.#text = "";
    this.#socket.write(transport.request(port, page), "latin1");
    await this.#until(() => transport.isOpen(this.#text) || undefined);
    if (transport.subscribe !== undefined) this.#socket.write(transport.subscribe(page), "latin1");
    await this.#until(() => transport.isReady(this.#text) || undefined);
    if (!keeps) this.#text = "";
    this.#isReading = true;
    this.#socket.once("close", onLost);
  }

  /** The answer to the first request, which says how long it is. */
  #wholePage(): Answer | undefined {
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd === -1) return undefined;
    const head = this.#text.slice(0, headEnd);
    const body = this.#text.slice(headEnd + HEAD_END.length);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (body.length < length) return undefined;
    return { status: Number(head.slice(9, 12)), head, body, bytes: this.#text.length };
  }

  /** Looks again whenever something came, until there is what is looked for. */
  #until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(error);
      const closed = (): void => fail(new Error(`the connection was closed after:\n${this.#text.slice(0, 500)}`));
      const lookNow = (): void => {
        const found = look();
        if (found === undefined) return;
        this.#look = undefined;
        this.#socket.off("error", fail).off("close", closed);
        resolve(found);
      };
      this.#look = lookNow;
      this.#socket.once("error", fail).once("close", closed);
      lookNow();
    });
  }

  #take(length: number): void {
    if (!this.#isReading) {
      this.#text += SHARED.toString("latin1", 0, length);
      this.#look?.();
      return;
    }
    if (SHARED[0] === PING_BYTE) this.#socket.write(PONG);
    const text = this.#tail + SHARED.toString("latin1", 0, length);
    if (this.#options.keeps) this.#text += text.slice(this.#tail.length);
    const { mark, onMessage } = this.#options;
    let at = text.indexOf(mark);
    let rest = 0;
    for (; at !== -1; at = text.indexOf(mark, rest)) {
      rest = at + mark.length;
      onMessage();
    }
    // Short enough to be copied: a piece of the whole text would keep all of it.
    this.#tail = text.slice(Math.max(rest, text.length - mark.length + 1));
  }
}
