import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { RawRequest } from "./http.js";

/** An answer that is read while it comes. */
export interface EventAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Messages and comments so far. */
  readonly events: readonly EventSourceMessage[];
  readonly comments: readonly string[];
  /** Everything that came so far, as it came. */
  received(): string;
  /** Each message as it comes, from the first; ends with the connection. */
  messages(): AsyncGenerator<EventSourceMessage, void>;
  /** All of the body, once it is there. */
  readonly body: Promise<string>;
  /** Takes nothing for now, as a reader that hangs does. */
  pause(): void;
  resume(): void;
  /** Leaves without a word. */
  leave(): void;
  readonly isClosed: boolean;
}

interface Arrived {
  readonly events: EventSourceMessage[];
  readonly comments: string[];
  text: string;
  isClosed: boolean;
  readonly waiting: Set<() => void>;
}

function collect(incoming: IncomingMessage): Arrived {
  const arrived: Arrived = { events: [], comments: [], text: "", isClosed: false, waiting: new Set() };
  const parser = createParser({
    onEvent: (event) => void arrived.events.push(event),
    onComment: (comment) => void arrived.comments.push(comment),
  });
  const wake = (): void => {
    for (const one of arrived.waiting) one();
    arrived.waiting.clear();
  };
  incoming.setEncoding("utf8");
  incoming.on("data", (chunk: string) => {
    arrived.text += chunk;
    parser.feed(chunk);
    wake();
  });
  // A connection that is cut is one of the ways to end.
  incoming.on("error", () => {});
  incoming.on("close", () => {
    arrived.isClosed = true;
    wake();
  });
  return arrived;
}

async function* messagesOf(arrived: Arrived): AsyncGenerator<EventSourceMessage, void> {
  for (let at = 0; ; ) {
    const event = arrived.events[at];
    if (event !== undefined) {
      at++;
      yield event;
    } else if (arrived.isClosed) return;
    else await new Promise<void>((resolve) => arrived.waiting.add(resolve));
  }
}

/** Sends a request to a port of this machine and reads the answer while it comes. */
export function openEvents(
  port: number,
  { method = "POST", path, headers = {}, body }: RawRequest,
  { paused = false } = {},
): Promise<EventAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const outgoing = request(
      { host: "127.0.0.1", port, method, path, headers: { ...length, ...headers }, agent: false },
      (incoming) => {
        const arrived = collect(incoming);
        if (paused) incoming.pause();
        const closed = new Promise<string>((done) => incoming.on("close", () => done(arrived.text)));
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          events: arrived.events,
          comments: arrived.comments,
          received: () => arrived.text,
          messages: () => messagesOf(arrived),
          body: closed,
          pause: () => void incoming.pause(),
          resume: () => void incoming.resume(),
          leave: () => void outgoing.destroy(),
          get isClosed() {
            return arrived.isClosed;
          },
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
