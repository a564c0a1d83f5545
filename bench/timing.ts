import { median } from "./numbers.js";

export interface Timed {
  readonly name: string;
  readonly run: () => unknown;
}

const ROUNDS = 15;
const ROUND_MS = 100;
const WARM_UP_MS = 500;

/** CPU time, because a neighbour who takes the processor for a while does not count. */
function microsOf(run: () => unknown, times: number): number {
  const begun = process.cpuUsage();
  for (let count = 0; count < times; count++) run();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / times;
}

/** Until the compiler is done: its threads count as CPU too. */
function warmUp(run: () => unknown): void {
  const until = performance.now() + WARM_UP_MS;
  while (performance.now() < until) run();
}

/** How often a task fits into one round. */
function timesFor(run: () => unknown): number {
  warmUp(run);
  return Math.max(5, Math.ceil((ROUND_MS * 1000) / Math.max(0.1, microsOf(run, 200))));
}

/** Microseconds of each task: the tasks take turns, and the median of each one's rounds counts. */
export function timeInTurns(tasks: readonly Timed[]): ReadonlyMap<string, number> {
  const prepared = tasks.map(({ name, run }) => ({ name, run, times: timesFor(run), rounds: [] as number[] }));
  globalThis.gc?.();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, times, rounds } of prepared) rounds.push(microsOf(run, times));
  }
  return new Map(prepared.map(({ name, rounds }) => [name, median(rounds)]));
}
