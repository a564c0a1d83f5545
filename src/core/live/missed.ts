import type { LiveMessage } from "./messages.js";
import type { Subscription } from "./subscription.js";

/** Whom it is said to. */
export interface MissedReader {
  /** Whether the other side takes something now. */
  readonly isOpen: boolean;
  send(message: LiveMessage, page: string): void;
}

/** What may have been missed on a connection, and was not said yet. */
export class Missed {
  readonly #instances = new Set<Subscription>();
  #hasTopics = false;

  get isEmpty(): boolean {
    return this.#instances.size === 0 && !this.#hasTopics;
  }

  add(subscription: Subscription): void {
    this.#instances.add(subscription);
  }

  /** Under topics that the connection listens to itself. */
  addTopics(): void {
    this.#hasTopics = true;
  }

  /** Another takes its place. */
  replace(known: Subscription, fresh: Subscription): void {
    if (this.#instances.delete(known)) this.#instances.add(fresh);
  }

  drop(subscription: Subscription): void {
    this.#instances.delete(subscription);
  }

  /** Says it once, as long as the other side takes it. */
  tell(reader: MissedReader): void {
    for (const page of new Set([...this.#instances].map((one) => one.page))) {
      if (!reader.isOpen) return;
      const lost = [...this.#instances].filter((one) => one.page === page);
      for (const one of lost) this.#instances.delete(one);
      reader.send({ kind: "resync", page, instances: lost.map(({ id }) => id) }, page);
    }
    if (!this.#hasTopics || !reader.isOpen) return;
    this.#hasTopics = false;
    reader.send({ kind: "resync", page: "", instances: [] }, "");
  }
}
