import type { Clock } from "../ports/clock.js";
import { allChanges, type Changes, NO_CHANGES, type RenderedPush, type Subscription } from "./subscription.js";

/** Milliseconds after which the other instances of a page wait no longer for one that is slow to render. */
const SLOW_MS = 1_000;

export interface PushesParts {
  readonly clock: Clock;
  readonly render: (subscription: Subscription, changes: Changes) => Promise<RenderedPush>;
}

/** The connection it belongs to. Told through one object: functions of its own would be kept for every connection. */
export interface PushesOwner {
  /** Asks for a turn in which {@link Pushes.flush} is called. */
  want(): void;
  /** Whether the other side takes renders now. */
  readonly isOpen: boolean;
  /** Whether the page is still told of it. */
  holds(subscription: Subscription): boolean;
  /** Where the page may go on from, once it has what it is sent; `undefined` where that is not sure. */
  readonly position: string | undefined;
  show(subscription: Subscription, push: RenderedPush, cursor: string | undefined): void;
  refuse(subscription: Subscription, error: unknown): void;
}

/** The instances of one connection that changed, and those that are being rendered. */
export class Pushes {
  readonly #parts: PushesParts;
  readonly #owner: PushesOwner;
  /** Kept only while there is something in it: most connections wait most of the time. */
  #dirty: Set<Subscription> | undefined;
  #rendering = 0;
  /** Counts how often what was being rendered became no proof that the page has everything. */
  #doubts = 0;
  #isFlushing = false;

  constructor(parts: PushesParts, owner: PushesOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Whether everything was shown. */
  get isIdle(): boolean {
    return this.#rendering === 0 && (this.#dirty === undefined || this.#dirty.size === 0);
  }

  /** It is rendered again, with the last change of each topic. */
  mark(subscription: Subscription, topic: string, change: unknown): void {
    subscription.changes ??= new Map();
    // Topics stand in the order of their last changes.
    subscription.changes.delete(topic);
    subscription.changes.set(topic, change);
    this.add(subscription);
  }

  /** A piece came that cannot go out alone. It does not take the place of a change that waits. */
  touch(subscription: Subscription, topic: string): void {
    if (subscription.changes?.has(topic) === true) this.add(subscription);
    else this.mark(subscription, topic, undefined);
  }

  /** It is rendered again as it stands. */
  add(subscription: Subscription): void {
    this.#dirty ??= new Set();
    this.#dirty.add(subscription);
    this.wake();
  }

  /** Another takes its place. What it is being rendered with counts as well: that render will not be shown. */
  replace(known: Subscription, fresh: Subscription): void {
    if (this.#dirty?.has(known) !== true && known.rendering === undefined) return;
    fresh.changes = allChanges(known);
    this.add(fresh);
  }

  drop(subscription: Subscription): void {
    this.#dirty?.delete(subscription);
  }

  /** The page is going to be told of something older than what is being rendered. */
  doubt(): void {
    this.#doubts++;
  }

  /** Asks for a turn where there is something to do in it. */
  wake(): void {
    if (this.#dirty === undefined || !this.#owner.isOpen) return;
    for (const { rendering } of this.#dirty) if (rendering === undefined) return this.#owner.want();
  }

  /** Renders what changed, one instance after the other, as long as the other side takes it. */
  async flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // What is marked again meanwhile waits for the next turn, so that all others get theirs.
    for (const subscription of [...(this.#dirty ?? [])]) {
      if (!this.#owner.isOpen) break;
      if (subscription.rendering !== undefined || this.#dirty?.delete(subscription) !== true) continue;
      await this.#unlessSlow(this.#push(subscription));
    }
    this.#isFlushing = false;
    this.wake();
  }

  async #push(subscription: Subscription): Promise<void> {
    const owner = this.#owner;
    const { seal, changes = NO_CHANGES } = subscription;
    // Only who has all of it may go on from here: asked before this one counts as missing.
    const { position } = owner;
    const doubts = this.#doubts;
    subscription.changes = undefined;
    subscription.rendering = changes;
    this.#rendering++;
    try {
      const push = await this.#parts.render(subscription, changes);
      if (subscription.seal !== seal) this.#renderAnew(subscription);
      else if (owner.holds(subscription))
        owner.show(subscription, push, this.#doubts === doubts ? position : undefined);
    } catch (error) {
      owner.refuse(subscription, error);
    }
    subscription.rendering = undefined;
    this.#rendering--;
    if (this.#dirty?.size === 0) this.#dirty = undefined;
    this.wake();
  }

  /** By now the page shows something newer, and would not take what was made from the older one. */
  #renderAnew(subscription: Subscription): void {
    if (!this.#owner.holds(subscription)) return;
    subscription.changes = allChanges(subscription);
    this.#dirty ??= new Set();
    this.#dirty.add(subscription);
  }

  /** Resolves when it is rendered, or when it took so long that the others should not wait for it. */
  #unlessSlow(pushing: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(SLOW_MS, resolve);
      void pushing.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
