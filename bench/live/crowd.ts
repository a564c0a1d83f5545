import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, Reply } from "./readers.js";
import type { TransportName } from "./transports.js";

/** Milliseconds after which nothing that was asked for is waited for any more. */
const MOST_MS = 60_000;

/** Readers of one server, in a process of their own. */
export class Crowd {
  private constructor(private readonly child: ChildProcess) {}

  static start(): Crowd {
    return new Crowd(fork(fileURLToPath(new URL("./readers.js", import.meta.url)), { execArgv: [] }));
  }

  /** @returns how many could be opened, and why no more. */
  async open(port: number, transport: TransportName, count: number): Promise<{ count: number; reason?: string }> {
    const reply = await this.#ask({ kind: "open", port, transport, count });
    if (reply.kind !== "open") throw new Error(`readers answered ${reply.kind}`);
    return reply.reason === undefined ? { count: reply.count } : { count: reply.count, reason: reply.reason };
  }

  /** Closes all but so many. */
  async keep(count: number): Promise<void> {
    await this.#ask({ kind: "keep", count });
  }

  /**
   * @returns milliseconds until every reader has all of it, and microseconds of the readers' CPU.
   * @throws {Error} where one has not, or has it twice.
   */
  async broadcast(): Promise<{ readonly millis: number; readonly cpu: number }> {
    const reply = await this.#ask({ kind: "broadcast" });
    if (reply.kind !== "broadcast") throw new Error(`readers answered ${reply.kind}`);
    return reply;
  }

  stop(): void {
    if (this.child.connected) this.child.send({ kind: "stop" } satisfies Order);
  }

  #ask(order: Order): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error("the readers ended"));
      const late = setTimeout(() => reject(new Error(`the readers did not ${order.kind} in ${MOST_MS} ms`)), MOST_MS);
      this.child.once("exit", onExit);
      this.child.once("message", (message) => {
        clearTimeout(late);
        this.child.off("exit", onExit);
        const reply = message as Reply;
        if (reply.kind === "failed") reject(new Error(reply.reason));
        else resolve(reply);
      });
      this.child.send(order);
    });
  }
}
