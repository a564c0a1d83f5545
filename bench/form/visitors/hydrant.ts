import { type Answer, Connection } from "../../socket/connection.js";
import { htmxFields, intentKeys, stateIn } from "../../socket/htmx.js";
import type { StateHolder } from "../../socket/refusals.js";
import { cookieIn, fetchHead, pageRequest, withBody } from "../../socket/visitor.js";
import { type Kind, SUBMISSIONS } from "../submissions.js";

const ROOT = /<([a-z]+) id="([^"]+)" data-component="contact"/;
const STATUS: Readonly<Record<Kind, number>> = { failing: 422, passing: 200 };

/** Somebody with the form open, as the page's htmx sends it. */
export class HydrantVisitor implements StateHolder {
  readonly #nextKey = intentKeys();

  private constructor(
    readonly connection: Connection,
    private readonly head: string,
    private readonly fields: string,
    private readonly status: number,
    /** The newest state, as the page holds it. */
    public state: string,
  ) {}

  /** The bare server answers the page like everything else, so only the seal tells a page from an error. */
  static async open(this: void, port: number, kind: Kind): Promise<HydrantVisitor> {
    const connection = await Connection.open(port);
    const page = await connection.ask(pageRequest(port));
    const state = stateIn(page.body);
    const [, tag = "", id = ""] = ROOT.exec(page.body) ?? [];
    if (state === "" || id === "") throw new Error(`no form in the page:\n${page.head}\n\n${page.body}`);
    const head = fetchHead(port, "/components/contact/submit", {
      ...htmxFields(port, "form", `${tag}#${id}`),
      Cookie: cookieIn(page),
    });
    const fields = new URLSearchParams(SUBMISSIONS[kind]).toString();
    return new HydrantVisitor(connection, head, fields, STATUS[kind], state);
  }

  request(state: string = this.state): string {
    return withBody(`${this.head}Idempotency-Key: ${this.#nextKey()}\r\n`, `${this.fields}&state=${state}`);
  }

  async send(): Promise<Answer> {
    const answer = await this.connection.ask(this.request());
    if (answer.status !== this.status) throw new Error(`the form was answered ${answer.status}:\n${answer.body}`);
    this.state = stateIn(answer.body);
    return answer;
  }

  close(): void {
    this.connection.close();
  }
}
