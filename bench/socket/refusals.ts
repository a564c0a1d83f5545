import assert from "node:assert/strict";
import type { Connection } from "./connection.js";
import type { Visitor } from "./visitor.js";

/** Somebody whose page holds a protected state. */
export interface StateHolder extends Visitor {
  readonly connection: Connection;
  readonly state: string;
  /** The next request, with another state than the page's where one is given. */
  request(state?: string): string;
}

/** Another character in the same place, so that the text still decodes. */
function tampered(state: string, at: number): string {
  return state.slice(0, at) + (state[at] === "A" ? "B" : "A") + state.slice(at + 1);
}

/** A state that was changed or belongs to somebody else is refused, and so is another site. Both visitors leave. */
export async function checkRefusals(name: string, visitor: StateHolder, stranger: StateHolder): Promise<void> {
  const { state, connection } = visitor;
  for (const at of [2, state.length >> 1, state.length - 3]) {
    const refused = await connection.ask(visitor.request(tampered(state, at)));
    assert.equal(refused.status, 400, `${name} takes a state with another character at ${at}`);
  }
  const stolen = await stranger.connection.ask(stranger.request(state));
  assert.equal(stolen.status, 400, `${name} takes the state of another session`);
  const foreign = visitor.request().replace("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site");
  assert.equal((await connection.ask(foreign)).status, 403, `${name} takes a cross-site request`);
  visitor.close();
  stranger.close();
}
