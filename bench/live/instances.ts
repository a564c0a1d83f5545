import { CounterVisitor } from "../event/visitor.js";
import { Contender } from "../socket/contender.js";
import { loadFor, type Sample } from "../socket/load.js";
import { Measured } from "../socket/rounds.js";
import type { Visitor } from "../socket/visitor.js";
import { FRAMES } from "./counters.js";
import { StreamVisitor } from "./streaming.js";
import { ToldPages } from "./telling.js";

export type InstanceName = "event" | "frame" | "push";

const VISITORS = 32;
export const PAGES = 1_000;
const WARM_UP_MS = 2_500;
const SLOT_MS = 1_000;
const ROUNDS = 9;
/** A round in which others used more of the machine than this is measured again, as often as `MOST_ROUNDS` allows. */
const NOISY = 0.25;
const MOST_ROUNDS = 13;

interface Entrant {
  readonly name: InstanceName;
  readonly contender: Contender;
  readonly visitors: readonly Visitor[];
  /** Renders that one thing a visitor sends leads to. */
  readonly renders: number;
}

function visitorsFor({ port }: Contender, open: (port: number) => Promise<Visitor>): Promise<Visitor[]> {
  return Promise.all(Array.from({ length: VISITORS }, () => open(port)));
}

/** For one render. */
async function sampleOf({ contender, visitors, renders }: Entrant, millis: number): Promise<Sample> {
  const { requests, cpuPerRequest, requestsPerSecond, neighbours } = await loadFor(contender, visitors, millis);
  return {
    requests: requests * renders,
    cpuPerRequest: cpuPerRequest / renders,
    requestsPerSecond: requestsPerSecond * renders,
    neighbours,
  };
}

async function openAll(started: Contender[]): Promise<Entrant[]> {
  const start = async (path: string): Promise<Contender> => {
    const contender = await Contender.start(new URL(path, import.meta.url));
    started.push(contender);
    return contender;
  };
  const counter = await start("../event/servers/hydrant.js");
  const streamed = await start("./servers/hydrant-streamed.js");
  const told = await start("./servers/hydrant-told.js");
  return [
    { name: "event", contender: counter, visitors: await visitorsFor(counter, CounterVisitor.open), renders: 1 },
    { name: "frame", contender: streamed, visitors: await visitorsFor(streamed, StreamVisitor.open), renders: FRAMES },
    { name: "push", contender: told, visitors: [await ToldPages.open(told.port, PAGES)], renders: PAGES },
  ];
}

type Round = ReadonlyMap<InstanceName, Sample>;

async function oneRound(entrants: readonly Entrant[]): Promise<Round> {
  const round = new Map<InstanceName, Sample>();
  for (const entrant of entrants) round.set(entrant.name, await sampleOf(entrant, SLOT_MS));
  return round;
}

/** One render of the same counter: for an event, as a frame of a stream, and for a page that is told of a change. */
export async function measureInstances(): Promise<Measured<InstanceName>> {
  const started: Contender[] = [];
  try {
    const entrants = await openAll(started);
    for (const entrant of entrants) await sampleOf(entrant, WARM_UP_MS);
    const quiet: Round[] = [];
    const noisy: Round[] = [];
    while (quiet.length < ROUNDS && quiet.length + noisy.length < MOST_ROUNDS) {
      const round = await oneRound(entrants);
      const isNoisy = [...round.values()].some(({ neighbours }) => neighbours > NOISY);
      (isNoisy ? noisy : quiet).push(round);
    }
    for (const { visitors } of entrants) for (const visitor of visitors) visitor.close();
    const rounds = [...quiet, ...noisy].slice(0, ROUNDS);
    return new Measured(rounds, quiet.length + noisy.length - rounds.length);
  } finally {
    for (const contender of started) contender.stop();
  }
}
