import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { Answer } from "./connection.js";
import type { Contender } from "./contender.js";
import type { Visitor } from "./visitor.js";

/** An answer of the component server, which the bare servers give again and again. */
export interface Recorded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Headers that Node writes by itself for every server. */
const NODES_OWN = new Set(["date", "connection", "keep-alive", "content-length"]);

/** Keeps in a file what a bare server needs to give the same answer. */
export function record(file: string, { status, head, body }: Answer): void {
  const lines = head.split("\r\n").slice(1);
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const headers = Object.fromEntries(fields.filter(([name]) => !NODES_OWN.has(name.toLowerCase())));
  // Connections read a character for every byte.
  const text = Buffer.from(body, "latin1").toString("utf8");
  writeFileSync(file, JSON.stringify({ status, headers, body: text } satisfies Recorded));
}

/** The file is named by the parent: the bare servers start after the component server has answered once. */
export function recordedAnswer(): Recorded {
  return JSON.parse(readFileSync(process.env.BENCH_RECORDED as string, "utf8")) as Recorded;
}

/** Answers of the bare servers are as long as the recorded one, headers included. */
export async function checkBare({ name }: Contender, visitor: Visitor, expected: Answer): Promise<void> {
  const answer = await visitor.send();
  visitor.close();
  assert.equal(answer.body, expected.body, `${name} answers another body`);
  assert.equal(answer.bytes, expected.bytes, `${name} answers another number of bytes:\n${answer.head}`);
}
