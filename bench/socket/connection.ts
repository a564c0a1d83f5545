import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly body: string;
  /** Bytes of head and body on the wire. */
  readonly bytes: number;
}

const HEAD_END = "\r\n\r\n";
const LINE_END = "\r\n";

/** A body and where it ends, once all of it is there. */
interface WholeBody {
  readonly body: string;
  readonly end: number;
}

/** A body in chunks: size in hexadecimal, the bytes, and so on until a size of 0. */
function chunkedBody(received: string, start: number): WholeBody | undefined {
  let body = "";
  for (let at = start; ; ) {
    const lineEnd = received.indexOf(LINE_END, at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(received.slice(at, lineEnd), 16);
    const from = lineEnd + LINE_END.length;
    const end = from + size + LINE_END.length;
    if (received.length < end) return undefined;
    if (size === 0) return { body, end };
    body += received.slice(from, from + size);
    at = end;
  }
}

/** @throws {Error} for an answer whose end nothing tells. */
function bodyOf(received: string, head: string, start: number): WholeBody | undefined {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return received.length < end ? undefined : { body: received.slice(start, end), end };
  }
  if (/\r\ntransfer-encoding: chunked/i.test(head)) return chunkedBody(received, start);
  throw new Error(`an answer with neither length nor chunks:\n${head}`);
}

/** One keep-alive connection that sends prepared bytes and reads one answer at a time. */
export class Connection {
  readonly #socket: Socket;
  #received = "";
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    // One byte is one character, so that lengths can be compared; the answers of the bench are plain ASCII.
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  ask(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request, "latin1");
    });
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#received += chunk;
    try {
      const answer = this.#answer();
      if (answer === undefined) return;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(answer);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Takes one whole answer off what was received. */
  #answer(): Answer | undefined {
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return undefined;
    const head = this.#received.slice(0, headEnd);
    const whole = bodyOf(this.#received, head, headEnd + HEAD_END.length);
    if (whole === undefined) return undefined;
    this.#received = this.#received.slice(whole.end);
    return { status: Number(head.slice(9, 12)), head, body: whole.body, bytes: whole.end };
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
