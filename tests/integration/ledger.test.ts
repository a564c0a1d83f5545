import { describe, expect, it, onTestFinished } from "vitest";
import type { ClusterNode } from "../support/cluster/cluster.js";
import { itemsIn, Visitor } from "../support/cluster/visitor.js";
import { EventReader } from "../support/ledger/event-reader.js";
import { LedgerRun } from "../support/ledger/run.js";
import { forecast } from "../support/ledger/weather.js";
import { chosenSeed, seeded } from "../support/seeded.js";

const TEST = { timeout: 150_000 };
const SMALL = { topics: 2, pages: 3, listeners: 2, pauseMs: 150, batch: 3 };

async function openRun(): Promise<LedgerRun> {
  // LEDGER_SEED gives the seed of an earlier run again.
  const seed = chosenSeed(process.env.LEDGER_SEED);
  console.log(`the seed of this run is ${seed}`);
  const run = await LedgerRun.open({ ...SMALL, seed });
  onTestFinished(() => run.close());
  return run;
}

/** What a raw reader of updates is told, and when: names of events, and the newest item of each update. */
async function follow(node: ClusterNode, place: string): Promise<{ readonly told: (string | number)[] }> {
  const visitor = new Visitor();
  const { cursor, roots } = await visitor.open(node, [place]);
  const [{ component, state }] = roots as [(typeof roots)[number]];
  const path = `/components/_live?cursor=${cursor}&component=${component}&state=${state}`;
  const { answer, sent } = await visitor.begin(node, { path });
  const told: (string | number)[] = [];
  const events = new EventReader(
    ({ event, data }) => void told.push(event === "" ? (itemsIn(data).at(-1) ?? 0) : event),
  );
  answer.setEncoding("utf8").on("data", (text: string) => events.feed(text));
  answer.on("error", () => {});
  onTestFinished(() => void sent.destroy());
  await expect.poll(() => told).toEqual(["connected"]);
  return { told };
}

describe("nothing is lost, doubled, reordered or silently left out", TEST, () => {
  it("while connections are cut, nodes die and are stopped, and Redis dies, hangs and cannot be reached", async () => {
    const run = await openRun();
    const times: string[] = [];
    for (const [n, kind] of forecast(seeded(run.options.seed)).entries()) {
      if (n % 4 === 0) run.climb(2, 40, 60);
      await run.suffer(kind);
      times.push(`${kind}: ${Math.round(await run.calm(10_000))} ms`);
    }
    await run.finish();
    const { counts, findings } = run.ledger;
    console.log(`up to date after ${times.join(", ")}; ${JSON.stringify(counts)}`);
    expect(findings).toEqual([]);
    // There was something to find it in.
    for (const kind of ["shown", "piece", "heard", "resync", "touched", "frame"] as const) {
      expect(counts[kind], kind).toBeGreaterThan(10);
    }
    expect(counts.ended).toBe(6);
  });
});

describe("while Redis is away", TEST, () => {
  it.each([
    [
      "is killed and comes back empty",
      (run: LedgerRun) => run.cluster.redis.kill(),
      (run: LedgerRun) => run.cluster.redis.start(),
    ],
    [
      "hangs",
      async (run: LedgerRun) => run.cluster.redis.pause(),
      async (run: LedgerRun) => run.cluster.redis.resume(),
    ],
  ])(
    "because it %s, a node shows what happens there and says what it cannot know; then all agree again",
    async (_what, lose, find) => {
      const run = await openRun();
      const [here, there] = run.cluster.nodes as [ClusterNode, ClusterNode];
      const [near, far] = [await follow(here, "board:local"), await follow(there, "board:local")];
      const visitor = new Visitor();
      const publish = async (node: ClusterNode, seq: number) => {
        const { body } = await visitor.json(node, "/publish", { topic: "local", from: seq, to: seq, way: "publish" });
        return (JSON.parse(body) as { readonly reached: string }).reached;
      };
      run.publish();
      expect(await publish(here, 1)).toBe("everywhere");
      for (const { told } of [near, far]) await expect.poll(() => told).toContain(1);
      await lose(run);
      for (const { told } of [near, far]) await expect.poll(() => told, { timeout: 5_000 }).toContain("stale");
      expect(await publish(here, 2)).toBe("here");
      await expect.poll(() => near.told, { timeout: 5_000 }).toContain(2);
      expect(far.told).not.toContain(2);
      await find(run);
      const back = performance.now();
      for (const { told } of [near, far]) await expect.poll(() => told, { timeout: 5_000 }).toContain("current");
      await expect.poll(() => far.told, { timeout: 5_000 }).toContain(2);
      await expect.poll(() => publish(there, 3)).toBe("everywhere");
      expect(near.told.indexOf("stale")).toBeLessThan(near.told.indexOf("current"));
      await run.calm(5_000 - (performance.now() - back));
      expect(run.ledger.findings).toEqual([]);
    },
  );
});
