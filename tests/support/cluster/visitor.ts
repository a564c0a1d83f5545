import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { ClusterNode } from "./cluster.js";

/** What a visitor asks for. */
export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds the answer may take. */
  readonly withinMs?: number;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Name of the node that answered. */
  readonly node: string | undefined;
}

/** An instance, as the page of a visitor shows it. */
export interface Root {
  readonly id: string;
  readonly component: string;
  readonly rev: number;
  /** Its seal. */
  readonly state: string;
}

const ROOT =
  /<section id="([^"]+)" data-component="([^"]+)" data-rev="(\d+)"[^>]*&quot;state&quot;:&quot;([\w-]+)&quot;/g;

/** The instances in a piece of HTML, in its order. */
export function rootsIn(html: string): Root[] {
  return [...html.matchAll(ROOT)].map(([, id = "", component = "", rev, state = ""]) => {
    return { id, component, rev: Number(rev), state };
  });
}

export function cursorIn(html: string): string {
  const [, cursor = ""] = /name="hydrant-live" content="[^"?]*\?cursor=([^"]*)"/.exec(html) ?? [];
  return decodeURIComponent(cursor);
}

/** Numbers of the items in a piece of HTML, in its order. */
export function itemsIn(html: string): number[] {
  return [...html.matchAll(/ data-seq="(\d+)"/g)].map(([, seq]) => Number(seq));
}

const PATIENCE_MS = 10_000;

/** Somebody with a browser's cookies, who asks whichever node. */
export class Visitor {
  #cookie = "";

  /** What a browser of this site sends with every request. */
  get headers(): Readonly<Record<string, string>> {
    return { "Sec-Fetch-Site": "same-origin", ...(this.#cookie === "" ? {} : { Cookie: this.#cookie }) };
  }

  /** Sends a request and gives the answer before its body. Rejects where there is none in time. */
  begin(
    node: Pick<ClusterNode, "way">,
    asked: Asked,
  ): Promise<{ readonly sent: ClientRequest; readonly answer: IncomingMessage }> {
    const { method = "GET", path, headers = {}, body, withinMs = PATIENCE_MS } = asked;
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: "127.0.0.1",
          port: node.way.port,
          method,
          path,
          agent: false,
          headers: { ...this.headers, ...length, ...headers },
        },
        (answer) => {
          clearTimeout(timer);
          const [cookie] = answer.headers["set-cookie"] ?? [];
          if (cookie !== undefined) this.#cookie = cookie.split(";", 1)[0] as string;
          resolve({ sent, answer });
        },
      );
      const timer = setTimeout(() => sent.destroy(new Error(`no answer to ${path} in ${withinMs} ms`)), withinMs);
      sent.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      sent.end(body);
    });
  }

  /** The same with its body. Rejects where that was cut. */
  async ask(node: Pick<ClusterNode, "way">, asked: Asked): Promise<Answered> {
    const { answer } = await this.begin(node, asked);
    const timer = setTimeout(() => answer.destroy(new Error("the body took too long")), asked.withinMs ?? PATIENCE_MS);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const { statusCode: status = 0, headers } = answer;
      const node_ = headers["x-node"];
      return { status, headers, body: Buffer.concat(chunks).toString("utf8"), node: node_ as string | undefined };
    } finally {
      clearTimeout(timer);
    }
  }

  json(node: Pick<ClusterNode, "way">, path: string, value: unknown, more: Partial<Asked> = {}): Promise<Answered> {
    const headers = { "Content-Type": "application/json", Accept: "application/json", ...more.headers };
    return this.ask(node, { method: "POST", path, body: JSON.stringify(value), ...more, headers });
  }

  /** Sends an event, and gives what a component's client would be told. */
  async send(
    node: Pick<ClusterNode, "way">,
    { component, state }: Pick<Root, "component" | "state">,
    event: string,
    payload: Readonly<Record<string, string | number>> = {},
    more: Partial<Asked> = {},
  ): Promise<Answered> {
    const fields = Object.entries({ state, ...payload }).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const headers = {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      ...more.headers,
    };
    const body = new URLSearchParams(fields).toString();
    return this.ask(node, { method: "POST", path: `/components/${component}/${event}`, body, ...more, headers });
  }

  /** Opens a page with these components, each as `name` or `name:topic`. */
  async open(
    node: Pick<ClusterNode, "way">,
    places: readonly string[],
  ): Promise<{ readonly cursor: string; readonly roots: readonly Root[]; readonly html: string }> {
    const query = places.map((place) => `place=${encodeURIComponent(place)}`).join("&");
    const { status, body } = await this.ask(node, { path: `/page?${query}` });
    if (status !== 200) throw new Error(`the page was answered with ${status}: ${body.slice(0, 300)}`);
    return { cursor: cursorIn(body), roots: rootsIn(body), html: body };
  }
}
