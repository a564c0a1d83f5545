import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import type { PeerName } from "./form/peers/install.js";

const PACKAGES = ["koa", "@koa/router", "@koa/bodyparser", "nunjucks", "zod", "fastify", "@fastify/formbody", "eta"];

function versionOf(name: string): string {
  const folder = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  return (JSON.parse(readFileSync(folder, "utf8")) as { version: string }).version;
}

/** Names and versions of what a peer of the form depends on. */
export function describePeer(name: PeerName): string {
  const file = new URL(`../bench/form/peers/${name}/package.json`, import.meta.url);
  const { dependencies } = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  return Object.entries(dependencies)
    .map(([dependency, version]) => `${dependency} ${version}`)
    .join(", ");
}

/** Where and with what the numbers came about. */
export function describeMachine(): string[] {
  const processors = cpus();
  const load = loadavg().map((value) => value.toFixed(1));
  const htmx = createRequire(import.meta.url)("htmx.org/package.json") as { version: string };
  return [
    `Machine: ${processors.length} × ${processors[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `Node ${process.version}, OpenSSL ${process.versions.openssl}; ${PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(", ")}, htmx.org ${htmx.version}`,
    `Load average when it began: ${load.join(", ")}; ${new Date().toISOString().slice(0, 16)}Z`,
  ];
}
