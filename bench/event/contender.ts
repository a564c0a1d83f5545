import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Report } from "./serve.js";

export const CONTENDERS = {
  "bare-node": "bare node:http, the same bytes",
  "bare-koa": "bare Koa, the same bytes",
  "hand-written": "Koa + @koa/router + @koa/bodyparser + Nunjucks render + HMAC",
  "fastify-eta": "Fastify + Eta + HMAC",
  hydrant: "Hydrant, everything on",
} as const;

export type ContenderName = keyof typeof CONTENDERS;

/** A server in a process of its own. */
export class Contender {
  private constructor(
    readonly name: ContenderName,
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(name: ContenderName, environment: Readonly<Record<string, string>> = {}): Promise<Contender> {
    const file = fileURLToPath(new URL(`./servers/${name}.js`, import.meta.url));
    const child = fork(file, {
      execArgv: process.env.BENCH_NODE_OPTIONS?.split(" ") ?? [],
      env: { ...process.env, NODE_ENV: "production", ...environment },
    });
    const listening = await nextReport(child, name);
    if (listening.kind !== "listening") throw new Error(`${name} said ${listening.kind} before it listened`);
    return new Contender(name, child, listening.port);
  }

  /** Microseconds of CPU the process has used, all its threads included. */
  async cpu(): Promise<number> {
    this.child.send("cpu");
    const report = await nextReport(this.child, this.name);
    if (report.kind !== "cpu") throw new Error(`${this.name} answered ${report.kind}`);
    return report.micros;
  }

  stop(): void {
    this.child.send("stop");
  }
}

function nextReport(child: ChildProcess, name: string): Promise<Report> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`${name} ended`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as Report);
    });
  });
}
