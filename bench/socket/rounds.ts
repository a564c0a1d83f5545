import { median } from "../numbers.js";
import type { Contender } from "./contender.js";
import { loadFor, type Sample } from "./load.js";
import type { Visitor } from "./visitor.js";

const VISITORS = 32;
/** Enough for the compiler to be done with the code of each server, however busy the machine is. */
const WARM_UP_REQUESTS = 6_000;
const WARM_UP_MOST_MS = 10_000;
const SLOT_MS = 1_000;
const ROUNDS = 9;
/** A round in which others used more of the machine than this is measured again, as often as `MOST_ROUNDS` allows. */
const NOISY = 0.25;
const MOST_ROUNDS = 13;

/** One line of a table: a server, and how somebody opens a page of it. */
export interface Entrant<Name extends string> {
  readonly name: Name;
  readonly contender: Contender;
  readonly open: (port: number) => Promise<Visitor>;
}

export interface Row<Name extends string> {
  readonly name: Name;
  readonly cpu: number;
  readonly requestsPerSecond: number;
  /** Medians of the ratios within each round. */
  readonly cpuToBare: number;
  readonly speedToBare: number;
}

type Round<Name extends string> = ReadonlyMap<Name, Sample>;

/** What the rounds found. */
export class Measured<Name extends string> {
  constructor(
    private readonly rounds: readonly Round<Name>[],
    /** Rounds that were left out as too noisy. */
    readonly repeated: number,
  ) {}

  get count(): number {
    return this.rounds.length;
  }

  /** Part of the machine that other processes used, from 0 to 1. */
  get neighbours(): number {
    return median(this.rounds.flatMap((round) => [...round.values()].map(({ neighbours }) => neighbours)));
  }

  /** Median over the rounds of one's CPU divided by the other's; `undefined` where one of them did not take part. */
  cpuRatio(name: Name, to: Name): number | undefined {
    return this.#ratio(name, to, ({ cpuPerRequest }) => cpuPerRequest);
  }

  /** Every entrant beside the bare one, in their order. */
  rows(bare: Name): Row<Name>[] {
    const over = (name: Name, pick: (sample: Sample) => number): number =>
      median(this.rounds.map((round) => pick(round.get(name) as Sample)));
    return [...(this.rounds[0]?.keys() ?? [])].map((name) => ({
      name,
      cpu: over(name, ({ cpuPerRequest }) => cpuPerRequest),
      requestsPerSecond: over(name, ({ requestsPerSecond }) => requestsPerSecond),
      cpuToBare: this.cpuRatio(name, bare) as number,
      speedToBare: this.#ratio(name, bare, ({ requestsPerSecond }) => requestsPerSecond) as number,
    }));
  }

  #ratio(name: Name, to: Name, pick: (sample: Sample) => number): number | undefined {
    const ratios = this.rounds.flatMap((round) => {
      const [one, other] = [round.get(name), round.get(to)];
      return one === undefined || other === undefined ? [] : [pick(one) / pick(other)];
    });
    return ratios.length === 0 ? undefined : median(ratios);
  }
}

function isNoisy(round: ReadonlyMap<string, Sample>): boolean {
  return [...round.values()].some(({ neighbours }) => neighbours > NOISY);
}

async function warmUp(contender: Contender, visitors: readonly Visitor[]): Promise<void> {
  const until = performance.now() + WARM_UP_MOST_MS;
  for (let requests = 0; requests < WARM_UP_REQUESTS && performance.now() < until; ) {
    requests += (await loadFor(contender, visitors, 500)).requests;
  }
}

/** A B C D E, A B C D E, …: whatever else the machine does meets all of them alike. */
export async function measureRounds<Name extends string>(entrants: readonly Entrant<Name>[]): Promise<Measured<Name>> {
  const visited: { readonly entrant: Entrant<Name>; readonly visitors: readonly Visitor[] }[] = [];
  for (const entrant of entrants) {
    const { contender, open } = entrant;
    const visitors = await Promise.all(Array.from({ length: VISITORS }, () => open(contender.port)));
    visited.push({ entrant, visitors });
    await warmUp(contender, visitors);
  }
  const quiet: Round<Name>[] = [];
  const noisy: Round<Name>[] = [];
  while (quiet.length < ROUNDS && quiet.length + noisy.length < MOST_ROUNDS) {
    const round = new Map<Name, Sample>();
    for (const { entrant, visitors } of visited) {
      round.set(entrant.name, await loadFor(entrant.contender, visitors, SLOT_MS));
    }
    (isNoisy(round) ? noisy : quiet).push(round);
  }
  for (const { visitors } of visited) for (const visitor of visitors) visitor.close();
  const rounds = [...quiet, ...noisy].slice(0, ROUNDS);
  return new Measured(rounds, quiet.length + noisy.length - rounds.length);
}
