import { setTimeout as wait } from "node:timers/promises";
import type { ClusterNode } from "../cluster/cluster.js";
import { Visitor } from "../cluster/visitor.js";
import type { Ledger } from "../ledger.js";
import type { Seeded } from "../seeded.js";
import type { Link, LinkHearer } from "./link.js";
import { openSocketLink } from "./socket-link.js";

export interface ListenerParts {
  readonly name: string;
  readonly ledger: Ledger;
  readonly random: Seeded;
  readonly pick: () => ClusterNode;
  readonly topics: readonly string[];
}

/** Positions that are remembered, so that what comes again is told from what is new. */
const MOST_POSITIONS = 5_000;

/** Listens to topics themselves through a socket, from where it was when the last one broke. */
export class Listener implements LinkHearer {
  readonly name: string;
  readonly #parts: ListenerParts;
  readonly #visitor = new Visitor();
  readonly #cursors = new Map<string, string>();
  #known = new Set<string>();
  #link: Link | undefined;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: ListenerParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  get views(): readonly string[] {
    return this.#parts.topics.map((topic) => this.#viewOf(topic));
  }

  /** Must be called before anything is published, and resolves when it knows where it begins. */
  async start(): Promise<void> {
    const { topics, pick, ledger } = this.#parts;
    const { cursor } = await this.#visitor.open(
      pick(),
      topics.slice(0, 1).map((topic) => `board:${topic}`),
    );
    for (const topic of topics) {
      this.#cursors.set(topic, cursor);
      ledger.listens(this.#viewOf(topic), topic);
    }
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#link?.close();
    await this.#running;
    for (const view of this.views) this.#parts.ledger.forget(view);
  }

  async hide(ms: number): Promise<void> {
    const link = this.#link;
    link?.hide();
    await wait(ms);
    link?.show();
  }

  published(topic: string, change: unknown, cursor: string): void {
    const isNew = !this.#known.has(cursor);
    this.#known.add(cursor);
    if (this.#known.size > MOST_POSITIONS) this.#known = new Set([...this.#known].slice(-MOST_POSITIONS / 2));
    this.#cursors.set(topic, cursor);
    if (!isNew || typeof change !== "number") return;
    this.#parts.ledger.note({ kind: "heard", view: this.#viewOf(topic), topic, seq: change });
  }

  resync(): void {
    for (const topic of this.#parts.topics)
      this.#parts.ledger.note({ kind: "resync", view: this.#viewOf(topic), topic });
  }

  update(): void {}

  piece(): void {}

  refused(): void {}

  health(): void {}

  position(cursor: string): void {
    for (const topic of this.#parts.topics) this.#cursors.set(topic, cursor);
  }

  #viewOf(topic: string): string {
    return `${this.name} ${topic}`;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#connect();
      } catch {
        // Cut, or not there: it tries again.
      }
      this.#link?.close();
      if (!this.#isStopped) await wait(this.#parts.random.whole(50, 250));
    }
  }

  async #connect(): Promise<void> {
    const { name, pick, topics } = this.#parts;
    const parts = { visitor: this.#visitor, pick, page: name, cursor: "", roots: [], hear: this };
    this.#link = await openSocketLink(parts);
    for (const topic of topics) await this.#link.listen(topic, this.#cursors.get(topic) ?? "");
    if (this.#isStopped) this.#link.close();
    await this.#link.closed;
  }
}
