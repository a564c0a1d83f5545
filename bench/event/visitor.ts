import { type Answer, Connection } from "../socket/connection.js";
import { htmxFields, intentKeys, stateIn } from "../socket/htmx.js";
import type { StateHolder } from "../socket/refusals.js";
import { cookieIn, fetchHead, pageRequest, withBody } from "../socket/visitor.js";

const ID = /<section id="([^"]+)"/;
const COUNT = /<output>(\d+)<\/output>/;

export function countIn(html: string): number {
  return Number(COUNT.exec(html)?.[1] ?? Number.NaN);
}

/** Somebody with a counter open: a session, an instance, and the newest state of it. */
export class CounterVisitor implements StateHolder {
  readonly #nextKey = intentKeys();

  private constructor(
    readonly connection: Connection,
    private readonly head: string,
    /** The newest state, as the page holds it. */
    public state: string,
    public count: number,
  ) {}

  /** Opens the page. The bare servers answer it like everything else, without a cookie. */
  static async open(port: number): Promise<CounterVisitor> {
    const connection = await Connection.open(port);
    const page = await connection.ask(pageRequest(port));
    const state = stateIn(page.body);
    if (page.status !== 200 || state === "") throw new Error(`no counter in the page:\n${page.head}\n\n${page.body}`);
    const head = fetchHead(port, "/components/counter/increment?by=1", {
      ...htmxFields(port, "button", `section#${ID.exec(page.body)?.[1] ?? ""}`),
      Cookie: cookieIn(page),
    });
    return new CounterVisitor(connection, head, state, countIn(page.body));
  }

  /** One request for one intent: a key of its own, the given state. */
  request(state: string = this.state): string {
    return withBody(`${this.head}Idempotency-Key: ${this.#nextKey()}\r\n`, `state=${state}`);
  }

  /** Sends the event, and keeps the state that comes back for the next one, as a page does. */
  async send(): Promise<Answer> {
    const answer = await this.connection.ask(this.request());
    if (answer.status !== 200) throw new Error(`the event was answered ${answer.status}:\n${answer.body}`);
    this.state = stateIn(answer.body);
    return answer;
  }

  close(): void {
    this.connection.close();
  }
}
