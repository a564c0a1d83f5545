import { connect, type Socket } from "node:net";
import { countIn } from "../event/visitor.js";
import { type Answer, Connection } from "../socket/connection.js";
import { htmxFields, intentKeys, stateIn } from "../socket/htmx.js";
import { cookieIn, fetchHead, pageRequest, type Visitor, withBody } from "../socket/visitor.js";
import { FRAMES } from "./counters.js";

const ID = /<section id="([^"]+)"/;
const MESSAGE_END = "\n\n";
const BODY_END = "0\r\n\r\n";

/** What came of one stream so far. */
interface Heard {
  frames: number;
  /** The newest frame. */
  last: string;
  isDone: boolean;
}

/** Somebody with a counter open that is asked for many steps at once, and shows each. */
export class StreamVisitor implements Visitor {
  readonly #nextKey = intentKeys();
  readonly #socket: Socket;
  #text = "";
  #heard: Heard = { frames: 0, last: "", isDone: false };
  #settle: { resolve: (heard: Heard) => void; reject: (error: Error) => void } | undefined;

  private constructor(
    port: number,
    private readonly head: string,
    private state: string,
    private count: number,
  ) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (chunk: string) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#settle?.reject(error));
    this.#socket.on("close", () => this.#settle?.reject(new Error("the server closed the connection")));
  }

  static async open(port: number): Promise<StreamVisitor> {
    const connection = await Connection.open(port);
    const page = await connection.ask(pageRequest(port));
    connection.close();
    const fields = htmxFields(port, "button", `section#${ID.exec(page.body)?.[1] ?? ""}`);
    const head = fetchHead(port, "/components/counter/run?by=1", {
      ...fields,
      Accept: "text/html, text/event-stream",
      Cookie: cookieIn(page),
    });
    return new StreamVisitor(port, head, stateIn(page.body), countIn(page.body));
  }

  /** One stream to its end; its last frame. @throws {Error} where a frame is missing. */
  async send(): Promise<Answer> {
    this.#heard = { frames: 0, last: "", isDone: false };
    const heard = new Promise<Heard>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#socket.write(
      withBody(`${this.head}Idempotency-Key: ${this.#nextKey()}\r\n`, `state=${this.state}`),
      "latin1",
    );
    const { frames, last } = await heard;
    this.#settle = undefined;
    const count = countIn(last);
    if (frames !== FRAMES || count !== this.count + FRAMES) {
      throw new Error(`${frames} frames of ${FRAMES}, from ${this.count} to ${count}:\n${last}`);
    }
    this.count = count;
    this.state = stateIn(last);
    return { status: 200, head: "", body: last, bytes: last.length };
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#text += chunk;
    for (let end = this.#text.indexOf(MESSAGE_END); end !== -1; end = this.#text.indexOf(MESSAGE_END)) {
      this.#hear(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + MESSAGE_END.length);
    }
    if (!this.#heard.isDone || !this.#text.endsWith(BODY_END)) return;
    this.#text = "";
    this.#settle?.resolve(this.#heard);
  }

  #hear(message: string): void {
    if (message.includes("<output>")) {
      this.#heard.frames++;
      this.#heard.last = message;
    }
    if (message.includes("event: component:error")) this.#settle?.reject(new Error(message));
    if (message.includes("event: component:done")) this.#heard.isDone = true;
  }
}
