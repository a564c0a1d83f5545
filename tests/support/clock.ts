import type { Clock } from "hydrant";

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/** Time that moves only when a test says so. */
export interface TestClock extends Clock {
  /** Moves time on and runs what is due. */
  advance(ms: number): void;
  /** How many tasks wait for their time. */
  pending(): number;
}

const START = Date.UTC(2026, 5, 1, 12);

export function testClock(): TestClock {
  const timers = new Set<Timer>();
  let now = START;
  return {
    now: () => now,
    after(ms, task) {
      const timer = { at: now + ms, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pending: () => timers.size,
    advance(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at > now || !timers.delete(timer)) continue;
        timer.task();
      }
    },
  };
}
