import type { ClientBytes } from "./client-bytes.js";
import { CONTENDERS } from "./event/contender.js";
import type { EventResult } from "./event/rounds.js";
import type { RenderingRow } from "./rendering.js";
import type { SealingRow } from "./sealing.js";

export interface Results {
  readonly machine: readonly string[];
  readonly event: EventResult;
  readonly sealing: readonly SealingRow[];
  readonly rendering: readonly RenderingRow[];
  readonly client: readonly ClientBytes[];
}

type Cells = readonly (string | number)[];

/** A Markdown table whose columns also line up in a terminal; the first column holds words, the others numbers. */
function table(head: readonly string[], rows: readonly Cells[]): string {
  const texts = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_title, column) => Math.max(...texts.map((row) => (row[column] ?? "").length), 4));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(texts[0] as string[]), rule, ...texts.slice(1).map(line)].join("\n");
}

const ratio = (value: number): string => value.toFixed(2);
const micros = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));

function eventSection({ rows, cpuToHandWritten, rounds, repeated, neighbours }: EventResult): string {
  const cells = rows.map(
    ({ name, cpu, requestsPerSecond, cpuToKoa, speedToKoa }): Cells => [
      CONTENDERS[name],
      ratio(cpuToKoa),
      micros(cpu),
      ratio(speedToKoa),
      Math.round(requestsPerSecond),
    ],
  );
  const others = Math.round(neighbours * 100);
  return [
    "## The counter event over a real socket",
    "",
    "32 visitors on keep-alive connections of the loopback, each with its own session, instance and chain of states and a",
    "fresh `Idempotency-Key` for every click. Every server has a process of its own and gets the same request headers, those",
    "of Chromium and htmx 4; both bare ones read the body and give back a recorded answer of the component server, headers",
    "included. Medians over the rounds; ratios are taken within each round. The load generator never sleeps, so that no",
    "server pays for waking it.",
    "",
    table(["server", "CPU ÷ bare Koa", "CPU µs", "requests/s ÷ bare Koa", "requests/s"], cells),
    "",
    `Hydrant's CPU ÷ the hand-written application's: **${ratio(cpuToHandWritten)}**.`,
    `${rounds} rounds, ${repeated} more left out as too noisy; other processes used ${others} % of the machine meanwhile.`,
  ].join("\n");
}

function sealingSection(rows: readonly SealingRow[]): string {
  const cells = rows.map(
    ({ bytes, sealed, bare, bareText }): Cells => [
      `${bytes} bytes`,
      micros(sealed),
      micros(bare),
      ratio(sealed / bare),
      micros(bareText),
      ratio(sealed / bareText),
    ],
  );
  return [
    "## Seal and unseal",
    "",
    "Beside `createCipheriv` and `createDecipheriv` with one key and the tag on the same bytes, and beside the same calls with",
    "base64url both ways.",
    "",
    table(["state", "sealed µs", "bare AES µs", "ratio", "bare AES + base64url µs", "ratio"], cells),
  ].join("\n");
}

function renderingSection(rows: readonly RenderingRow[]): string {
  const cells = rows.map(
    ({ name, nunjucks, concatenation }): Cells => [
      name,
      micros(nunjucks),
      micros(concatenation),
      ratio(nunjucks / concatenation),
    ],
  );
  return [
    "## Rendering",
    "",
    "The package's Nunjucks renderer beside plain string concatenation with the same escape; both to bytes, checked equal.",
    "",
    table(["template", "Nunjucks µs", "concatenation µs", "ratio"], cells),
  ].join("\n");
}

function bytesSection({ bytes }: EventResult, client: readonly ClientBytes[]): string {
  const event: Cells[] = [
    ["request, headers of browser and htmx", bytes.requestHead],
    ["request, body (the seal, mostly)", bytes.requestBody],
    ["answer, headers", bytes.answerHead],
    ["answer, body", bytes.answerBody],
    ["of that the seal", bytes.seal],
  ];
  return [
    "## Bytes",
    "",
    table(["counter event", "bytes"], event),
    "",
    table(
      ["client", "minified", "min + gzip"],
      client.map(({ name, minified, gzipped }) => [name, minified, gzipped]),
    ),
  ].join("\n");
}

interface Figure {
  readonly what: string;
  readonly most: number;
  readonly measured: number | undefined;
}

function figuresOf({ event, sealing, rendering, client }: Results): Figure[] {
  const sealed = sealing.find(({ bytes }) => bytes === 1024);
  const rendered = (name: string): number | undefined => {
    const row = rendering.find((one) => one.name === name);
    return row && row.nunjucks / row.concatenation;
  };
  return [
    {
      what: "counter event: CPU ÷ bare Koa",
      most: 2.2,
      measured: event.rows.find(({ name }) => name === "hydrant")?.cpuToKoa,
    },
    { what: "counter event: CPU ÷ hand-written application", most: 0.8, measured: event.cpuToHandWritten },
    { what: "seal + unseal of 1 KB ÷ bare AES-256-GCM", most: 2, measured: sealed && sealed.sealed / sealed.bare },
    { what: "card ÷ concatenation", most: 3, measured: rendered("card") },
    { what: "1,000 rows ÷ concatenation", most: 2, measured: rendered("table, 1000 rows") },
    { what: "bytes of a counter answer with its seal", most: 700, measured: event.bytes.answerBody },
    {
      what: "bytes of the client, min + gzip",
      most: 3000,
      measured: client.find(({ name }) => name === "component-client.js")?.gzipped,
    },
  ];
}

function figuresSection(results: Results): string {
  const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));
  const cells = figuresOf(results).map(
    ({ what, most, measured = Number.NaN }): Cells => [
      what,
      `≤ ${most}`,
      number(measured),
      measured <= most ? "reached" : "NOT reached",
    ],
  );
  return ["## Figures", "", table(["figure", "target", "measured", ""], cells)].join("\n");
}

/** All results as Markdown that also reads well in a terminal. */
export function reportOf(results: Results): string {
  return [
    "# Results of one run",
    "",
    ...results.machine.map((line) => `* ${line}`),
    "",
    "The machine is shared: trust ratios, not absolute numbers. `npm run bench` prints these tables,",
    "`npm run bench -- --write` also writes this file.",
    "",
    figuresSection(results),
    "",
    eventSection(results.event),
    "",
    sealingSection(results.sealing),
    "",
    renderingSection(results.rendering),
    "",
    bytesSection(results.event, results.client),
    "",
  ].join("\n");
}
