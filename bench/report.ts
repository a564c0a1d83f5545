import type { EventName, EventResult } from "./event/measure.js";
import { figuresSection } from "./figures.js";
import type { FormName, FormResult, Missing } from "./form/measure.js";
import type { Kind } from "./form/submissions.js";
import { liveSection } from "./live/tables.js";
import type { Results } from "./results.js";
import type { Measured } from "./socket/rounds.js";
import { type Cells, micros, ratio, tableOf } from "./table.js";

const EVENT_TITLES: Readonly<Record<EventName, string>> = {
  "bare-node": "bare node:http, the same bytes",
  "bare-koa": "bare Koa, the same bytes",
  "hand-written": "Koa + @koa/router + @koa/bodyparser + Nunjucks render + HMAC",
  "fastify-eta": "Fastify + Eta + HMAC",
  hydrant: "Hydrant, everything on",
  "hydrant-signed-in": "Hydrant, a user in place of the anonymous session",
  "hydrant-admitted": "Hydrant, a user, a permission class and a limit in memory",
};

const FORM_TITLES: Readonly<Record<FormName, string>> = {
  "bare-koa": "bare Koa, the same bytes",
  hydrant: "Hydrant, everything on",
  sveltekit: "SvelteKit form action",
  next: "Next server action",
};

/** Servers beside bare Koa; those that are missing stand below the others. */
function serverTable<Name extends string>(
  measured: Measured<Name>,
  bare: Name,
  titles: Readonly<Record<Name, string>>,
  missing: readonly Name[] = [],
): string {
  const cells = measured
    .rows(bare)
    .map(
      ({ name, cpu, requestsPerSecond, cpuToBare, speedToBare }): Cells => [
        titles[name],
        ratio(cpuToBare),
        micros(cpu),
        ratio(speedToBare),
        Math.round(requestsPerSecond),
      ],
    );
  const absent = missing.map((name): Cells => [titles[name], "not measured", "", "", ""]);
  const head = ["server", "CPU ÷ bare Koa", "CPU µs", "requests/s ÷ bare Koa", "requests/s"];
  const others = Math.round(measured.neighbours * 100);
  return [
    tableOf(head, [...cells, ...absent]),
    "",
    `${measured.count} rounds, ${measured.repeated} more left out as too noisy; other processes used ${others} % of the machine meanwhile.`,
  ].join("\n");
}

function eventSection({ measured }: EventResult): string {
  return [
    "## The counter event over a real socket",
    "",
    "32 visitors on keep-alive connections of the loopback, each with its own session, instance and chain of states and a",
    "fresh `Idempotency-Key` for every click. Every server has a process of its own and gets the same request headers, those",
    "of Chromium and htmx 4; both bare ones read the body and give back a recorded answer of the component server, headers",
    "included. Medians over the rounds; ratios are taken within each round. The load generator never sleeps, so that no",
    "server pays for waking it.",
    "",
    serverTable(measured, "bare-koa", EVENT_TITLES),
  ].join("\n");
}

function missingLines(missing: readonly Missing[]): string[] {
  return missing.flatMap(({ name, reason }) => [
    "",
    `${FORM_TITLES[name]}: not measured: ${reason.split("\n").join(" ")}`,
  ]);
}

function formSection({ measured, missing }: FormResult, versions: Results["versions"]): string {
  const names = missing.map(({ name }) => name);
  const kinds = (Object.entries(measured) as [Kind, Measured<FormName>][]).flatMap(([kind, rounds]) => [
    "",
    `A ${kind} submit:`,
    "",
    serverTable(rounds, "bare-koa", FORM_TITLES, names),
  ]);
  return [
    "## A form of ten fields over a real socket",
    "",
    "Measured in the same way: a name, an address, a choice, a number and a message, judged by the same Zod schema everywhere.",
    "A failing submit has five fields wrong and comes back with the messages and all that was filled in. The peers are",
    "production builds, sent what their own clients send in a browser: the SvelteKit action urlencoded, the Next action",
    "multipart with the form's state so far. Both answer with data, which the browser has to render; bare Koa and Hydrant",
    "answer with the HTML. Nobody compresses.",
    "",
    `* SvelteKit: ${versions.sveltekit}`,
    `* Next: ${versions.next}`,
    ...kinds,
    ...missingLines(missing),
  ].join("\n");
}

function sealingSection(rows: Results["sealing"]): string {
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
    tableOf(["state", "sealed µs", "bare AES µs", "ratio", "bare AES + base64url µs", "ratio"], cells),
  ].join("\n");
}

function renderingSection(rows: Results["rendering"]): string {
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
    tableOf(["template", "Nunjucks µs", "concatenation µs", "ratio"], cells),
  ].join("\n");
}

function bytesSection({ bytes }: EventResult, client: Results["client"]): string {
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
    tableOf(["counter event", "bytes"], event),
    "",
    tableOf(
      ["client", "minified", "min + gzip"],
      client.map(({ name, minified, gzipped }) => [name, minified, gzipped]),
    ),
  ].join("\n");
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
    formSection(results.form, results.versions),
    "",
    liveSection(results.live),
    "",
    sealingSection(results.sealing),
    "",
    renderingSection(results.rendering),
    "",
    bytesSection(results.event, results.client),
    "",
  ].join("\n");
}
