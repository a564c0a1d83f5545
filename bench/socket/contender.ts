import { type ChildProcess, fork } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "./serve.js";

type Environment = Readonly<Record<string, string>>;

/** A server in a process of its own. */
export class Contender {
  private constructor(
    /** For messages: the name of its file. */
    readonly name: string,
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /**
   * @param file Calls `serve()`.
   * @throws {Error} when it ends before it listens.
   */
  static async start(file: URL, environment: Environment = {}): Promise<Contender> {
    const path = fileURLToPath(file);
    const name = basename(path, ".js");
    const child = fork(path, {
      execArgv: process.env.BENCH_NODE_OPTIONS?.split(" ") ?? [],
      env: { ...process.env, NODE_ENV: "production", ...environment },
      // What a server prints is no part of the report.
      stdio: ["ignore", 2, 2, "ipc"],
    });
    const listening = await nextReport(child, name);
    if (listening.kind !== "listening") throw new Error(`${name} said ${listening.kind} before it listened`);
    return new Contender(name, child, listening.port);
  }

  /** One of the bare servers, which give a recorded answer. */
  static startBare(name: "bare-koa" | "bare-node", recordedFile: string): Promise<Contender> {
    return Contender.start(new URL(`./servers/${name}.js`, import.meta.url), { BENCH_RECORDED: recordedFile });
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
