import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { ClusterNode } from "../cluster/cluster.js";
import { itemsIn, type Root, Visitor } from "../cluster/visitor.js";
import type { Ledger } from "../ledger.js";
import { EventReader } from "./event-reader.js";

export interface ClimberParts {
  readonly name: string;
  readonly ledger: Ledger;
  readonly pick: () => ClusterNode;
  readonly steps: number;
  /** Milliseconds from step to step. */
  readonly ms: number;
}

/** Milliseconds for which it tries to go on; longer than a dead node takes to be found out. */
const PATIENCE_MS = 25_000;

/** Reads one stream that can be resumed, over as many connections as it takes. */
export class Climber {
  readonly #parts: ClimberParts;
  readonly #visitor = new Visitor();
  readonly #key = randomUUID();
  #ticket: string | undefined;
  #number = 0;
  #isOver = false;
  #isStopped = false;

  constructor(parts: ClimberParts) {
    this.#parts = parts;
  }

  /** Resolves when the stream has ended, or nobody could go on. */
  async climb(): Promise<void> {
    const since = performance.now();
    let root: Root | undefined;
    while (!this.#isOver && !this.#isStopped && performance.now() - since < PATIENCE_MS) {
      try {
        root ??= (await this.#visitor.open(this.#parts.pick(), ["stairs"])).roots[0] as Root;
        await this.#read(await (this.#ticket === undefined ? this.#begin(root) : this.#resume(this.#ticket)));
      } catch {
        // Cut, or nobody there: it goes on elsewhere.
      }
      if (!this.#isOver) await wait(100);
    }
    // A stream nobody ever got a frame of was not begun.
    if (!this.#isOver && this.#number === 0) this.#parts.ledger.note({ kind: "left", stream: this.#parts.name });
  }

  /** Leaves it. */
  stop(): void {
    this.#isStopped = true;
    this.#parts.ledger.note({ kind: "left", stream: this.#parts.name });
  }

  async #begin({ component, state }: Root): Promise<IncomingMessage> {
    const { steps, ms, pick } = this.#parts;
    const { answer } = await this.#visitor.begin(pick(), {
      method: "POST",
      path: `/components/${component}/climb`,
      headers: {
        Accept: "application/json, text/event-stream",
        "Content-Type": "application/x-www-form-urlencoded",
        "Idempotency-Key": this.#key,
      },
      body: new URLSearchParams({ state, steps: String(steps), ms: String(ms) }).toString(),
    });
    const [, ticket] = String(answer.headers["hydrant-stream"] ?? "").split(" ");
    this.#ticket = ticket;
    return answer;
  }

  async #resume(ticket: string): Promise<IncomingMessage> {
    const headers = { Accept: "application/json, text/event-stream", "Last-Event-ID": String(this.#number) };
    const { answer } = await this.#visitor.begin(this.#parts.pick(), {
      path: `/components/_streams/${ticket}`,
      headers,
    });
    return answer;
  }

  async #read(answer: IncomingMessage): Promise<void> {
    const { statusCode: status = 0, headers } = answer;
    if (!String(headers["content-type"]).startsWith("text/event-stream")) {
      answer.resume();
      // It is said that there is no more; anything else may be better a moment later.
      if (status === 409 || status === 404) this.#end("interrupted");
      return;
    }
    const events = new EventReader((message) => this.#take(message));
    answer.setEncoding("utf8");
    for await (const text of answer) events.feed(text as string);
  }

  #take({ event, data, id }: { readonly event: string; readonly data: string; readonly id: string }): void {
    if (event === "component:done") return this.#end("done");
    if (event === "component:error") return this.#end("interrupted");
    const number = Number(id);
    const { html, stream_done: isDone } = JSON.parse(data) as { readonly html: string; readonly stream_done: boolean };
    // The last frame comes again to whoever may not have seen that it was the last.
    if (isDone && number === this.#number) return;
    this.#number = Math.max(this.#number, number);
    const step = isDone ? 0 : (itemsIn(html)[0] ?? 0);
    this.#parts.ledger.note({ kind: "frame", stream: this.#parts.name, number, step });
  }

  #end(how: "done" | "interrupted"): void {
    this.#isOver = true;
    this.#parts.ledger.note({ kind: "ended", stream: this.#parts.name, how, steps: this.#parts.steps });
  }
}
