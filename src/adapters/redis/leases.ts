/** An intent that this process carries out. */
export interface Lease {
  readonly digest: string;
  /** Tells this process's claim from one of another node. */
  readonly claim: string;
  readonly ttlMs: number;
}

/** Calls that are in hand in this process, each with a timer that keeps its claim alive. */
export class Leases {
  readonly #held = new Map<string, { readonly lease: Lease; readonly timer: NodeJS.Timeout }>();

  /**
   * @param everyMs Milliseconds between two renewals.
   * @param renew Makes the claim last longer.
   */
  constructor(
    private readonly everyMs: number,
    private readonly renew: (key: string, lease: Lease) => Promise<unknown>,
  ) {}

  hold(key: string, lease: Lease): void {
    this.release(key);
    const timer = setInterval(() => {
      this.renew(key, lease).catch(() => {
        // Redis is down. The next renewal may find it again, and until the claim ends nobody else begins.
      });
    }, this.everyMs);
    // A process that has nothing else to do may end; its claims end with their time.
    timer.unref();
    this.#held.set(key, { lease, timer });
  }

  /** @returns `undefined` where this process holds nothing. */
  release(key: string): Lease | undefined {
    const held = this.#held.get(key);
    clearInterval(held?.timer);
    this.#held.delete(key);
    return held?.lease;
  }
}
