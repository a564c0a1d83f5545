/** Pauses of work under test: each ends when the test lets it, or with the signal's error. */
export interface Gate {
  pause(signal: AbortSignal): Promise<void>;
  /** Ends this many pauses, those that are on and those to come. */
  letThrough(count: number): void;
  /** Pauses to come last again until they are let through. */
  hold(): void;
  /** How many pauses are on. */
  waiting(): number;
}

export function gate(): Gate {
  const waiting = new Set<() => void>();
  let credit = 0;
  return {
    pause(signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (credit > 0) {
        credit--;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(go);
          reject(signal.reason as Error);
        };
        const go = (): void => {
          waiting.delete(go);
          signal.removeEventListener("abort", leave);
          resolve();
        };
        waiting.add(go);
        signal.addEventListener("abort", leave, { once: true });
      });
    },
    letThrough(count) {
      credit += count;
      for (const go of waiting) {
        if (credit === 0) break;
        credit--;
        go();
      }
    },
    hold() {
      credit = 0;
    },
    waiting: () => waiting.size,
  };
}
