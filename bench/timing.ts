export interface Timed {
  readonly name: string;
  readonly run: () => unknown;
}

const ROUNDS = 60;
const ROUND_MS = 25;
const WARM_UP_MS = 700;

function microsOf(run: () => unknown, times: number): number {
  const begun = performance.now();
  for (let count = 0; count < times; count++) run();
  return ((performance.now() - begun) * 1000) / times;
}

/** Until the compiler is done: it works beside the task and slows it down. */
function warmUp(run: () => unknown): void {
  const until = performance.now() + WARM_UP_MS;
  while (performance.now() < until) run();
}

/** How often a task fits into one round. */
function timesFor(run: () => unknown): number {
  warmUp(run);
  return Math.max(5, Math.ceil((ROUND_MS * 1000) / Math.max(0.1, microsOf(run, 200))));
}

/** Neighbours and a collector at work for another task only ever add time, so the quick quarter is nearest the truth. */
function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 2] as number;
}

/** Microseconds of each task: the tasks take short turns, so that whatever the machine does meets all of them alike. */
export function timeInTurns(tasks: readonly Timed[]): ReadonlyMap<string, number> {
  const prepared = tasks.map(({ name, run }) => ({ name, run, times: timesFor(run), rounds: [] as number[] }));
  globalThis.gc?.();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, times, rounds } of prepared) rounds.push(microsOf(run, times));
  }
  return new Map(prepared.map(({ name, rounds }) => [name, lowerQuartile(rounds)]));
}
