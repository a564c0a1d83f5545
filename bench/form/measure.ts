import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Answer } from "../socket/connection.js";
import { Contender } from "../socket/contender.js";
import { checkBare, record } from "../socket/recorded.js";
import { checkRefusals } from "../socket/refusals.js";
import { type Measured, measureRounds } from "../socket/rounds.js";
import type { Visitor } from "../socket/visitor.js";
import { checkForm } from "./checks.js";
import { type PeerName, preparePeer } from "./peers/install.js";
import type { Kind } from "./submissions.js";
import { HydrantVisitor } from "./visitors/hydrant.js";
import { openNext } from "./visitors/next.js";
import { openSvelteKit } from "./visitors/sveltekit.js";

export type FormName = "bare-koa" | "hydrant" | PeerName;

export interface Missing {
  readonly name: FormName;
  readonly reason: string;
}

export interface FormResult {
  /** Empty without Hydrant, whose answers the bare server needs. */
  readonly measured: Readonly<Partial<Record<Kind, Measured<FormName>>>>;
  /** Whoever could not be installed, built or started. */
  readonly missing: readonly Missing[];
}

type Open = (port: number, kind: Kind) => Promise<Visitor>;

const OPEN: Readonly<Record<FormName, Open>> = {
  "bare-koa": HydrantVisitor.open,
  hydrant: HydrantVisitor.open,
  sveltekit: openSvelteKit,
  next: openNext,
};

type Started = ReadonlyMap<FormName, Contender>;

function start(name: FormName, environment: Readonly<Record<string, string>> = {}): Promise<Contender> {
  return Contender.start(new URL(`./servers/${name}.js`, import.meta.url), environment);
}

function startPeer(name: PeerName): Promise<Contender> {
  return start(name, { BENCH_PEER: preparePeer(name), NEXT_TELEMETRY_DISABLED: "1" });
}

async function startAll(): Promise<{ started: Started; missing: Missing[] }> {
  const started = new Map<FormName, Contender>();
  const missing: Missing[] = [];
  const attempts: [FormName, () => Promise<Contender>][] = [
    ["hydrant", () => start("hydrant")],
    ["sveltekit", () => startPeer("sveltekit")],
    ["next", () => startPeer("next")],
  ];
  for (const [name, attempt] of attempts) {
    try {
      started.set(name, await attempt());
    } catch (error) {
      missing.push({ name, reason: (error as Error).message });
    }
  }
  return { started, missing };
}

/** @returns Hydrant's answer. */
async function checkAll(started: Started, kind: Kind): Promise<Answer> {
  const answers = new Map<FormName, Answer>();
  for (const [name, { port }] of started) answers.set(name, await checkForm(name, kind, await OPEN[name](port, kind)));
  return answers.get("hydrant") as Answer;
}

/** All who started and a bare server with Hydrant's own answer. */
async function measureKind(started: Started, kind: Kind, folder: string): Promise<Measured<FormName>> {
  const answer = await checkAll(started, kind);
  const recordedFile = join(folder, `${kind}.json`);
  record(recordedFile, answer);
  const bare = await Contender.startBare("bare-koa", recordedFile);
  try {
    await checkBare(bare, await HydrantVisitor.open(bare.port, kind), answer);
    const all: [FormName, Contender][] = [["bare-koa", bare], ...started];
    return await measureRounds(
      all.map(([name, contender]) => ({ name, contender, open: (port) => OPEN[name](port, kind) })),
    );
  } finally {
    bare.stop();
  }
}

/** A form of ten fields, failing and passing, beside the same form in frameworks that people know. */
export async function measureForm(): Promise<FormResult> {
  const folder = mkdtempSync(join(tmpdir(), "hydrant-bench-"));
  const { started, missing } = await startAll();
  try {
    const hydrant = started.get("hydrant");
    if (hydrant === undefined) return { measured: {}, missing };
    const open = (): Promise<HydrantVisitor> => HydrantVisitor.open(hydrant.port, "failing");
    await checkRefusals("hydrant", await open(), await open());
    const failing = await measureKind(started, "failing", folder);
    const passing = await measureKind(started, "passing", folder);
    return { measured: { failing, passing }, missing };
  } finally {
    for (const contender of started.values()) contender.stop();
    rmSync(folder, { recursive: true });
  }
}
