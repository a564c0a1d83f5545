/** A message of an event stream, as browsers give it to scripts. */
export interface EventMessage {
  /** Empty for one without a name. */
  readonly event: string;
  readonly data: string;
  /** The last position that was said, with this message or before. */
  readonly id: string;
}

/**
 * Reads an event stream. A position that comes without a message counts as well: it goes with the next one.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, 9.2.6.
 */
export class EventReader {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";

  constructor(private readonly onMessage: (message: EventMessage) => void) {}

  /** The last position that was said. */
  get id(): string {
    return this.#id;
  }

  feed(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #take(line: string): void {
    if (line === "") return this.#dispatch();
    const at = line.indexOf(":");
    const name = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? "" : line.slice(at + (line[at + 1] === " " ? 2 : 1));
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id") this.#id = value;
  }

  #dispatch(): void {
    const [event, data] = [this.#event, this.#data];
    this.#event = "";
    this.#data = [];
    if (data.length > 0) this.onMessage({ event, data: data.join("\n"), id: this.#id });
  }
}
