import { cpus } from "node:os";
import type { Contender } from "./contender.js";
import { Visitor } from "./visitor.js";

export interface Sample {
  readonly requests: number;
  /** Microseconds of the server's CPU for one request. */
  readonly cpuPerRequest: number;
  readonly requestsPerSecond: number;
  /** Part of the machine that other processes used meanwhile, from 0 to 1. */
  readonly neighbours: number;
}

export function openVisitors({ port }: Contender, count: number): Promise<Visitor[]> {
  return Promise.all(Array.from({ length: count }, () => Visitor.open(port)));
}

function busyMillis(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** Keeps this process awake, so that no server pays for waking it: a slow one would pay more often than a fast one. */
function stayAwake(): () => void {
  let awake = true;
  const spin = (): void => {
    if (awake) setImmediate(spin);
  };
  spin();
  return () => {
    awake = false;
  };
}

/** Every visitor clicks, waits for the answer and clicks again, until the time is over. */
export async function loadFor(contender: Contender, visitors: readonly Visitor[], millis: number): Promise<Sample> {
  const busyBefore = busyMillis();
  const own = process.cpuUsage();
  const cpuBefore = await contender.cpu();
  const sleep = stayAwake();
  const begun = performance.now();
  const until = begun + millis;
  const clicks = await Promise.all(visitors.map((visitor) => clickUntil(visitor, until)));
  const took = performance.now() - begun;
  sleep();
  const cpu = (await contender.cpu()) - cpuBefore;
  const { user, system } = process.cpuUsage(own);
  const others = Math.max(0, busyMillis() - busyBefore - (cpu + user + system) / 1000);
  const requests = clicks.reduce((sum, count) => sum + count, 0);
  return {
    requests,
    cpuPerRequest: cpu / requests,
    requestsPerSecond: (requests * 1000) / took,
    neighbours: others / (took * cpus().length),
  };
}

async function clickUntil(visitor: Visitor, until: number): Promise<number> {
  let clicks = 0;
  for (; performance.now() < until; clicks++) await visitor.click();
  return clicks;
}
