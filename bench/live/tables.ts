import { type Cells, micros, ratio, tableOf } from "../table.js";
import type { ConnectionsFound, SideFound } from "./connections.js";
import { FRAMES } from "./counters.js";
import { type InstanceName, PAGES } from "./instances.js";
import type { LiveResult } from "./measure.js";
import type { TransportName } from "./transports.js";

/** What stands for each of them in the tables. */
export const BARE_TITLES: Readonly<Record<TransportName, string>> = {
  sse: "bare node:http, one prepared buffer",
  ws: "bare ws, one prepared frame",
};
export const TRANSPORT_TITLES: Readonly<Record<TransportName, string>> = { sse: "SSE", ws: "WebSocket" };

const INSTANCE_TITLES: Readonly<Record<InstanceName, string>> = {
  event: "a counter event",
  frame: `a frame of a stream of ${FRAMES}`,
  push: `a pushed update, ${PAGES} instances told at once`,
};

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
const millis = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const percent = (part: number): number => Math.round(part * 100);

function sideCells(title: string, side: SideFound): Cells {
  const { least, median, most } = side.millis;
  return [
    title,
    kib(side.resident),
    kib(side.objects),
    millis(median),
    `${millis(least)}–${millis(most)}`,
    micros(side.cpuEach),
    millis(side.idle),
  ];
}

function connectionsTable(found: ConnectionsFound): string[] {
  const { transport, count, reason, bare, hydrant, memoryRatio, timeRatio } = found;
  const head = ["", "KiB each", "of it objects", "ms to reach all", "spread", "CPU µs each", "idle, CPU ms/s"];
  const { least, median, most } = timeRatio;
  return [
    "",
    `${count} connections over ${TRANSPORT_TITLES[transport]}${reason === undefined ? "" : ` (not more: ${reason})`}:`,
    "",
    tableOf(head, [sideCells(BARE_TITLES[transport], bare), sideCells("Hydrant", hydrant)]),
    "",
    `Ratios: memory ${ratio(memoryRatio)}; time ${ratio(median)}, in single rounds ${ratio(least)} to ${ratio(most)}.`,
    `${found.rounds} rounds, ${found.repeated} more left out as too noisy; other processes used ` +
      `${percent(found.neighbours)} % of the machine meanwhile.`,
  ];
}

function instancesTable({ instances }: LiveResult): string[] {
  const cells = instances
    .rows("event")
    .map(
      ({ name, cpu, requestsPerSecond, cpuToBare }): Cells => [
        INSTANCE_TITLES[name],
        ratio(cpuToBare),
        micros(cpu),
        Math.round(requestsPerSecond),
      ],
    );
  return [
    "",
    "What one render of the counter costs the server, whatever it is for; a frame goes out by itself, an update is made",
    "from the newest seal:",
    "",
    tableOf(["", "CPU ÷ event", "CPU µs", "a second"], cells),
    "",
    `${instances.count} rounds, ${instances.repeated} more left out as too noisy; other processes used ` +
      `${percent(instances.neighbours)} % of the machine meanwhile.`,
  ];
}

/** Live parts, for the report. */
export function liveSection(live: LiveResult): string {
  return [
    "## Live parts",
    "",
    "Every connection is that of a visitor with a session, a page and one subscribed instance of its own; readers have",
    "processes of their own and do no more than count. Memory is that of the server's process above what it holds",
    "without connections, after the collector ran, and without the room that V8 keeps for new objects. What is sent to all",
    "is 1 KB of HTML, from Hydrant through its log of topics and from the bare servers as the same bytes in a loop; the",
    "time is that until the last reader has all of it.",
    ...live.connections.flatMap(connectionsTable),
    ...instancesTable(live),
  ].join("\n");
}
