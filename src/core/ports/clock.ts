/** Time as the core sees it. The only file of the core that may read the machine's clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` once after `ms` milliseconds unless the returned function is called first. Never keeps the process alive. */
  after(ms: number, task: () => void): () => void;
}

/**
 * Resolves once everything else that waits in this process had its turn. Code that only waits for what is there already
 * would keep it from everybody: no timer, no connection that was closed, no other call would be heard.
 */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** The machine's own clock: the default of `createComponentServer`. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
