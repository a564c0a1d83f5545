import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../numbers.js";
import { checkBare, checkCounter, record } from "./checks.js";
import type { Answer } from "./connection.js";
import { CONTENDERS, Contender, type ContenderName } from "./contender.js";
import { loadFor, openVisitors, type Sample } from "./load.js";
import { Visitor } from "./visitor.js";

const VISITORS = 32;
/** Enough for the compiler to be done with the code of each server, however busy the machine is. */
const WARM_UP_REQUESTS = 6_000;
const WARM_UP_MOST_MS = 10_000;
const SLOT_MS = 1_000;
const ROUNDS = 9;
/** A round in which others used more of the machine than this is measured again, as often as `MOST_ROUNDS` allows. */
const NOISY = 0.25;
const MOST_ROUNDS = 13;

export interface EventBytes {
  readonly requestHead: number;
  readonly requestBody: number;
  readonly answerHead: number;
  readonly answerBody: number;
  readonly seal: number;
}

export interface EventRow {
  readonly name: ContenderName;
  readonly cpu: number;
  readonly requestsPerSecond: number;
  /** Medians of the ratios within each round. */
  readonly cpuToKoa: number;
  readonly speedToKoa: number;
}

export interface EventResult {
  readonly rows: readonly EventRow[];
  /** Median over the rounds of Hydrant's CPU divided by the hand-written application's. */
  readonly cpuToHandWritten: number;
  readonly bytes: EventBytes;
  readonly rounds: number;
  readonly repeated: number;
  readonly neighbours: number;
}

type Round = ReadonlyMap<ContenderName, Sample>;

async function startAll(recordedFile: string): Promise<{ contenders: Contender[]; answer: Answer }> {
  const hydrant = await Contender.start("hydrant");
  const answer = await checkCounter(hydrant);
  writeFileSync(recordedFile, JSON.stringify(record(answer)));
  const contenders: Contender[] = [];
  for (const name of Object.keys(CONTENDERS) as ContenderName[]) {
    if (name === "hydrant") {
      contenders.push(hydrant);
      continue;
    }
    const contender = await Contender.start(name, { BENCH_RECORDED: recordedFile });
    contenders.push(contender);
    if (name.startsWith("bare")) await checkBare(contender, answer);
    else await checkCounter(contender);
  }
  return { contenders, answer };
}

function isNoisy(round: Round): boolean {
  return [...round.values()].some(({ neighbours }) => neighbours > NOISY);
}

async function warmUp(contender: Contender, visitors: readonly Visitor[]): Promise<void> {
  const until = performance.now() + WARM_UP_MOST_MS;
  for (let requests = 0; requests < WARM_UP_REQUESTS && performance.now() < until; ) {
    requests += (await loadFor(contender, visitors, 500)).requests;
  }
}

/** A B C D E, A B C D E, …: whatever else the machine does meets all of them alike. */
async function measureRounds(contenders: readonly Contender[]): Promise<{ rounds: Round[]; repeated: number }> {
  const visitors = new Map<Contender, Visitor[]>();
  for (const contender of contenders) {
    const opened = await openVisitors(contender, VISITORS);
    visitors.set(contender, opened);
    await warmUp(contender, opened);
  }
  const quiet: Round[] = [];
  const noisy: Round[] = [];
  while (quiet.length < ROUNDS && quiet.length + noisy.length < MOST_ROUNDS) {
    const round = new Map<ContenderName, Sample>();
    for (const contender of contenders) {
      round.set(contender.name, await loadFor(contender, visitors.get(contender) as Visitor[], SLOT_MS));
    }
    (isNoisy(round) ? noisy : quiet).push(round);
  }
  for (const { connection } of [...visitors.values()].flat()) connection.close();
  const rounds = [...quiet, ...noisy].slice(0, ROUNDS);
  return { rounds, repeated: quiet.length + noisy.length - rounds.length };
}

function summarise(rounds: readonly Round[]): Pick<EventResult, "rows" | "cpuToHandWritten" | "neighbours"> {
  const over = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const of = (round: Round, name: ContenderName): Sample => round.get(name) as Sample;
  const rows = (Object.keys(CONTENDERS) as ContenderName[]).map(
    (name): EventRow => ({
      name,
      cpu: over((round) => of(round, name).cpuPerRequest),
      requestsPerSecond: over((round) => of(round, name).requestsPerSecond),
      cpuToKoa: over((round) => of(round, name).cpuPerRequest / of(round, "bare-koa").cpuPerRequest),
      speedToKoa: over((round) => of(round, name).requestsPerSecond / of(round, "bare-koa").requestsPerSecond),
    }),
  );
  return {
    rows,
    cpuToHandWritten: over((round) => of(round, "hydrant").cpuPerRequest / of(round, "hand-written").cpuPerRequest),
    neighbours: median(rounds.flatMap((round) => [...round.values()].map(({ neighbours }) => neighbours))),
  };
}

async function bytesOf(hydrant: Contender): Promise<EventBytes> {
  const visitor = await Visitor.open(hydrant.port);
  const request = visitor.request();
  const answer = await visitor.click();
  visitor.connection.close();
  const requestHead = request.indexOf("\r\n\r\n") + 4;
  return {
    requestHead,
    requestBody: request.length - requestHead,
    answerHead: answer.bytes - answer.body.length,
    answerBody: answer.body.length,
    seal: visitor.state.length,
  };
}

/** The counter event through a real socket, beside the same job done in other ways. */
export async function measureEvent(): Promise<EventResult> {
  const folder = mkdtempSync(join(tmpdir(), "hydrant-bench-"));
  const { contenders } = await startAll(join(folder, "answer.json"));
  try {
    const hydrant = contenders.find(({ name }) => name === "hydrant") as Contender;
    const bytes = await bytesOf(hydrant);
    const { rounds, repeated } = await measureRounds(contenders);
    return { ...summarise(rounds), bytes, rounds: rounds.length, repeated };
  } finally {
    for (const contender of contenders) contender.stop();
    rmSync(folder, { recursive: true });
  }
}
