import { AllowAny, type HydrantError, IsStaff } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { expect } from "vitest";
import { enteredIn, messagesIn } from "../support/form-html.js";
import type { Audit } from "./audit.js";
import type { StreamFrame } from "./stage.js";
import { allFrames, openTeller, steps } from "./stream-stage.js";

export const streamRefusals: Audit[] = [
  {
    id: "T5.20",
    must: "what is refused before the first frame is answered as ever, where a stream is asked for, and nothing runs",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const asked = [
        [{ ...teller, component: "nobody" }, "tell", { count: 1 }],
        [teller, "nothing", {}],
        [{ ...teller, state: "x" }, "tell", { count: 1 }],
        [teller, "tell", { count: 51 }],
        [teller, "echo", { text: "a" }],
      ] as const;
      const answers = [];
      for (const [to, event, payload] of asked) {
        const [only, ...more] = await allFrames(stage, to, event, payload);
        expect([only?.stream_done, more]).toEqual([true, []]);
        const { errorId: _id, html, state, ...plain } = await stage.send(to, event, payload);
        expect(only).toMatchObject(plain);
        expect([only?.html === "", only?.state === ""]).toEqual([html === "", state === ""]);
        answers.push([only?.status, only?.code]);
      }
      expect(answers).toEqual([
        [404, "not_found"],
        [404, "not_found"],
        [400, "state_invalid"],
        [422, "invalid"],
        [422, "invalid"],
      ]);
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "T5.21",
    must: "who may not send the event, or sent it too often, gets no stream, and nothing runs",
    async run(open) {
      const people = { staff: { isStaff: true } };
      const stage = await openTeller(open, { permissions: IsStaff }, { people });
      const before = await openTeller(open, { permissions: AllowAny });
      for (const [user, status] of [
        ["ann", 403],
        ["", 401],
      ] as const) {
        const teller = await before.mount("teller", {}, user);
        expect(await allFrames(stage, teller, "tell", { count: 1 }, { user })).toMatchObject([{ status, html: "" }]);
      }
      expect(stage.journal.ran).toEqual([]);
      const limited = await openTeller(open, { eventLimits: { tell: "1/min" } }, { limitStore: memoryLimitStore() });
      const teller = await limited.mount("teller");
      expect(await allFrames(limited, teller, "tell", { count: 1 })).toHaveLength(2);
      expect(await allFrames(limited, teller, "tell", { count: 1 })).toMatchObject([{ status: 429, state: "" }]);
      expect(limited.journal.ran).toEqual(["tell", "told"]);
    },
  },
  {
    id: "T5.22",
    must: "a stream is only begun from a state that can be used; from an older one the answer is the instance anew",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      stage.clock.advance(86_400_000);
      const [only, ...more] = await allFrames(stage, teller, "tell", { count: 1 });
      expect([only?.status, only?.code, more]).toEqual([409, "state_expired", []]);
      expect(stage.journal.ran).toEqual([]);
      expect(await allFrames(stage, only as StreamFrame, "tell", { count: 1 })).toHaveLength(2);
    },
  },
  {
    id: "T5.23",
    must: "where only offered events can be called, a frame's own offers count",
    async run(open) {
      const stage = await openTeller(open, { offers: "sealed" });
      const teller = await stage.mount("teller");
      expect(await allFrames(stage, teller, "tell", { count: 2 })).toMatchObject([{ code: "forbidden" }]);
      const all = await allFrames(stage, teller, "tell", { count: 3 });
      expect(await allFrames(stage, all[1] as StreamFrame, "tell", { count: 3 })).toHaveLength(4);
    },
  },
];

const SENT = { name: "Adam", secret: "swordfish" } as const;

export const streamFailures: Audit[] = [
  {
    id: "T5.36",
    must: "what a form's handler finds wrong on its way is the last frame: the root with the messages and what was typed",
    async run(open) {
      for (const more of [{}, { storage: "store" }, { stream: "resume" }] as const) {
        for (const frames of [0, 2]) {
          const stage = await openTeller(open, more);
          const all = await allFrames(stage, await stage.mount("signup"), "submit", { ...SENT, frames });
          const end = all.at(-1) as StreamFrame;
          // What it has shown stands; what it did after that does not.
          expect(steps(all)).toEqual(["1", "2", "2"].slice(2 - frames, 3).map((step) => (frames === 0 ? "0" : step)));
          expect([end.status, end.code, end.stream_done, end.trigger]).toEqual([422, "invalid", true, {}]);
          expect(end.fields).toEqual({ name: ["Somebody has this name"] });
          expect(messagesIn(end.html)).toEqual({ name: ["Somebody has this name"] });
          expect(enteredIn(end.html)).toEqual({ name: "Adam", secret: "", frames: String(frames) });
          expect(JSON.stringify(all)).not.toContain("swordfish");
          expect(stage.log.at("error")).toEqual([]);
          const again = await allFrames(stage, end, "submit", { ...SENT, frames: 1 });
          expect(again.map(({ status }) => status)).toEqual([200, 422]);
        }
      }
    },
  },
  {
    id: "T5.37",
    must: "an intent whose stream ended in a refusal is answered with that refusal, and its handler runs once",
    async run(open) {
      const stage = await openTeller(open);
      const signup = await stage.mount("signup");
      const send = () => allFrames(stage, signup, "submit", { ...SENT, frames: 1 }, { idempotencyKey: "one" });
      const first = (await send()).at(-1) as StreamFrame;
      const [again] = await send();
      expect(again).toMatchObject({ status: 422, code: "invalid", state: first.state, fields: first.fields });
      expect(stage.journal.ran).toEqual(["submit"]);
    },
  },
  {
    id: "T5.30",
    must: "a failure is the last frame: what came before stands, nothing of the cause leaves, an id finds the log line",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      for (const after of [3, 0]) {
        const all = await allFrames(stage, teller, "fail", { after });
        const end = all.at(-1) as StreamFrame;
        expect(steps(all.slice(0, -1))).toEqual(["1", "2", "3"].slice(0, after));
        expect([end.code, end.status, end.html, end.state, end.stream_done]).toEqual(["internal", 500, "", "", true]);
        expect(JSON.stringify(all)).not.toContain("swordfish");
        const line = stage.log.at("error").find(({ fields }) => fields.id === end.errorId);
        expect(String((line?.fields.error as HydrantError | undefined)?.cause)).toContain("swordfish");
        const next = await stage.send(all.at(-2) ?? teller, "plain");
        expect(next.status).toBe(200);
      }
      expect(stage.log.at("error")).toHaveLength(2);
    },
  },
  {
    id: "T5.31",
    must: "what a handler refuses on its way ends the stream with that code, and its reason stays on the server",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "forbid");
      expect(all.map(({ code }) => code)).toEqual([undefined, "forbidden"]);
      expect(JSON.stringify(all)).not.toContain("Ann");
      expect(stage.log.at("error")).toEqual([]);
    },
  },
  {
    id: "T5.32",
    must: "a handler that spoils its state ends the stream with an error",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "confuse");
      expect(all.map(({ code }) => code)).toEqual([undefined, "internal"]);
    },
  },
  {
    id: "T5.33",
    must: "a handler that does not yield again is stopped when its time is over; what it showed stands",
    async run(open) {
      const stage = await openTeller(open, {}, { limits: { frameMs: 7000 } });
      const stream = stage.stream(await stage.mount("teller"), "stuck");
      const first = await stream.next();
      const next = stream.next();
      await expect.poll(() => stage.journal.ran).toEqual(["stuck"]);
      stage.clock.advance(7000);
      expect((await next).value).toMatchObject({ code: "timeout", stream_done: true });
      expect((await stage.send(first.value as StreamFrame, "plain")).status).toBe(200);
    },
  },
  {
    id: "T5.34",
    must: "a handler that yields for ever is stopped when the time of a stream is over",
    async run(open) {
      const stage = await openTeller(open, {}, { limits: { streamMs: 60_000, stallMs: 600_000 } });
      const stream = stage.stream(await stage.mount("teller"), "endless");
      await stream.next();
      stage.clock.advance(60_001);
      let last: StreamFrame | undefined;
      for await (const frame of stream) last = frame;
      expect(last).toMatchObject({ code: "timeout", stream_done: true });
      await expect.poll(() => stage.journal.ran).toContain("ended");
    },
  },
  {
    id: "T5.35",
    must: "leaving ends the handler: its signal aborts and its finally runs; the log holds no error",
    async run(open) {
      const stage = await openTeller(open);
      const stream = stage.stream(await stage.mount("teller"), "endless");
      await stream.next();
      await stream.return();
      await expect.poll(() => stage.journal.ran).toEqual(["aborted", "ended"]);
      expect([...stage.log.at("error"), ...stage.log.at("warn")]).toEqual([]);
    },
  },
];
