import type { Kind } from "./form/submissions.js";
import { BARE_TITLES, TRANSPORT_TITLES } from "./live/tables.js";
import type { Results } from "./results.js";
import { type Cells, tableOf } from "./table.js";

interface Figure {
  readonly what: string;
  readonly most: number;
  /** `undefined` where who it needs did not take part. */
  readonly measured: number | undefined;
}

function eventFigures({ measured, bytes }: Results["event"]): Figure[] {
  return [
    { what: "counter event: CPU ÷ bare Koa", most: 2.2, measured: measured.cpuRatio("hydrant", "bare-koa") },
    {
      what: "counter event: CPU ÷ hand-written application",
      most: 0.8,
      measured: measured.cpuRatio("hydrant", "hand-written"),
    },
    {
      what: "counter event: CPU with permission and limit ÷ without",
      most: 1.15,
      measured: measured.cpuRatio("hydrant-admitted", "hydrant-signed-in"),
    },
    { what: "bytes of a counter answer with its seal", most: 700, measured: bytes.answerBody },
  ];
}

function formFigures({ measured }: Results["form"], kind: Kind, mostToKoa: number): Figure[] {
  const rounds = measured[kind];
  return [
    { what: `${kind} form: CPU ÷ bare Koa`, most: mostToKoa, measured: rounds?.cpuRatio("hydrant", "bare-koa") },
    { what: `${kind} form: CPU ÷ SvelteKit form action`, most: 1, measured: rounds?.cpuRatio("hydrant", "sveltekit") },
    { what: `${kind} form: CPU ÷ Next server action`, most: 1, measured: rounds?.cpuRatio("hydrant", "next") },
  ];
}

function liveFigures({ connections, instances }: Results["live"]): Figure[] {
  const held = connections.flatMap(({ transport, count, memoryRatio, timeRatio }): Figure[] => {
    const all = `${count} connections over ${TRANSPORT_TITLES[transport]}`;
    return [
      { what: `${all}: memory ÷ ${BARE_TITLES[transport]}`, most: 2, measured: memoryRatio },
      { what: `${all}: 1 KB to all, time ÷ the same`, most: 1.6, measured: timeRatio.median },
    ];
  });
  return [
    ...held,
    { what: "streamed frame: CPU ÷ counter event", most: 1.3, measured: instances.cpuRatio("frame", "event") },
    {
      what: "push to 1,000 instances: CPU of each ÷ counter event",
      most: 0.8,
      measured: instances.cpuRatio("push", "event"),
    },
  ];
}

function figuresOf({ event, form, live, sealing, rendering, client }: Results): Figure[] {
  const sealed = sealing.find(({ bytes }) => bytes === 1024);
  const rendered = (name: string): number | undefined => {
    const row = rendering.find((one) => one.name === name);
    return row && row.nunjucks / row.concatenation;
  };
  return [
    ...eventFigures(event),
    ...formFigures(form, "failing", 3),
    ...formFigures(form, "passing", 2.5),
    ...liveFigures(live),
    { what: "seal + unseal of 1 KB ÷ bare AES-256-GCM", most: 2, measured: sealed && sealed.sealed / sealed.bare },
    { what: "card ÷ concatenation", most: 3, measured: rendered("card") },
    { what: "1,000 rows ÷ concatenation", most: 2, measured: rendered("table, 1000 rows") },
    {
      what: "bytes of the client, min + gzip",
      most: 3000,
      measured: client.find(({ name }) => name === "component-client.js")?.gzipped,
    },
  ];
}

function cellsOf({ what, most, measured }: Figure): Cells {
  if (measured === undefined) return [what, `≤ ${most}`, "", "not measured"];
  const number = Number.isInteger(measured) ? String(measured) : measured.toFixed(2);
  return [what, `≤ ${most}`, number, measured <= most ? "reached" : "NOT reached"];
}

/** What the project promised, and what this run found. */
export function figuresSection(results: Results): string {
  const cells = figuresOf(results).map(cellsOf);
  return ["## Figures", "", tableOf(["figure", "target", "measured", ""], cells)].join("\n");
}
