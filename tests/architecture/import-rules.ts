import { type Import, importsOf } from "./imports.js";
import type { Source } from "./sources.js";

/** What an adapter folder may use beside the core, itself and Node. A new folder gets a line here. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  // The door serves the scripts of htmx, which it finds by path.
  koa: ["koa", "htmx.org", "@fastify/busboy", "eventsource-encoder"],
  disk: [],
  kysely: ["kysely"],
  "rate-limiter-flexible": ["rate-limiter-flexible"],
  redis: ["redis"],
  websocket: ["koa-websocket", "ws", "koa"],
  nunjucks: ["nunjucks"],
  tagged: [],
  testing: [],
};

/** The pipeline: the stories of a call, of streams and of live updates, and the chapters they share. */
const PIPELINE: readonly string[] = [
  "src/core/lifecycle.ts",
  "src/core/stream-calls.ts",
  "src/core/live-calls.ts",
  "src/core/frames.ts",
  "src/core/rights.ts",
  "src/core/revive.ts",
  "src/core/show.ts",
];

/**
 * Who may use the functions of a file that carries out a step of the pipeline. Types may be named anywhere.
 * The files of steps that do not exist yet stand here so that they are kept from their first day.
 */
const USERS: Readonly<Record<string, readonly string[]>> = {
  // The only ways in: what doors and applications call, and the components of a page.
  "src/core/lifecycle.ts": ["src/core/server.ts", "src/core/page.ts"],
  // An intent that is sent again while its stream runs is given that stream.
  "src/core/stream-calls.ts": ["src/core/server.ts", "src/core/lifecycle.ts", "src/core/receipts.ts"],
  "src/core/live-calls.ts": ["src/core/live/server.ts"],
  "src/core/frames.ts": PIPELINE,
  "src/core/rights.ts": PIPELINE,
  "src/core/revive.ts": PIPELINE,
  "src/core/show.ts": PIPELINE,
  // The step that every call begins with.
  "src/core/admit.ts": PIPELINE,
  // Definitions read what a class declares, once, when the server starts; only admission asks it.
  "src/core/permissions.ts": ["src/core/admit.ts", "src/core/guards.ts", "src/core/server.ts", "src/core/index.ts"],
  "src/core/limits.ts": ["src/core/admit.ts", "src/core/guards.ts", "src/core/server.ts", "src/core/index.ts"],
  // Makes the sealer; see CALLERS for who seals with it.
  "src/core/seal.ts": ["src/core/server.ts"],
  // Makes the keeper; see CALLERS for who hydrates with it.
  "src/core/state.ts": ["src/core/server.ts", ...PIPELINE],
  // What presents an instance runs its hooks with the same care as the pipeline.
  "src/core/instance.ts": [...PIPELINE, "src/core/present.ts", "src/core/admit.ts"],
  "src/core/tickets.ts": PIPELINE,
  "src/core/receipts.ts": PIPELINE,
  "src/core/turn.ts": PIPELINE,
  "src/core/present.ts": PIPELINE,
};

/** Where a step is called as a method, so that an object handed on cannot carry it to a door. */
const CALLERS: Readonly<Record<string, readonly string[]>> = {
  // Beside what goes to a page: what nodes tell each other, and the frames that are kept.
  unseal: [...PIPELINE, "src/core/tickets.ts", "src/core/live/items.ts", "src/core/streams.ts"],
  // What presents an instance seals it with the function the pipeline hands it.
  seal: [...PIPELINE, "src/core/tickets.ts", "src/core/present.ts", "src/core/live/items.ts", "src/core/streams.ts"],
  hydrate: PIPELINE,
  dehydrate: PIPELINE,
};

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isAllowedInCore({ from, specifier, target, typeOnly }: Import): boolean {
  if (target !== undefined) return target.startsWith("src/core/");
  if (specifier === "node:crypto") return from === "src/core/seal.ts";
  return packageName(specifier) === "zod" && typeOnly;
}

/** The core imports itself, in `seal.ts` alone `node:crypto`, and the types of zod. */
export function coreImports(files: readonly Source[]): string[] {
  return files
    .filter(({ path }) => path.startsWith("src/core/"))
    .flatMap(importsOf)
    .filter((one) => !isAllowedInCore(one))
    .map(({ at, specifier }) => `${at} imports ${specifier}`);
}

function isAllowedInAdapter({ from, specifier, target }: Import): boolean {
  const folder = from.split("/").slice(0, 3).join("/");
  if (target !== undefined) return target === "src/core/index.ts" || target.startsWith(`${folder}/`);
  if (specifier.startsWith("node:")) return true;
  return LIBRARIES[folder.slice("src/adapters/".length)]?.includes(packageName(specifier)) ?? false;
}

/** An adapter imports the core's public surface, itself, Node and its one library; never another adapter. */
export function adapterImports(files: readonly Source[]): string[] {
  return files
    .filter(({ path }) => path.startsWith("src/adapters/"))
    .flatMap(importsOf)
    .filter((one) => !isAllowedInAdapter(one))
    .map(({ at, specifier }) => `${at} imports ${specifier}`);
}

/** Nobody but the pipeline uses the functions of its steps. */
export function stepImports(files: readonly Source[]): string[] {
  return files
    .flatMap(importsOf)
    .filter(({ from, target, typeOnly }) => !typeOnly && USERS[target ?? ""]?.includes(from) === false)
    .map(({ at, target }) => `${at} uses ${target}`);
}

/** Nobody but the pipeline calls a step on an object that carries it. */
export function stepCalls(files: readonly Source[]): string[] {
  const call = new RegExp(`\\.(${Object.keys(CALLERS).join("|")})\\(`, "g");
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(call)]
      .map(([, method = ""]) => method)
      .filter((method) => CALLERS[method]?.includes(path) !== true)
      .map((method) => `${path} calls ${method}()`),
  );
}

/** The files of the table, so that a test can try each row. */
export const STEPS: readonly string[] = Object.keys(USERS);

/** Measures one part alone, which the public surface does not hand out. */
const INSIDE = "bench/sealing.ts";

/** Examples, tests through a door and benchmarks use the package by its name, as its users do. */
export function importsBesideThePackage(files: readonly Source[]): string[] {
  return files
    .flatMap(importsOf)
    .filter(({ from, target }) => from !== INSIDE && target !== undefined && /^(?:src|dist)\//.test(target))
    .map(({ at, specifier }) => `${at} imports ${specifier}`);
}

/** Files that need each other to load. Each cycle is named once, from the file that was reached first. */
export function importCycles(files: readonly Source[]): string[] {
  const next = new Map(
    files.map((file) => [
      file.path,
      importsOf(file).flatMap(({ target, typeOnly }) => (typeOnly || target === undefined ? [] : [target])),
    ]),
  );
  const cycles: string[] = [];
  const finished = new Set<string>();
  function follow(path: string, trail: readonly string[]): void {
    if (trail.includes(path)) {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    if (finished.has(path)) return;
    for (const target of next.get(path) ?? []) follow(target, [...trail, path]);
    finished.add(path);
  }
  for (const path of next.keys()) follow(path, []);
  return cycles;
}
