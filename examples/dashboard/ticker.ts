import type { ComponentServer } from "hydrant";

/** Milliseconds between ticks. */
const EVERY_MS = 1_000;
/** Milliseconds for which it ticks on when nobody looks. */
const IDLE_MS = 3_000;

/** What it needs of the server: its time, and to tell. */
export type TickerServer = Pick<ComponentServer, "after" | "now" | "publish" | "report">;

/**
 * Publishes once a second for as long as somebody looks. A tick that somebody is told of ends in a render, and a render
 * says that somebody looks: so it stops by itself, and the next visitor starts it.
 */
export class Ticker {
  readonly #topic: string;
  #server: TickerServer | undefined;
  #seenAt = Number.NEGATIVE_INFINITY;
  #isTicking = false;

  constructor(topic: string) {
    this.#topic = topic;
  }

  /** From now on the ticks go through this server, in its time. */
  connect(server: TickerServer): void {
    this.#server = server;
    this.#isTicking = false;
  }

  get isTicking(): boolean {
    return this.#isTicking;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#server?.now() ?? Date.now();
  }

  /** Somebody looks. */
  seen(): void {
    this.#seenAt = this.now();
    if (this.#isTicking || this.#server === undefined) return;
    this.#isTicking = true;
    this.#wait(this.#server);
  }

  #wait(server: TickerServer): void {
    // At the beginning of a second, so that every process shows the same one.
    server.after(EVERY_MS - (server.now() % EVERY_MS), () => this.#tick(server));
  }

  #tick(server: TickerServer): void {
    if (server !== this.#server) return;
    if (server.now() - this.#seenAt > IDLE_MS) {
      this.#isTicking = false;
      return;
    }
    server.publish(this.#topic).catch((error: unknown) => server.report(error));
    this.#wait(server);
  }
}
