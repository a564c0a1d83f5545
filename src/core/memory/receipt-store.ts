import { systemClock } from "../ports/clock.js";
import type { Receipt, ReceiptState, ReceiptStore } from "../ports/receipt-store.js";
import { ExpiringMap } from "./expiring-map.js";
import { MEMORY_BOUNDS, type MemoryStoreOptions } from "./state-store.js";

/** An intent that is being carried out, and who waits for its end. */
interface Running {
  readonly digest: string;
  readonly ttlMs: number;
  readonly waiting: (() => void)[];
}

interface Done {
  readonly digest: string;
  readonly receipt: Receipt;
}

/** Characters a receipt holds, roughly: the HTML is nearly all of it. */
function weightOf({ outcome }: Receipt): number {
  if (outcome === undefined) return 100;
  return outcome.partials.reduce((sum, { html }) => sum + html.length, 500 + outcome.html.length);
}

/** Receipts in this process's memory. Running intents are bounded by the calls in hand, finished ones by `bounds`. */
export function memoryReceiptStore({
  bounds = MEMORY_BOUNDS,
  now = systemClock.now,
}: MemoryStoreOptions = {}): ReceiptStore {
  const running = new Map<string, Running>();
  const done = new ExpiringMap<Done>(bounds, now);

  function settle(key: string): Running | undefined {
    const intent = running.get(key);
    running.delete(key);
    for (const wake of intent?.waiting ?? []) wake();
    return intent;
  }

  async function begin(key: string, digest: string, ttlMs: number): Promise<ReceiptState> {
    const known = running.get(key) ?? done.get(key);
    if (known === undefined) {
      running.set(key, { digest, ttlMs, waiting: [] });
      return { status: "started" };
    }
    if (known.digest !== digest) return { status: "mismatch" };
    if ("receipt" in known) return { status: "done", receipt: known.receipt };
    await new Promise<void>((resolve) => known.waiting.push(resolve));
    return begin(key, digest, ttlMs);
  }

  return {
    begin,
    async finish(key, receipt) {
      const intent = running.get(key);
      if (intent !== undefined) done.set(key, { digest: intent.digest, receipt }, intent.ttlMs, weightOf(receipt));
      settle(key);
    },
    async abandon(key) {
      settle(key);
    },
  };
}
