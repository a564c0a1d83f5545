import { load } from "cheerio";
import { expect } from "vitest";
import type { Audit, Chapter } from "./audit.js";
import { outputIn, textIn } from "./html.js";
import type { StreamFrame } from "./stage.js";
import { streamAnswers } from "./stream-answers.js";
import { streamEndings } from "./stream-endings.js";
import { streamIntents } from "./stream-intents.js";
import { streamFailures, streamRefusals } from "./stream-refusals.js";
import { allFrames, NEWLINES, openTeller, steps } from "./stream-stage.js";

const frames: Audit[] = [
  {
    id: "T5.1",
    must: "a handler that yields is one frame for every yield and a last one, each a full root with a seal of its own",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "tell", { count: 3 });
      expect(steps(all)).toEqual(["1", "2", "3", "3"]);
      expect(all.map(({ stream_done }) => stream_done)).toEqual([false, false, false, true]);
      expect(all.map((frame) => textIn(frame, "p"))).toEqual(["", "", "", "the end"]);
      expect(new Set(all.map(({ state }) => state)).size).toBe(4);
      for (const { html, state, component_id, code, append } of all) {
        expect([component_id, code, append]).toEqual(["c-teller", undefined, undefined]);
        expect(load(html)("#c-teller").attr("hx-vals:inherited")).toBe(JSON.stringify({ state }));
      }
      const revisions = all.map(({ html }) => Number(load(html)("#c-teller").attr("data-rev")));
      expect(revisions).toEqual(Array.from(revisions, (_, at) => (revisions[0] as number) + at));
    },
  },
  {
    id: "T5.2",
    must: "every frame's seal is one that the next event can be sent with, by the person it is for",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      for (const { state } of await allFrames(stage, teller, "tell", { count: 2 })) {
        const next = await stage.send({ ...teller, state }, "echo", { text: "after" });
        expect([next.status, textIn(next, "p")]).toEqual([200, "after"]);
        const foreign = await stage.send({ ...teller, state }, "plain", {}, { user: "bob" });
        expect(foreign.code).toBe("state_invalid");
      }
    },
  },
  {
    id: "T5.3",
    must: "a handler that does not yield is answered as ever, where a stream is asked for",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const [only, ...more] = await allFrames(stage, teller, "plain");
      const { stream_done, append, html, state, ...rest } = only as StreamFrame;
      expect([stream_done, append, more]).toEqual([true, undefined, []]);
      const { html: _html, state: _state, ...same } = await stage.send(teller, "plain");
      expect(rest).toEqual(same);
      expect([outputIn({ html }), state === ""]).toEqual(["99", false]);
    },
  },
  {
    id: "T5.4",
    must: "where no stream is asked for the handler runs to its end and its last render is the answer",
    async run(open) {
      const stage = await openTeller(open);
      const answer = await stage.send(await stage.mount("teller"), "tell", { count: 3 });
      expect([answer.status, outputIn(answer), textIn(answer, "p")]).toEqual([200, "3", "the end"]);
      expect(stage.journal.ran).toEqual(["tell", "told"]);
      expect((await stage.send(answer, "plain")).status).toBe(200);
    },
  },
  {
    id: "T5.5",
    must: "a piece goes to the end of its place, escaped, without a seal; the next whole frame has it too",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const all = await allFrames(stage, teller, "pieces", { text: `<b>"x" & 'y'</b>` });
      const [first, second, last] = all as [StreamFrame, StreamFrame, StreamFrame];
      const place = load(teller.html)("p").attr("id");
      expect(all.map(({ append }) => append)).toEqual([place, place, undefined]);
      expect(load(first.html).text()).toBe(`<b>"x" & 'y'</b>`);
      expect([second.html, first.state, second.state]).toEqual(["!", "", ""]);
      expect([outputIn(last), textIn(last, "p")]).toEqual(["1", `<b>"x" & 'y'</b>!`]);
      expect((await stage.send(last, "plain")).status).toBe(200);
    },
  },
  {
    id: "T5.6",
    must: "newlines of every kind in content arrive as they left, in text, in attributes and in pieces",
    async run(open) {
      const stage = await openTeller(open);
      const teller = await stage.mount("teller");
      const plain = await stage.send(teller, "echo", { text: NEWLINES });
      const all = await allFrames(stage, teller, "echo", { text: NEWLINES });
      // Once in the text and once in an attribute.
      for (const { html } of [plain, ...all]) expect(html.split(NEWLINES)).toHaveLength(3);
      const [piece] = await allFrames(stage, teller, "pieces", { text: NEWLINES });
      expect((piece as StreamFrame).html).toBe(NEWLINES);
    },
  },
  {
    id: "T5.7",
    must: "a redirect ends the stream and its handler",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "go");
      expect(all.map(({ redirect, stream_done }) => [redirect, stream_done])).toEqual([
        [undefined, false],
        ["/next", true],
      ]);
      expect([all[1]?.html, all[1]?.state]).toEqual(["", ""]);
      await expect.poll(() => stage.journal.ran).toEqual(["gone"]);
    },
  },
  {
    id: "T5.8",
    must: "an instance that removes itself ends the stream and its handler",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "leave");
      expect(all.map(({ removed, stream_done, html }) => [removed, stream_done, html === ""])).toEqual([
        [false, false, false],
        [true, true, true],
      ]);
      await expect.poll(() => stage.journal.ran).toEqual(["left"]);
    },
  },
  {
    id: "T5.9",
    must: "a frame with nothing to show leaves what is shown and its seal; the next frame shows what came since",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "quiet");
      // A door may leave out what there is nothing to say of.
      const shown = all.filter(({ html }) => html !== "");
      expect(steps(shown)).toEqual(["1", "3", "3"]);
      expect(all.filter(({ html }) => html === "").map(({ state }) => state)).toEqual(all.length === 4 ? [""] : []);
      expect((await stage.send(shown[0] as StreamFrame, "plain")).status).toBe(200);
    },
  },
  {
    id: "T5.10",
    must: "instances that a frame refreshes come with that frame, and with no other",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "ring");
      expect(all.map(({ partials }) => partials.map(({ target, html }) => [target, outputIn({ html })]))).toEqual([
        [["c-bell", "1"]],
        [["c-bell", "2"]],
        [],
      ]);
    },
  },
  {
    id: "T5.11",
    must: "DOM events that a handler dispatches on its way are dispatched once, with the end of the stream",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allFrames(stage, await stage.mount("teller"), "announce");
      expect(all.map(({ trigger }) => trigger)).toEqual([{}, {}, { "told:first": { n: 1 }, "told:second": {} }]);
    },
  },
  {
    id: "T5.12",
    must: "stored state goes from frame to frame, and its newest reference works afterwards",
    async run(open) {
      const stage = await openTeller(open, { storage: "store" });
      const teller = await stage.mount("teller");
      const all = await allFrames(stage, teller, "tell", { count: 3 });
      expect(steps(all)).toEqual(["1", "2", "3", "3"]);
      const last = all.at(-1) as StreamFrame;
      expect(textIn(await stage.send(last, "echo", { text: "after" }), "p")).toBe("after");
      expect((await stage.send(teller, "plain")).code).toBe("state_conflict");
    },
  },
  {
    id: "T5.13",
    must: "stored state that another event changed ends the stream with an error, and is not written over",
    async run(open) {
      const stage = await openTeller(open, { storage: "store" });
      const stream = stage.stream(await stage.mount("teller"), "wait");
      const first = await stream.next();
      const other = await stage.send(first.value as StreamFrame, "echo", { text: "other" });
      expect(other.status).toBe(200);
      stage.journal.gate.open();
      const end = (await stream.next()).value as StreamFrame;
      expect([end.code, end.stream_done]).toEqual(["state_conflict", true]);
      expect(textIn(await stage.send(other, "plain"), "p")).toBe("other");
    },
  },
  {
    id: "T5.14",
    must: "children of an instance that streams keep their state; new ones come whole, once",
    async run(open) {
      const stage = await openTeller(open);
      const chapter = await stage.mount("chapter");
      const written = await allFrames(stage, chapter, "write");
      expect(written.map(({ html }) => load(html)("#c-chapter__desk0[data-keep]").length)).toEqual([1, 1, 1, 1]);
      const added = await allFrames(stage, written.at(-1) as StreamFrame, "add");
      const kept = added.map(({ html }) => [1, 2].map((n) => load(html)(`#c-chapter__desk${n}`).is("[data-keep]")));
      const there = added.map(({ html }) => load(html)('section[id^="c-chapter__desk"]').length);
      expect(there).toEqual([2, 3, 3]);
      expect(kept).toEqual([
        [false, false],
        [true, false],
        [true, true],
      ]);
    },
  },
];

export const streams: Chapter = {
  every: [...frames, ...streamRefusals, ...streamFailures, ...streamIntents],
  http: [...streamAnswers, ...streamEndings],
};
