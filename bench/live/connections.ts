import { Connection } from "../socket/connection.js";
import type { Contender } from "../socket/contender.js";
import { type Broadcast, broadcastInTurns, pause } from "./broadcasts.js";
import type { Crowd } from "./crowd.js";
import { roomFor } from "./room.js";
import { HELD_PATH, type Held } from "./serve.js";
import { type Spread, spreadOf } from "./spread.js";
import type { TransportName } from "./transports.js";

const WANTED = 10_000;
/** Enough to have run all the code once, too few to make the heap grow: what it grew by would be missing later. */
const WARM_READERS = 20;
const WARM_BROADCASTS = 10;
const IDLE_MS = 6_000;
/** Milliseconds in which a server has to notice that its readers left. */
const LEAVING_MS = 10_000;

/** One server and all who are connected to it. */
export interface Side {
  readonly contender: Contender;
  readonly crowd: Crowd;
}

export type SideName = "bare" | "hydrant";
export type Sides = Readonly<Record<SideName, Side>>;

export interface SideFound {
  /** Bytes for each connection: of the whole process, and of what JavaScript holds. */
  readonly resident: number;
  readonly objects: number;
  /** Milliseconds until everybody has what is sent to all. */
  readonly millis: Spread;
  /** Microseconds of CPU to send it to one. */
  readonly cpuEach: number;
  /** Milliseconds of CPU in a second in which nothing is sent. */
  readonly idle: number;
}

export interface ConnectionsFound {
  readonly transport: TransportName;
  readonly count: number;
  /** Why there were not as many as wanted. */
  readonly reason: string | undefined;
  readonly bare: SideFound;
  readonly hydrant: SideFound;
  readonly memoryRatio: number;
  /** Of the rounds. */
  readonly timeRatio: Spread;
  readonly rounds: number;
  /** Rounds that were left out as too noisy. */
  readonly repeated: number;
  /** Part of the machine that other processes used, from 0 to 1. */
  readonly neighbours: number;
}

async function heldBy({ port }: Contender): Promise<Held> {
  const connection = await Connection.open(port);
  const answer = await connection.ask(`GET ${HELD_PATH} HTTP/1.1\r\nHost: bench\r\n\r\n`);
  connection.close();
  return JSON.parse(answer.body) as Held;
}

/** What a server holds without connections, when its code has run already. */
async function heldIdle({ contender, crowd }: Side, transport: TransportName): Promise<Held> {
  await crowd.open(contender.port, transport, WARM_READERS);
  for (let count = 0; count < WARM_BROADCASTS; count++) await crowd.broadcast();
  await crowd.keep(0);
  const until = performance.now() + LEAVING_MS;
  for (;;) {
    const held = await heldBy(contender);
    // One is that of the question itself, one that of the readers for their broadcasts.
    if (held.connections <= 2) return held;
    if (performance.now() > until) throw new Error(`${contender.name} still holds ${held.connections} connections`);
  }
}

/** As many connections to both, and why there are no more. */
async function openBoth(
  { bare, hydrant }: Sides,
  transport: TransportName,
): Promise<Pick<ConnectionsFound, "count" | "reason">> {
  const room = roomFor(WANTED);
  const first = await bare.crowd.open(bare.contender.port, transport, room.count);
  const second = await hydrant.crowd.open(hydrant.contender.port, transport, first.count);
  if (second.count < first.count) await bare.crowd.keep(second.count);
  return { count: second.count, reason: room.reason ?? first.reason ?? second.reason };
}

async function idleCpu({ contender }: Side): Promise<number> {
  const before = await contender.cpu();
  await pause(IDLE_MS);
  return ((await contender.cpu()) - before) / IDLE_MS;
}

/** What many open connections cost, and how long it takes to tell all of them something. */
export async function measureOpen(sides: Sides, transport: TransportName): Promise<ConnectionsFound> {
  const { bare, hydrant } = sides;
  const before = { bare: await heldIdle(bare, transport), hydrant: await heldIdle(hydrant, transport) };
  const { count, reason } = await openBoth(sides, transport);
  const after = { bare: await heldBy(bare.contender), hydrant: await heldBy(hydrant.contender) };
  const [bareIdle, hydrantIdle] = await Promise.all([idleCpu(bare), idleCpu(hydrant)]);
  const { rounds, repeated } = await broadcastInTurns(sides);

  const found = (name: SideName, idle: number): SideFound => {
    const over = (pick: (one: Broadcast) => number): Spread => spreadOf(rounds.map((round) => pick(round[name])));
    return {
      resident: (after[name].resident - before[name].resident) / count,
      objects: (after[name].objects - before[name].objects) / count,
      millis: over(({ millis }) => millis),
      cpuEach: over(({ cpu }) => cpu).median / count,
      idle,
    };
  };
  const both = { bare: found("bare", bareIdle), hydrant: found("hydrant", hydrantIdle) };
  return {
    transport,
    count,
    reason,
    ...both,
    memoryRatio: both.hydrant.resident / both.bare.resident,
    timeRatio: spreadOf(rounds.map((round) => round.hydrant.millis / round.bare.millis)),
    rounds: rounds.length,
    repeated,
    neighbours: spreadOf(rounds.map(({ neighbours }) => neighbours)).median,
  };
}
