import { readFileSync, writeFileSync } from "node:fs";
import type { Recorded } from "../socket/recorded.js";

/** What Hydrant sends to a page and its connection, which the bare servers send as well. */
export interface Tape {
  readonly page: Recorded;
  /** Headers of an event stream. */
  readonly headers: Readonly<Record<string, string>>;
  /** What comes first on a connection. */
  readonly hello: string;
  /** The answer to the subscription that a page sends over a socket; empty for an event stream. */
  readonly subscribed: string;
  /** What is sent to everybody, with its 1 KB. */
  readonly message: string;
}

export function writeTape(file: string, tape: Tape): void {
  writeFileSync(file, JSON.stringify(tape));
}

/** The file is named by the parent: the bare servers start after Hydrant was listened to once. */
export function readTape(): Tape {
  return JSON.parse(readFileSync(process.env.BENCH_RECORDED as string, "utf8")) as Tape;
}
