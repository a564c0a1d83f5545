import { cpus } from "node:os";
import type { Contender } from "./contender.js";
import type { Visitor } from "./visitor.js";

export interface Sample {
  readonly requests: number;
  /** Microseconds of the server's CPU for one request. */
  readonly cpuPerRequest: number;
  readonly requestsPerSecond: number;
  /** Part of the machine that other processes used meanwhile, from 0 to 1. */
  readonly neighbours: number;
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

/** Every visitor sends, waits for the answer and sends again, until the time is over. */
export async function loadFor(contender: Contender, visitors: readonly Visitor[], millis: number): Promise<Sample> {
  const busyBefore = busyMillis();
  const own = process.cpuUsage();
  const cpuBefore = await contender.cpu();
  const sleep = stayAwake();
  const begun = performance.now();
  const until = begun + millis;
  const sent = await Promise.all(visitors.map((visitor) => sendUntil(visitor, until)));
  const took = performance.now() - begun;
  sleep();
  const cpu = (await contender.cpu()) - cpuBefore;
  const { user, system } = process.cpuUsage(own);
  const others = Math.max(0, busyMillis() - busyBefore - (cpu + user + system) / 1000);
  const requests = sent.reduce((sum, count) => sum + count, 0);
  return {
    requests,
    cpuPerRequest: cpu / requests,
    requestsPerSecond: (requests * 1000) / took,
    neighbours: others / (took * cpus().length),
  };
}

async function sendUntil(visitor: Visitor, until: number): Promise<number> {
  let sent = 0;
  for (; performance.now() < until; sent++) await visitor.send();
  return sent;
}
