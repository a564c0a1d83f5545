import { type Answer, Connection } from "../socket/connection.js";
import type { Visitor } from "../socket/visitor.js";
import { Reader } from "./reader.js";
import { BROADCAST_PATH } from "./serve.js";
import { TRANSPORTS } from "./transports.js";

const MARK = "</hx-partial>";
const AT_ONCE = 32;
const MOST_MS = 10_000;

/** Many pages with one instance each, and somebody who publishes what all of them show. */
export class ToldPages implements Visitor {
  readonly #readers: Reader[] = [];
  readonly #wanted: number;
  #updates = 0;
  #onAll: (() => void) | undefined;

  private constructor(
    private readonly connection: Connection,
    wanted: number,
  ) {
    this.#wanted = wanted;
  }

  static async open(port: number, wanted: number): Promise<ToldPages> {
    const pages = new ToldPages(await Connection.open(port), wanted);
    let left = wanted;
    const some = async (): Promise<void> => {
      while (left-- > 0) pages.#readers.push(await Reader.open(port, pages.#options));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, some));
    return pages;
  }

  readonly #options = {
    transport: TRANSPORTS.sse,
    mark: MARK,
    onMessage: () => {
      if (++this.#updates === this.#wanted) this.#onAll?.();
    },
    onLost: () => {},
  };

  /** Publishes, until every page has its update. @throws {Error} where one has not. */
  async send(): Promise<Answer> {
    this.#updates = 0;
    let late: NodeJS.Timeout | undefined;
    const all = new Promise<void>((resolve, reject) => {
      this.#onAll = resolve;
      late = setTimeout(() => reject(new Error(`${this.#updates} of ${this.#wanted} pages were told`)), MOST_MS);
    });
    const answer = await this.connection.ask(
      `POST ${BROADCAST_PATH} HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n`,
    );
    await all;
    clearTimeout(late);
    return answer;
  }

  close(): void {
    this.connection.close();
    for (const reader of this.#readers) reader.close();
  }
}
