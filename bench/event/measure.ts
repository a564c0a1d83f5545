import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contender } from "../socket/contender.js";
import { checkBare, record } from "../socket/recorded.js";
import { type Entrant, type Measured, measureRounds } from "../socket/rounds.js";
import { checkCounter } from "./checks.js";
import { CounterVisitor } from "./visitor.js";

/** Servers of this scenario's own, beside the two bare ones. */
const OWN = ["hand-written", "fastify-eta", "hydrant", "hydrant-signed-in", "hydrant-admitted"] as const;

export type EventName = "bare-node" | "bare-koa" | (typeof OWN)[number];

export interface EventBytes {
  readonly requestHead: number;
  readonly requestBody: number;
  readonly answerHead: number;
  readonly answerBody: number;
  readonly seal: number;
}

export interface EventResult {
  readonly measured: Measured<EventName>;
  readonly bytes: EventBytes;
}

function startOwn(name: (typeof OWN)[number]): Promise<Contender> {
  return Contender.start(new URL(`./servers/${name}.js`, import.meta.url));
}

async function startAll(recordedFile: string): Promise<Entrant<EventName>[]> {
  const hydrant = await startOwn("hydrant");
  const answer = await checkCounter(hydrant);
  record(recordedFile, answer);
  const entrants: Entrant<EventName>[] = [];
  const enter = (name: EventName, contender: Contender): void => {
    entrants.push({ name, contender, open: CounterVisitor.open });
  };
  for (const name of ["bare-node", "bare-koa"] as const) {
    const contender = await Contender.startBare(name, recordedFile);
    await checkBare(contender, await CounterVisitor.open(contender.port), answer);
    enter(name, contender);
  }
  for (const name of OWN) {
    const contender = name === "hydrant" ? hydrant : await startOwn(name);
    if (contender !== hydrant) await checkCounter(contender);
    enter(name, contender);
  }
  return entrants;
}

async function bytesOf(port: number): Promise<EventBytes> {
  const visitor = await CounterVisitor.open(port);
  const request = visitor.request();
  const answer = await visitor.send();
  visitor.close();
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
  const entrants = await startAll(join(folder, "answer.json"));
  try {
    const hydrant = entrants.find(({ name }) => name === "hydrant") as Entrant<EventName>;
    const bytes = await bytesOf(hydrant.contender.port);
    return { measured: await measureRounds(entrants), bytes };
  } finally {
    for (const { contender } of entrants) contender.stop();
    rmSync(folder, { recursive: true });
  }
}
