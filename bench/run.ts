import { writeFileSync } from "node:fs";
import { measureClient } from "./client-bytes.js";
import { measureEvent } from "./event/rounds.js";
import { describeMachine } from "./machine.js";
import { measureRendering } from "./rendering.js";
import { reportOf } from "./report.js";
import { measureSealing } from "./sealing.js";

/*
 * `npm run bench` measures and prints; `npm run bench -- --write` also writes RESULTS.md. Takes about two minutes, uses
 * the loopback only, and fails when a competitor answers wrongly, never because a number is high.
 */
const machine = describeMachine();
// First, while the heap is small: what the collector does for other tasks would count here.
console.error("sealing …");
const sealing = measureSealing();
console.error("rendering …");
const rendering = measureRendering();
console.error("bytes …");
const client = await measureClient();
console.error("the counter event over a socket …");
const event = await measureEvent();

const report = reportOf({ machine, event, sealing, rendering, client });
console.log(report);
if (process.argv.includes("--write")) writeFileSync(new URL("../bench/RESULTS.md", import.meta.url), report);
