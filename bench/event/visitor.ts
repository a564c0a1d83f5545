import { randomUUID } from "node:crypto";
import { type Answer, Connection } from "./connection.js";

const STATE = /(?:&quot;state&quot;:&quot;|"state":")([^"&]+)/;
const ID = /<section id="([^"]+)"/;
const COUNT = /<output>(\d+)<\/output>/;
const COOKIE = /\r\nset-cookie: ([^;\r]+)/i;

export function stateIn(html: string): string {
  return STATE.exec(html)?.[1] ?? "";
}

export function countIn(html: string): number {
  return Number(COUNT.exec(html)?.[1] ?? Number.NaN);
}

/** What Chromium and htmx 4 send with an event, the component client's `Idempotency-Key` among it. */
function eventHead(port: number, id: string, cookie: string): string {
  return [
    "POST /components/counter/increment?by=1 HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Connection: keep-alive",
    "Content-Type: application/x-www-form-urlencoded;charset=UTF-8",
    "Accept: text/html",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9",
    "HX-Request: true",
    "HX-Request-Type: partial",
    "HX-Source: button",
    `HX-Target: section#${id}`,
    `HX-Current-URL: http://127.0.0.1:${port}/`,
    `Origin: http://127.0.0.1:${port}`,
    `Referer: http://127.0.0.1:${port}/`,
    "Sec-Fetch-Dest: empty",
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Site: same-origin",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    `Cookie: ${cookie}`,
    "",
  ].join("\r\n");
}

/** Somebody with a page open: a session, an instance, and the newest state of it. */
export class Visitor {
  #sent = 0;

  private constructor(
    readonly connection: Connection,
    readonly cookie: string,
    private readonly head: string,
    private readonly keyPrefix: string,
    /** The newest state, as the page holds it. */
    public state: string,
    public count: number,
  ) {}

  /** Opens the page. The bare servers answer it like everything else, without a cookie. */
  static async open(port: number): Promise<Visitor> {
    const connection = await Connection.open(port);
    const page = await connection.ask(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/html\r\n\r\n`);
    const state = stateIn(page.body);
    if (page.status !== 200 || state === "") throw new Error(`no counter in the page:\n${page.head}\n\n${page.body}`);
    const cookie =
      COOKIE.exec(page.head)?.[1] ?? "hydrant_components=abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUV";
    const head = eventHead(port, ID.exec(page.body)?.[1] ?? "", cookie);
    return new Visitor(connection, cookie, head, randomUUID().slice(0, 24), state, countIn(page.body));
  }

  /** One request for one intent: a key of its own, the given state. */
  request(state: string = this.state): string {
    const body = `state=${state}`;
    const key = this.keyPrefix + (this.#sent++).toString(16).padStart(12, "0");
    return `${this.head}Idempotency-Key: ${key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }

  /** Sends the event, and keeps the state that comes back for the next one, as a page does. */
  async click(): Promise<Answer> {
    const answer = await this.connection.ask(this.request());
    if (answer.status !== 200) throw new Error(`the event was answered ${answer.status}:\n${answer.body}`);
    this.state = stateIn(answer.body);
    return answer;
  }
}
