import { cpus } from "node:os";
import type { Side, SideName, Sides } from "./connections.js";

const WARM_ROUNDS = 3;
const ROUNDS = 11;
/** A round in which others used more of the machine than this is measured again, as often as `MOST_ROUNDS` allows. */
const NOISY = 0.25;
const MOST_ROUNDS = 16;
/** For what is still under way on the machine. */
const PAUSE_MS = 100;

/** Something sent to everybody. */
export interface Broadcast {
  /** Milliseconds until all had it. */
  readonly millis: number;
  /** Microseconds of the server's CPU. */
  readonly cpu: number;
}

export interface Round extends Readonly<Record<SideName, Broadcast>> {
  readonly neighbours: number;
}

export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

function busyMillis(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

async function broadcastTo({ contender, crowd }: Side): Promise<Broadcast & { readonly readers: number }> {
  const before = await contender.cpu();
  const { millis, cpu: readers } = await crowd.broadcast();
  await pause(PAUSE_MS);
  return { millis, cpu: (await contender.cpu()) - before, readers };
}

/** One after the other, so that whatever else the machine does meets both alike. */
async function oneRound(sides: Sides): Promise<Round> {
  const busy = busyMillis();
  const own = process.cpuUsage();
  const begun = performance.now();
  const bare = await broadcastTo(sides.bare);
  const hydrant = await broadcastTo(sides.hydrant);
  const { user, system } = process.cpuUsage(own);
  const known = [bare, hydrant].reduce((sum, { cpu, readers }) => sum + cpu + readers, user + system);
  const others = Math.max(0, busyMillis() - busy - known / 1000);
  return { bare, hydrant, neighbours: others / ((performance.now() - begun) * cpus().length) };
}

export async function broadcastInTurns(
  sides: Sides,
): Promise<{ readonly rounds: readonly Round[]; readonly repeated: number }> {
  // Until the compiler is done with the loops.
  for (let round = 0; round < WARM_ROUNDS; round++) await oneRound(sides);
  const quiet: Round[] = [];
  const noisy: Round[] = [];
  while (quiet.length < ROUNDS && quiet.length + noisy.length < MOST_ROUNDS) {
    const round = await oneRound(sides);
    (round.neighbours > NOISY ? noisy : quiet).push(round);
  }
  const rounds = [...quiet, ...noisy].slice(0, ROUNDS);
  return { rounds, repeated: quiet.length + noisy.length - rounds.length };
}
