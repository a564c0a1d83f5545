import assert from "node:assert/strict";
import type { Answer } from "../socket/connection.js";
import type { Visitor } from "../socket/visitor.js";
import { errorsOf } from "./contact.js";
import { type Kind, SUBMISSIONS } from "./submissions.js";

const MESSAGES = Object.values(errorsOf(SUBMISSIONS.failing) ?? {});

/**
 * A failing submit comes back with every message and all that was filled in, a passing one with neither message.
 * The second answer in a row is judged: what a visitor keeps of the first has to work.
 */
export async function checkForm(name: string, kind: Kind, visitor: Visitor): Promise<Answer> {
  await visitor.send();
  const answer = await visitor.send();
  for (const message of MESSAGES) {
    assert.equal(answer.body.includes(message), kind === "failing", `${name}, ${kind}: "${message}"\n${answer.body}`);
  }
  if (kind === "failing") {
    for (const [field, value] of Object.entries(SUBMISSIONS.failing)) {
      assert.ok(answer.body.includes(value), `${name} forgets the ${field} that was filled in:\n${answer.body}`);
    }
  }
  visitor.close();
  return answer;
}
