import { readFileSync } from "node:fs";

/** An answer of the component server, which the bare servers give again and again. */
export interface Recorded {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The file is named by the parent: the bare servers start after the component server has answered once. */
export function recordedAnswer(): Recorded {
  return JSON.parse(readFileSync(process.env.BENCH_RECORDED as string, "utf8")) as Recorded;
}
