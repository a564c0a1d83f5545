import { expect } from "vitest";
import type { Audit } from "./audit.js";
import { outputIn } from "./html.js";
import type { StreamFrame } from "./stage.js";
import { allFrames, openTeller, steps } from "./stream-stage.js";

export const streamIntents: Audit[] = [
  {
    id: "T5.40",
    must: "the same Idempotency-Key gets what the stream ended in, and the handler runs once",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const all = await allFrames(stage, teller, "tell", { count: 3 }, { idempotencyKey: "one" });
      const again = await allFrames(stage, teller, "tell", { count: 3 }, { idempotencyKey: "one" });
      expect(again.at(-1)).toMatchObject({ html: all.at(-1)?.html, state: all.at(-1)?.state, stream_done: true });
      const plain = await stage.send(teller, "tell", { count: 3 }, { idempotencyKey: "one" });
      expect(plain.state).toBe(all.at(-1)?.state);
      expect(stage.journal.ran).toEqual(["tell", "told"]);
    },
  },
  {
    id: "T5.41",
    must: "the same Idempotency-Key while the stream runs waits for its end and does not run the handler again",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const first = allFrames(stage, teller, "wait", {}, { idempotencyKey: "one" });
      await expect.poll(() => stage.journal.ran).toEqual(["wait"]);
      const second = allFrames(stage, teller, "wait", {}, { idempotencyKey: "one" });
      stage.journal.gate.open();
      const [one, other] = await Promise.all([first, second]);
      expect(other.at(-1)?.state).toBe(one.at(-1)?.state);
      expect(stage.journal.ran).toEqual(["wait"]);
    },
  },
  {
    id: "T5.42",
    must: "the same Idempotency-Key with another payload is 409, before and after the stream ended",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const stream = stage.stream(teller, "tell", { count: 3 }, { idempotencyKey: "one" });
      await stream.next();
      const other = () => allFrames(stage, teller, "tell", { count: 4 }, { idempotencyKey: "one" });
      expect(await other()).toMatchObject([{ status: 409, code: "key_reused" }]);
      for await (const _frame of stream);
      expect(await other()).toMatchObject([{ status: 409, code: "key_reused" }]);
      expect(stage.journal.ran).toEqual(["tell", "told"]);
    },
  },
  {
    id: "T5.43",
    must: "an intent whose stream was left is not done: the same Idempotency-Key runs it again",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const stream = stage.stream(teller, "endless", {}, { idempotencyKey: "one" });
      await stream.next();
      await stream.return();
      await expect.poll(() => stage.journal.ran).toContain("ended");
      const again = stage.stream(teller, "endless", {}, { idempotencyKey: "one" });
      expect(outputIn((await again.next()).value as StreamFrame)).toBe("1");
      await again.return();
    },
  },
  {
    id: "T5.44",
    must: "a stream that can be resumed gives the same frames to the same intent, and runs once",
    async run(open) {
      const stage = await openTeller(open, { stream: "resume" });
      const teller = await stage.mount("teller");
      const first = allFrames(stage, teller, "wait", {}, { idempotencyKey: "one" });
      await expect.poll(() => stage.journal.ran).toEqual(["wait"]);
      const second = allFrames(stage, teller, "wait", {}, { idempotencyKey: "one" });
      stage.journal.gate.open();
      const [one, other] = await Promise.all([first, second]);
      expect(steps(one)).toEqual(["1", "2"]);
      expect(other.map(({ state }) => state)).toEqual(one.map(({ state }) => state));
      const later = await allFrames(stage, teller, "wait", {}, { idempotencyKey: "one" });
      expect(later.map(({ state }) => state)).toEqual(one.map(({ state }) => state));
      expect(stage.journal.ran).toEqual(["wait"]);
    },
  },
];
