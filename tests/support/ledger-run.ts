// By hand: node --import tsx tests/support/ledger-run.ts [deliveries] [seed] [minutes]
// Runs until so many items, pieces, renders and frames were delivered under changing misfortune, or the time is over.
import { LedgerRun } from "./ledger/run.js";
import { forecast } from "./ledger/weather.js";
import { chosenSeed, seeded } from "./seeded.js";

const [wanted = "1000000", given, minutes = "10"] = process.argv.slice(2);
const seed = chosenSeed(given);
const options = { seed, topics: 4, pages: 24, listeners: 24, pauseMs: 40, batch: 8 };
const since = performance.now();
const seconds = (): number => Math.round((performance.now() - since) / 1000);
const hasTime = (): boolean => seconds() < Number(minutes) * 60;

console.log(
  `seed ${seed}: 3 nodes, ${options.pages * 3} pages, ${options.listeners} listeners, ${options.topics * 2} topics`,
);
const run = await LedgerRun.open(options);
const { ledger } = run;
let rounds = 0;
let told = 0;
let slowest = 0;
const random = seeded(seed).branch("rounds");

try {
  while (ledger.deliveries < Number(wanted) && hasTime()) {
    rounds++;
    run.climb(4, 100, 40);
    for (const name of forecast(random)) {
      await run.suffer(name);
      const took = await run.calm(20_000);
      slowest = Math.max(slowest, took);
      for (const { kind, where, what } of ledger.findings.slice(told)) {
        console.log(`after ${name} and ${Math.round(took)} ms: ${kind}: ${where}: ${what}`);
      }
      told = ledger.findings.length;
      if (ledger.deliveries >= Number(wanted) || !hasTime()) break;
    }
    await run.finish();
    console.log(`${seconds()} s: ${ledger.deliveries} deliveries, ${ledger.findings.length} findings`);
  }
} finally {
  await run.close();
}
console.log(`${rounds} rounds in ${seconds()} s; slowest to be up to date: ${Math.round(slowest)} ms`);
console.log(ledger.counts);
console.log(`${ledger.deliveries} deliveries, ${ledger.findings.length} findings`);
process.exitCode = ledger.findings.length === 0 ? 0 : 1;
