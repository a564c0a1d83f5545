import { setTimeout as wait } from "node:timers/promises";
import type { ClusterNode } from "../cluster/cluster.js";
import { itemsIn, type Root, rootsIn, Visitor } from "../cluster/visitor.js";
import type { Ledger } from "../ledger.js";
import type { Seeded } from "../seeded.js";
import { type Answer, sendEvent } from "./event.js";
import type { Link, LinkHearer, OpenLink } from "./link.js";

/** What a reader is made with. */
export interface ReaderParts {
  readonly name: string;
  readonly ledger: Ledger;
  readonly random: Seeded;
  readonly pick: () => ClusterNode;
  readonly openLink: OpenLink;
  /** Components of the page, each as `name:topic`. */
  readonly places: readonly string[];
}

/** One instance on the page. */
interface Shown {
  readonly view: string;
  readonly topic: string;
  root: Root;
  /** What it is known to have seen. */
  cursor: string;
  /** Whether the connection is known to tell of it. */
  isConfirmed: boolean;
  /** A request of its own is on its way; what is pushed meanwhile must not be taken. */
  isBusy: boolean;
  /** Something was not taken. */
  isBehind: boolean;
}

function touchesIn(html: string): number {
  return Number(/ data-touches="(\d+)"/.exec(html)?.[1] ?? 0);
}

/** A page that is open somewhere: it follows what it is told by the rules of the client, and notes what it shows. */
export class Reader implements LinkHearer {
  readonly name: string;
  readonly #parts: ReaderParts;
  #visitor = new Visitor();
  #shown = new Map<string, Shown>();
  #cursor = "";
  #link: Link | undefined;
  #isStopped = false;
  #mustReload = true;
  #running: Promise<void> = Promise.resolve();
  readonly #errands = new Set<Promise<void>>();

  constructor(parts: ReaderParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  get views(): readonly string[] {
    return [...this.#shown.values()].map(({ view }) => view);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#link?.close();
    await this.#running;
    await Promise.all(this.#errands);
    for (const { view } of this.#shown.values()) this.#parts.ledger.forget(view);
  }

  /** Takes nothing for so long. */
  async hide(ms: number): Promise<void> {
    const link = this.#link;
    link?.hide();
    await wait(ms);
    link?.show();
  }

  /** Sends an event that changes the state of an instance. */
  touch(): void {
    const one = [...this.#shown.values()].filter(({ isBusy }) => !isBusy);
    if (one.length > 0) this.#errand(this.#parts.random.pick(one), "touch");
  }

  update(html: string, base: string): void {
    const [root] = rootsIn(html);
    const one = root === undefined ? undefined : this.#shown.get(root.id);
    if (one === undefined || root === undefined) return;
    one.isConfirmed = true;
    if (one.isBusy || !one.root.state.endsWith(base)) return this.#refresh(one);
    this.#take(one, root, html);
  }

  piece(place: string, html: string): void {
    const one = this.#shown.get(place.split("--", 1)[0] ?? "");
    if (one === undefined) return;
    one.isConfirmed = true;
    // The answer on its way may be older, and would take its place.
    if (one.isBusy) return this.#refresh(one);
    for (const seq of itemsIn(html)) this.#parts.ledger.note({ kind: "piece", view: one.view, topic: one.topic, seq });
  }

  resync(instances: readonly string[]): void {
    for (const id of instances) {
      const one = this.#shown.get(id);
      if (one !== undefined) this.#parts.ledger.note({ kind: "resync", view: one.view, topic: one.topic });
    }
  }

  refused(instance: string, _code: string): void {
    const one = this.#shown.get(instance);
    if (one !== undefined) this.#refresh(one);
  }

  /** What it said through another node may be among what was lost, so it says it again. */
  health(isCurrent: boolean): void {
    if (!isCurrent) return;
    for (const one of this.#shown.values()) void this.#subscribe(one);
  }

  published(): void {}

  position(cursor: string): void {
    this.#cursor = cursor;
    for (const one of this.#shown.values()) if (one.isConfirmed) one.cursor = cursor;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (this.#mustReload) await this.#load();
        await this.#connect();
      } catch {
        // Cut, refused or not there: it tries again, like every page.
      }
      this.#link = undefined;
      if (!this.#isStopped) await wait(this.#parts.random.whole(50, 250));
    }
  }

  async #load(): Promise<void> {
    const { pick, places, ledger, name } = this.#parts;
    const { cursor, roots, html } = await this.#visitor.open(pick(), places);
    if (roots.length !== places.length) throw new Error("a component of the page is missing");
    const pieces = html.split("<section ").slice(1);
    this.#cursor = cursor;
    this.#shown = new Map(
      roots.map((root, n) => {
        const [, topic = ""] = (places[n] ?? "").split(":");
        const view = `${name} ${root.id}`;
        const one: Shown = { view, topic, root, cursor, isConfirmed: false, isBusy: false, isBehind: false };
        ledger.note({ kind: "begun", view, topic });
        this.#take(one, root, `<section ${pieces[n]}`);
        return [root.id, one];
      }),
    );
    this.#mustReload = false;
  }

  async #connect(): Promise<void> {
    const { openLink, pick, name } = this.#parts;
    const all = [...this.#shown.values()];
    for (const one of all) one.isConfirmed = false;
    const roots = all.map(({ root }) => root);
    const oldest = all.map(({ cursor }) => cursor).find((cursor) => cursor !== this.#cursor) ?? this.#cursor;
    for (const { view, topic } of all) this.#parts.ledger.note({ kind: "linked", view, topic });
    const link = await openLink({ visitor: this.#visitor, pick, page: name, cursor: oldest, roots, hear: this });
    this.#link = link;
    if (this.#isStopped) return link.close();
    await Promise.all(all.map((one) => this.#subscribe(one)));
    await link.closed;
  }

  /** Says again and again what the page shows, until that was taken or the connection is gone. */
  async #subscribe(one: Shown): Promise<void> {
    const link = this.#link;
    while (link !== undefined && !link.isClosed && !this.#isStopped) {
      try {
        const refused = await link.subscribe(one.root, one.cursor);
        if (refused.length > 0) return this.#reload();
        one.isConfirmed ||= link.confirms;
        return;
      } catch {
        await wait(100);
      }
    }
  }

  #reload(): void {
    this.#mustReload = true;
    this.#link?.close();
  }

  #take(one: Shown, root: Root, html: string): void {
    one.root = root;
    const { view, topic } = one;
    this.#parts.ledger.note({ kind: "shown", view, topic, items: itemsIn(html), touches: touchesIn(html) });
  }

  #refresh(one: Shown): void {
    one.isBehind = true;
    if (!one.isBusy) this.#errand(one, "_refresh");
  }

  #errand(one: Shown, event: string): void {
    const errand = this.#send(one, event).finally(() => this.#errands.delete(errand));
    this.#errands.add(errand);
  }

  /** Sends events of an instance, one after the other, and shows their answers. */
  async #send(one: Shown, first: string): Promise<void> {
    one.isBusy = true;
    const isShown = (): boolean => !this.#isStopped && this.#shown.get(one.root.id) === one;
    for (let event = first; ; event = "_refresh") {
      one.isBehind = false;
      const answer = await sendEvent(this.#visitor, this.#parts.pick, () => one.root, event, isShown);
      if (!isShown()) break;
      if (answer === undefined) {
        this.#reload();
        break;
      }
      this.#answered(one, event, answer);
      if (!one.isBehind) break;
    }
    one.isBusy = false;
    // The connection makes updates of an older seal until it is told.
    if (isShown()) await this.#subscribe(one);
  }

  #answered(one: Shown, event: string, { status, html }: Answer): void {
    const [root] = rootsIn(html);
    if (root === undefined) return;
    const { view, topic } = one;
    if (status === 409) this.#parts.ledger.note({ kind: "begun", view, topic });
    this.#take(one, root, html);
    if (event === "touch") this.#parts.ledger.note({ kind: "touched", view, topic, touches: touchesIn(html) });
  }
}
