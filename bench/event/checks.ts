import assert from "node:assert/strict";
import type { Answer } from "./connection.js";
import type { Contender } from "./contender.js";
import type { Recorded } from "./recorded.js";
import { countIn, Visitor } from "./visitor.js";

/** Headers that Node writes by itself for every server. */
const NODES_OWN = new Set(["date", "connection", "keep-alive", "content-length"]);

/** What a bare server needs to give the same answer. */
export function record({ head, body }: Answer): Recorded {
  const lines = head.split("\r\n").slice(1);
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { headers: Object.fromEntries(fields.filter(([name]) => !NODES_OWN.has(name.toLowerCase()))), body };
}

/** Answers of the bare servers are as long as the recorded one, headers included. */
export async function checkBare(contender: Contender, expected: Answer): Promise<void> {
  const visitor = await Visitor.open(contender.port);
  const answer = await visitor.click();
  visitor.connection.close();
  assert.equal(answer.body, expected.body, `${contender.name} answers another body`);
  assert.equal(answer.bytes, expected.bytes, `${contender.name} answers another number of bytes:\n${answer.head}`);
}

/** Another character in the same place, so that the text still decodes. */
function tampered(state: string, at: number): string {
  return state.slice(0, at) + (state[at] === "A" ? "B" : "A") + state.slice(at + 1);
}

/** The counter counts, keeps its headers, and refuses a state that was changed or belongs to somebody else. */
export async function checkCounter(contender: Contender): Promise<Answer> {
  const { name, port } = contender;
  const visitor = await Visitor.open(port);
  const first = await visitor.click();
  assert.equal(countIn(first.body), visitor.count + 1, `${name} does not count`);
  const second = await visitor.click();
  assert.equal(countIn(second.body), visitor.count + 2, `${name} does not count on`);
  for (const header of ["content-type: text/html", "cache-control: no-store", "x-content-type-options: nosniff"]) {
    assert.ok(second.head.toLowerCase().includes(header), `${name} leaves out ${header}`);
  }
  const { state, connection } = visitor;
  for (const at of [2, state.length >> 1, state.length - 3]) {
    const refused = await connection.ask(visitor.request(tampered(state, at)));
    assert.equal(refused.status, 400, `${name} takes a state with another character at ${at}`);
  }
  const stranger = await Visitor.open(port);
  const stolen = await stranger.connection.ask(stranger.request(state));
  assert.equal(stolen.status, 400, `${name} takes the state of another session`);
  const foreign = visitor.request().replace("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site");
  assert.equal((await connection.ask(foreign)).status, 403, `${name} takes a cross-site request`);
  connection.close();
  stranger.connection.close();
  return second;
}
