import { setTimeout as wait } from "node:timers/promises";
import { type Cluster, type ClusterNode, startCluster } from "../cluster/cluster.js";
import { SHOWN } from "../cluster/components.js";
import { Ledger } from "../ledger.js";
import { type Seeded, seeded } from "../seeded.js";
import { Climber } from "./climber.js";
import { openAddressedLink, openPostedLink } from "./event-link.js";
import type { OpenLink } from "./link.js";
import { Listener } from "./listener.js";
import { Publisher } from "./publisher.js";
import { Reader } from "./reader.js";
import { openSocketLink } from "./socket-link.js";
import { MISFORTUNES, type MisfortuneName } from "./weather.js";

/** How much goes on in a run. */
export interface RunOptions {
  readonly seed: number;
  /** Topics of each kind: those that are published as changes, and those whose items are pieces. */
  readonly topics: number;
  /** Pages of each kind of connection. */
  readonly pages: number;
  readonly listeners: number;
  /** Milliseconds between two batches of a topic, at most, and items of one. */
  readonly pauseMs: number;
  readonly batch: number;
}

/** Milliseconds between two events of pages' own. */
const TOUCH_MS = 150;

const LINKS: Readonly<Record<string, OpenLink>> = {
  posted: openPostedLink,
  addressed: openAddressedLink,
  socket: openSocketLink,
};

/** A cluster with readers and publishers, and everything they see in one ledger. */
export class LedgerRun {
  readonly ledger = new Ledger(SHOWN);
  readonly #random: Seeded;
  readonly #readers: Reader[] = [];
  readonly #listeners: Listener[] = [];
  readonly #publishers: Publisher[] = [];
  readonly #climbs = new Map<Climber, Promise<void>>();
  #climbed = 0;
  #rounds = 0;
  #touching: NodeJS.Timeout | undefined;

  private constructor(
    readonly cluster: Cluster,
    readonly options: RunOptions,
  ) {
    this.#random = seeded(options.seed);
  }

  /** Starts everything; nothing is published yet. Whoever does has to close it. */
  static async open(options: RunOptions): Promise<LedgerRun> {
    const run = new LedgerRun(await startCluster(), options);
    try {
      await run.#populate();
    } catch (error) {
      await run.close();
      throw error;
    }
    return run;
  }

  /** Items are published, and pages do something of their own now and then, until `pause`. */
  publish(): void {
    for (const publisher of this.#publishers) publisher.start();
    const random = this.#random.branch(`touches ${++this.#rounds}`);
    this.#touching = setInterval(() => random.pick(this.#readers).touch(), TOUCH_MS);
  }

  /** Resolves when what was begun is published. */
  async pause(): Promise<void> {
    clearInterval(this.#touching);
    await Promise.all(this.#publishers.map((publisher) => publisher.pause()));
  }

  /** Begins to read some streams. */
  climb(count: number, steps: number, ms: number): void {
    for (let n = 0; n < count; n++) {
      const name = `stream ${++this.#climbed}`;
      const climber = new Climber({ name, ledger: this.ledger, pick: this.#picker(name), steps, ms });
      this.#climbs.set(
        climber,
        climber.climb().finally(() => this.#climbs.delete(climber)),
      );
    }
  }

  /**
   * Lets one misfortune happen while items are published, and two at once now and then. The last items come before it is
   * over, so that nothing that comes later makes good what was lost.
   */
  async suffer(name: MisfortuneName): Promise<void> {
    const random = this.#random.branch(`misfortune ${this.#rounds}`);
    const parts = {
      cluster: this.cluster,
      random,
      readers: [...this.#readers, ...this.#listeners],
      onGone: ({ name: node, life }: ClusterNode) => {
        for (const publisher of this.#publishers) publisher.nodeGone(node, life);
      },
    };
    this.publish();
    await wait(random.whole(100, 600));
    const stopping = wait(random.whole(100, 1_500)).then(() => this.pause());
    const extra = random.chance(0.5) ? MISFORTUNES["cut clients"](parts) : undefined;
    await Promise.all([MISFORTUNES[name](parts), extra]);
    await stopping;
  }

  /**
   * Nothing goes wrong any more.
   * @returns milliseconds until every view was up to date; those that are not in time are findings.
   */
  async calm(withinMs: number): Promise<number> {
    await this.pause();
    const since = performance.now();
    const isUpToDate = (): boolean => this.#views().every((view) => this.ledger.isUpToDate(view));
    while (!isUpToDate() && performance.now() - since < withinMs) await wait(20);
    this.ledger.note({ kind: "quiet" });
    return performance.now() - since;
  }

  /** Waits until every stream has ended. */
  async finish(): Promise<void> {
    await Promise.all(this.#climbs.values());
    this.ledger.note({ kind: "finished" });
  }

  async close(): Promise<void> {
    for (const climber of this.#climbs.keys()) climber.stop();
    await this.pause();
    await Promise.all([...this.#readers, ...this.#listeners].map((one) => one.stop()));
    await this.cluster.close();
  }

  #views(): readonly string[] {
    return [...this.#readers, ...this.#listeners].flatMap(({ views }) => views);
  }

  /** Spreads requests over the nodes, as a proxy without memory does. */
  #picker(name: string): () => ClusterNode {
    const random = this.#random.branch(`nodes of ${name}`);
    return () => random.pick(this.cluster.nodes);
  }

  async #populate(): Promise<void> {
    const { topics, pages, listeners, batch, pauseMs } = this.options;
    const { ledger, cluster } = this;
    const numbers = Array.from({ length: topics }, (_, n) => n + 1);
    for (const n of numbers) {
      for (const [topic, way] of [
        [`board-${n}`, "publish"],
        [`roll-${n}`, "append"],
      ] as const) {
        const random = this.#random.branch(topic);
        this.#publishers.push(new Publisher({ topic, way, ledger, random, nodes: cluster.nodes, batch, pauseMs }));
      }
    }
    for (const [kind, openLink] of Object.entries(LINKS)) {
      for (let n = 0; n < pages; n++) {
        const [name, topic] = [`${kind} page ${n + 1}`, (n % topics) + 1];
        const places = [
          `board:board-${topic}`,
          `roll:roll-${topic}`,
          n % 2 === 0 ? `shelf:board-${topic}` : `poster:board-${topic}`,
        ];
        const random = this.#random.branch(name);
        this.#readers.push(new Reader({ name, ledger, random, pick: this.#picker(name), openLink, places }));
      }
    }
    for (let n = 0; n < listeners; n++) {
      const name = `listener ${n + 1}`;
      const random = this.#random.branch(name);
      const all = numbers.map((topic) => `board-${topic}`);
      this.#listeners.push(new Listener({ name, ledger, random, pick: this.#picker(name), topics: all }));
    }
    await Promise.all(this.#listeners.map((listener) => listener.start()));
    for (const reader of this.#readers) reader.start();
    await this.#untilShown();
  }

  async #untilShown(): Promise<void> {
    const since = performance.now();
    while (this.#readers.some(({ views }) => views.length === 0)) {
      if (performance.now() - since > 20_000) throw new Error("not every page could be opened");
      await wait(20);
    }
  }
}
