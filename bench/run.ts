import { writeFileSync } from "node:fs";
import { measureClient } from "./client-bytes.js";
import { measureEvent } from "./event/measure.js";
import { measureForm } from "./form/measure.js";
import { measureLive } from "./live/measure.js";
import { describeMachine, describePeer } from "./machine.js";
import { measureRendering } from "./rendering.js";
import { reportOf } from "./report.js";
import { measureSealing } from "./sealing.js";

/*
 * `npm run bench` measures and prints; `npm run bench -- --write` also writes RESULTS.md. Takes about seven minutes, and
 * some more when the peers of the form have to be installed and built; everything else uses the loopback only. It fails
 * when a competitor answers wrongly, never because a number is high.
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
console.error("the form over a socket …");
const form = await measureForm();
console.error("live parts over sockets …");
const live = await measureLive();

const versions = { sveltekit: describePeer("sveltekit"), next: describePeer("next") };
const report = reportOf({ machine, event, form, live, versions, sealing, rendering, client });
console.log(report);
if (process.argv.includes("--write")) writeFileSync(new URL("../bench/RESULTS.md", import.meta.url), report);
