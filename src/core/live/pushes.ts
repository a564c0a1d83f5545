import type { Clock } from "../ports/clock.js";
import { allChanges, type Changes, NO_CHANGES, type RenderedPush, type Subscription } from "./subscription.js";

/** Milliseconds after which the other instances of a page wait no longer for one that is slow to render. */
const SLOW_MS = 1_000;

export interface PushesParts {
  readonly clock: Clock;
  readonly render: (subscription: Subscription, changes: Changes) => Promise<RenderedPush>;
  /** Asks for a turn in which {@link Pushes.flush} is called. */
  readonly want: () => void;
  /** Whether the other side takes renders now. */
  readonly isOpen: () => boolean;
  /** Whether the page is still told of it. */
  readonly holds: (subscription: Subscription) => boolean;
  /** Cursor of who has seen everything. */
  readonly position: () => string;
  readonly show: (subscription: Subscription, push: RenderedPush, cursor: string | undefined) => void;
  readonly fail: (subscription: Subscription, error: unknown) => void;
}

/** The instances of one connection that changed, and those that are being rendered. */
export class Pushes {
  readonly #parts: PushesParts;
  readonly #dirty = new Set<Subscription>();
  readonly #rendering = new Set<Subscription>();
  #isFlushing = false;

  constructor(parts: PushesParts) {
    this.#parts = parts;
  }

  /** Whether everything was shown. */
  get isIdle(): boolean {
    return this.#dirty.size === 0 && this.#rendering.size === 0;
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
    this.#dirty.add(subscription);
    this.wake();
  }

  /** Another takes its place. What it is being rendered with counts as well: that render will not be shown. */
  replace(known: Subscription, fresh: Subscription): void {
    if (!this.#dirty.has(known) && known.rendering === undefined) return;
    fresh.changes = allChanges(known);
    this.add(fresh);
  }

  drop(subscription: Subscription): void {
    this.#dirty.delete(subscription);
  }

  /** Asks for a turn where there is something to do in it. */
  wake(): void {
    if (!this.#parts.isOpen()) return;
    for (const { rendering } of this.#dirty) if (rendering === undefined) return this.#parts.want();
  }

  /** Renders what changed, one instance after the other, as long as the other side takes it. */
  async flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // What is marked again meanwhile waits for the next turn, so that all others get theirs.
    for (const subscription of [...this.#dirty]) {
      if (!this.#parts.isOpen()) break;
      if (subscription.rendering !== undefined || !this.#dirty.delete(subscription)) continue;
      await this.#unlessSlow(this.#push(subscription));
    }
    this.#isFlushing = false;
    this.wake();
  }

  async #push(subscription: Subscription): Promise<void> {
    const { render, holds, position, show, fail } = this.#parts;
    const { seal, changes = NO_CHANGES } = subscription;
    // Only who has all of it may go on from here.
    const cursor = this.isIdle ? position() : undefined;
    subscription.changes = undefined;
    subscription.rendering = changes;
    this.#rendering.add(subscription);
    try {
      const push = await render(subscription, changes);
      if (subscription.seal !== seal) this.#renderAnew(subscription);
      else if (holds(subscription)) show(subscription, push, cursor);
    } catch (error) {
      fail(subscription, error);
    }
    subscription.rendering = undefined;
    this.#rendering.delete(subscription);
    this.wake();
  }

  /** By now the page shows something newer, and would not take what was made from the older one. */
  #renderAnew(subscription: Subscription): void {
    if (!this.#parts.holds(subscription)) return;
    subscription.changes = allChanges(subscription);
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
