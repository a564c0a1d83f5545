import type { OutcomeStream } from "hydrant";
import { describe, expect, it } from "vitest";
import { aborted, type Node, node } from "../support/scripted.js";

const ANN = { user: { id: "ann" }, session: null };

/** Asks as a door does that reads the body itself, with a key of the intent. */
async function ask({ server, door }: Node, signal?: AbortSignal, state?: string): Promise<OutcomeStream> {
  const sent = state ?? (await door.mount("tale")).state;
  const answer = await server.stream({
    caller: ANN,
    component: "tale",
    event: "tell",
    idempotencyKey: "one",
    read: async () => ({ state: sent }),
    ...(signal && { signal }),
  });
  if (answer.kind !== "stream") throw new Error(`no stream, but ${answer.kind}`);
  return answer;
}

describe.each(["abort", "restart"] as const)("a stream nobody takes a frame of (%s)", (stream) => {
  it("runs nothing, and where it is left its intent is open for whoever sends it again", async () => {
    const own = node({ stream });
    let ran = 0;
    own.script.handler = async function* () {
      ran++;
      yield;
    };
    const { state } = await own.door.mount("tale");
    const left = await ask(own, undefined, state);
    await left.frames.return();
    expect([ran, own.clock.pending()]).toEqual([0, 0]);
    const again = await ask(own, undefined, state);
    for await (const _frame of again.frames);
    expect([ran, own.clock.pending()]).toEqual([1, 0]);
  });

  it("and that is just forgotten gives its intent up after limits.graceMs, and never runs", async () => {
    const own = node({ stream, limits: { graceMs: 5000 } });
    let ran = 0;
    own.script.handler = async function* () {
      ran++;
      yield;
    };
    const { state } = await own.door.mount("tale");
    const forgotten = await ask(own, undefined, state);
    const second = ask(own, undefined, state);
    own.clock.advance(5000);
    const { frames } = await second;
    expect((await forgotten.frames.next()).done).toBe(true);
    for await (const _frame of frames);
    expect([ran, own.clock.pending()]).toEqual([1, 0]);
  });
});

describe("a caller that leaves, of a door that never says who asks by now", () => {
  it("is heard while a stream that can be resumed waits", async () => {
    const own = node({ stream: "resume" });
    own.script.handler = async function* (self) {
      yield;
      await aborted(self.signal);
    };
    const leaving = new AbortController();
    const { frames } = await ask(own, leaving.signal);
    await frames.next();
    const next = frames.next();
    leaving.abort();
    await expect(next).rejects.toMatchObject({ code: "cancelled" });
  });
});
