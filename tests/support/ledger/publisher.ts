import { setTimeout as wait } from "node:timers/promises";
import type { ClusterNode } from "../cluster/cluster.js";
import type { Publication } from "../cluster/node.js";
import { Visitor } from "../cluster/visitor.js";
import type { Ledger } from "../ledger.js";
import type { Seeded } from "../seeded.js";

export interface PublisherParts {
  readonly topic: string;
  readonly way: Publication["way"];
  readonly ledger: Ledger;
  readonly random: Seeded;
  readonly nodes: readonly ClusterNode[];
  /** Milliseconds between two batches, at most. */
  readonly pauseMs: number;
  /** Items of one batch, at most. */
  readonly batch: number;
}

interface Reach {
  readonly node: ClusterNode;
  readonly life: number;
  readonly reached: "everywhere" | "here";
  readonly tries: number;
}

/** Nothing is published for longer than that, however slowly nodes answer. */
const PATIENCE_MS = 15_000;

/** Publishes the items of one topic, in order, through whichever node; each until a node has taken it. */
export class Publisher {
  readonly topic: string;
  readonly #parts: PublisherParts;
  readonly #visitor = new Visitor();
  /** Items that only one node knew of, by the node and its life. */
  readonly #here = new Map<string, number[]>();
  readonly #errands = new Set<Promise<void>>();
  #seq = 0;
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: PublisherParts) {
    this.topic = parts.topic;
    this.#parts = parts;
  }

  start(): void {
    this.#isRunning = true;
    this.#running = this.#run();
  }

  /** Resolves when the last item is published. */
  async pause(): Promise<void> {
    this.#isRunning = false;
    await this.#running;
    await Promise.all(this.#errands);
  }

  /** A node is gone with what only it knew of: whoever was told so publishes that there is news. */
  nodeGone(name: string, life: number): void {
    const key = `${name} ${life}`;
    const lost = this.#here.get(key) ?? [];
    this.#here.delete(key);
    if (lost.length === 0) return;
    const { ledger, topic } = this.#parts;
    for (const seq of lost) ledger.note({ kind: "buried", topic, seq });
    const errand = this.#announce().finally(() => this.#errands.delete(errand));
    this.#errands.add(errand);
  }

  async #announce(): Promise<void> {
    const { topic } = this.#parts;
    for (;;) {
      const { reached } = await this.#publish({ topic, from: 0, to: 0, way: "again" });
      if (reached === "everywhere") return;
      await wait(200);
    }
  }

  async #run(): Promise<void> {
    const { random, ledger, topic, way, batch, pauseMs } = this.#parts;
    while (this.#isRunning) {
      const from = this.#seq + 1;
      this.#seq += random.whole(1, batch);
      const all = Array.from({ length: this.#seq - from + 1 }, (_, n) => from + n);
      for (const seq of all) ledger.note({ kind: "sending", topic, seq });
      const { reached, tries } = await this.#publish({ topic, from, to: this.#seq, way });
      const certain = reached === "everywhere" && tries === 1;
      for (const seq of all) ledger.note({ kind: "sent", topic, seq, certain });
      await wait(random.whole(0, pauseMs));
    }
  }

  async #publish(publication: Publication): Promise<Reach> {
    for (let tries = 1; ; tries++) {
      const node = this.#parts.random.pick(this.#parts.nodes);
      const { life } = node;
      try {
        const { status, body } = await this.#visitor.json(node, "/publish", publication, { withinMs: PATIENCE_MS });
        if (status === 200) {
          const { reached } = JSON.parse(body) as Pick<Reach, "reached">;
          return this.#told({ node, life, reached, tries }, publication);
        }
      } catch {
        // Nobody knows what became of it, so it is published once more.
      }
      await wait(50);
    }
  }

  #told(reach: Reach, { from, to, way }: Publication): Reach {
    if (reach.reached === "everywhere") return reach;
    const key = `${reach.node.name} ${reach.life}`;
    const known = this.#here.get(key) ?? [];
    this.#here.set(key, known);
    if (way !== "again") for (let seq = from; seq <= to; seq++) known.push(seq);
    // A node that died before it could answer for it is gone already.
    if (reach.node.life !== reach.life || !reach.node.isUp) this.nodeGone(reach.node.name, reach.life);
    return reach;
  }
}
