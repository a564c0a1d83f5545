import assert from "node:assert/strict";
import type { Answer } from "../socket/connection.js";
import type { Contender } from "../socket/contender.js";
import { checkRefusals } from "../socket/refusals.js";
import { CounterVisitor, countIn } from "./visitor.js";

/** The counter counts, keeps its headers, and refuses what it has to. */
export async function checkCounter({ name, port }: Contender): Promise<Answer> {
  const visitor = await CounterVisitor.open(port);
  const first = await visitor.send();
  assert.equal(countIn(first.body), visitor.count + 1, `${name} does not count`);
  const second = await visitor.send();
  assert.equal(countIn(second.body), visitor.count + 2, `${name} does not count on`);
  for (const header of ["content-type: text/html", "cache-control: no-store", "x-content-type-options: nosniff"]) {
    assert.ok(second.head.toLowerCase().includes(header), `${name} leaves out ${header}`);
  }
  await checkRefusals(name, visitor, await CounterVisitor.open(port));
  return second;
}
