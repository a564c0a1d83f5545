import { load } from "cheerio";
import { IsStaff } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { expect } from "vitest";
import { messagesIn } from "../support/form-html.js";
import type { Audit } from "./audit.js";
import { textIn } from "./html.js";
import type { HttpStage } from "./stage.js";
import { allMessages, NEWLINES, openTeller, post } from "./stream-stage.js";

const JSON_STREAM = { Accept: "application/json, text/event-stream", "HX-Request": "false" } as const;

const shapes: Audit<HttpStage>[] = [
  {
    id: "T5.50",
    must: "a stream is an event stream that nothing on the way may keep or change",
    async run(open) {
      const stage = await openTeller(open);
      const answer = await post(stage, "tell", { count: "1" });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        vary: "HX-Request, HX-Request-Type, Accept",
      });
      expect(answer.headers["hydrant-stream"]).toMatch(/^abort [\w-]+$/);
      expect(answer.headers["content-length"]).toBeUndefined();
      await answer.body;
    },
  },
  {
    id: "T5.51",
    must: "unnamed messages are full roots, each with an id that grows; exactly one named event follows, component:done",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allMessages(await post(stage, "tell", { count: "3" }));
      expect(all.map(({ event, id }) => [event, id])).toEqual([
        [undefined, "1"],
        [undefined, "2"],
        [undefined, "3"],
        [undefined, "4"],
        ["component:done", "4"],
      ]);
      const roots = all.slice(0, -1).map(({ data }) => load(data, null, false).root().children());
      expect(roots.map((root) => [root.length, root.attr("id")])).toEqual(Array(4).fill([1, "c-teller"]));
      expect(JSON.parse(all[4]?.data ?? "")).toEqual({ trigger: {} });
    },
  },
  {
    id: "T5.52",
    must: "a frame is on its way as soon as the handler yields",
    async run(open) {
      const stage = await openTeller(open);
      const answer = await post(stage, "wait");
      await expect.poll(() => answer.events.map(({ data }) => textIn({ html: data }, "output"))).toEqual(["1"]);
      expect(answer.isClosed).toBe(false);
      stage.journal.gate.open();
      expect(await allMessages(answer)).toHaveLength(3);
    },
  },
  {
    id: "T5.53",
    must: "a piece is a partial for the end of its place",
    async run(open) {
      const all = await allMessages(await post(await openTeller(open), "pieces", { text: "a <b>" }));
      expect(all.map(({ event, data }) => event ?? data)).toEqual([
        '<hx-partial hx-target="#c-teller--text" hx-swap="beforeend">a &lt;b&gt;</hx-partial>',
        '<hx-partial hx-target="#c-teller--text" hx-swap="beforeend">!</hx-partial>',
        expect.stringMatching(/^<section id="c-teller" [\s\S]*<\/section>$/),
        "component:done",
      ]);
    },
  },
  {
    id: "T5.54",
    must: "refreshed instances follow the root of their frame as flat partials; a removed one is a partial that deletes it",
    async run(open) {
      const stage = await openTeller(open);
      const [first] = await allMessages(await post(stage, "ring"));
      expect(first?.data).toMatch(
        /^<section id="c-teller" [\s\S]*<\/section><hx-partial hx-target="#c-bell" hx-swap="outerMorph"><div id="c-bell" [\s\S]*<\/div><\/hx-partial>$/,
      );
      const all = await allMessages(await post(stage, "leave"));
      expect(all.slice(1).map(({ event, data }) => event ?? data)).toEqual([
        '<hx-partial hx-target="#c-teller" hx-swap="delete"></hx-partial>',
        "component:done",
      ]);
    },
  },
  {
    id: "T5.55",
    must: "a redirect is the one named event, component:redirect, with the path",
    async run(open) {
      const all = await allMessages(await post(await openTeller(open), "go"));
      expect(all.map(({ event }) => event)).toEqual([undefined, "component:redirect"]);
      expect([all[1]?.data, all[1]?.id]).toEqual(["/next", "2"]);
    },
  },
  {
    id: "T5.56",
    must: "an error is the error partial in a message, then the one named event, component:error, with code and id",
    async run(open) {
      const stage = await openTeller(open);
      for (const after of [2, 0]) {
        const all = await allMessages(await post(stage, "fail", { after: String(after) }));
        expect(all.map(({ event }) => event)).toEqual([...Array(after + 1).fill(undefined), "component:error"]);
        expect(all.at(-2)?.data).toMatch(
          /^<hx-partial hx-target="#c-teller \[data-component-error\]" hx-swap="innerHTML"><p role="alert" data-code="internal" data-error-id="[a-z0-9]+">[^<>]+<\/p><\/hx-partial>$/,
        );
        const { code, message, id } = JSON.parse(all.at(-1)?.data ?? "") as Record<string, string>;
        expect([code, message?.includes("swordfish")]).toEqual(["internal", false]);
        expect(all.at(-2)?.data).toContain(`data-error-id="${id}"`);
        expect(stage.log.at("error").some(({ fields }) => fields.id === id)).toBe(true);
      }
    },
  },
  {
    id: "T5.57",
    must: "component:done says what the page does beside: an address for its bar, DOM events",
    async run(open) {
      const all = await allMessages(await post(await openTeller(open), "announce"));
      expect(all.map(({ event }) => event)).toEqual([undefined, undefined, undefined, "component:done"]);
      expect(JSON.parse(all[3]?.data ?? "")).toEqual({
        push_url: "/told",
        trigger: { "told:first": { n: 1 }, "told:second": {} },
      });
    },
  },
  {
    id: "T5.65",
    must: "what a handler finds wrong is a full root with the messages, then component:done, which names the code",
    async run(open) {
      const stage = await openTeller(open);
      const { state } = await stage.mount("signup");
      const fields = { state, name: "Adam", secret: "x", frames: "1" };
      const all = await allMessages(await post(stage, "submit", fields, {}, "signup"));
      expect(all.map(({ event, id }) => [event, id])).toEqual([
        [undefined, "1"],
        [undefined, "2"],
        ["component:done", "2"],
      ]);
      expect(messagesIn(all[1]?.data ?? "")).toEqual({ name: ["Somebody has this name"] });
      expect(JSON.parse(all[2]?.data ?? "")).toEqual({ trigger: {}, code: "invalid" });
    },
  },
  {
    id: "T5.58",
    must: "callers of the JSON interface get frames with html, state, component_id, slots and stream_done",
    async run(open) {
      const stage = await openTeller(open);
      const all = await allMessages(await post(stage, "tell", { count: "1" }, JSON_STREAM));
      const frames = all.slice(0, -1).map(({ data }) => JSON.parse(data) as Record<string, unknown>);
      for (const frame of frames) {
        expect(Object.keys(frame)).toEqual(["html", "state", "component_id", "slots", "stream_done", "effects"]);
        expect(frame.html).toContain(`${frame.state}`);
      }
      expect(frames.map(({ stream_done }) => stream_done)).toEqual([false, true]);
      expect(all.map(({ event, id }) => [event, id])).toEqual([
        [undefined, "1"],
        [undefined, "2"],
        ["component:done", "2"],
      ]);
      const failed = await allMessages(await post(stage, "fail", { after: "1" }, JSON_STREAM));
      expect(failed.map(({ event }) => event)).toEqual([undefined, "component:error"]);
    },
  },
  {
    id: "T5.59",
    must: "newlines of every kind in content are, in the parsed page, what they were, in text and in attributes",
    async run(open) {
      const stage = await openTeller(open);
      const [root] = await allMessages(await post(stage, "echo", { text: NEWLINES }));
      const shown = load(root?.data ?? "")("p");
      expect([shown.text(), shown.attr("title")]).toEqual([NEWLINES, NEWLINES]);
      const [piece] = await allMessages(await post(stage, "pieces", { text: NEWLINES }));
      expect(load(piece?.data ?? "")("hx-partial").text()).toBe(NEWLINES);
      const [frame] = await allMessages(await post(stage, "pieces", { text: NEWLINES }, JSON_STREAM));
      expect(JSON.parse(frame?.data ?? "")).toMatchObject({ html: NEWLINES });
    },
  },
  {
    id: "T5.60",
    must: "content cannot write messages of its own",
    async run(open) {
      const stage = await openTeller(open);
      const text = "x\n\nevent: component:done\ndata: {}\n\rid: 99\r\rdata: y\r\n\r\nretry: 1\n\n: comment\n\n";
      for (const headers of [{}, JSON_STREAM]) {
        const answer = await post(stage, "echo", { text }, headers);
        const all = await allMessages(answer);
        expect(all.map(({ event, id }) => [event, id])).toEqual([
          [undefined, "1"],
          [undefined, "2"],
          ["component:done", "2"],
        ]);
        expect(answer.comments).toEqual([]);
      }
    },
  },
];

const ordinary: Audit<HttpStage>[] = [
  {
    id: "T5.61",
    must: "without text/event-stream in Accept the handler runs to its end and its last render is the answer",
    async run(open) {
      const stage = await openTeller(open);
      for (const Accept of ["text/html", "*/*", "application/json"]) {
        const answer = await post(stage, "tell", { count: "3" }, { Accept });
        expect([answer.status, answer.headers["hydrant-stream"]]).toEqual([200, undefined]);
        expect(answer.headers["content-type"]).not.toContain("event-stream");
        expect(await answer.body).toContain("the end");
      }
    },
  },
  {
    id: "T5.62",
    must: "what is refused before the first frame is an answer as ever, with its status, and no stream",
    async run(open) {
      const stage = await openTeller(
        open,
        { eventLimits: { quiet: "1/min" } },
        { limitStore: memoryLimitStore(), limits: { bodyBytes: 4000 } },
      );
      const guarded = await openTeller(open, { permissions: IsStaff });
      const { state } = await stage.mount("teller");
      await (await post(stage, "quiet", { state })).body;
      const answers = [
        await post(stage, "nothing", { state }),
        await post(stage, "tell", { state: "x", count: "1" }),
        await post(stage, "tell", { state, count: "99" }),
        await post(stage, "tell", { state, text: "x".repeat(5000) }),
        await post(stage, "tell", { state }, { "Content-Type": "text/plain" }),
        await post(stage, "quiet", { state }),
        await post(guarded, "tell", { state, count: "1" }),
        await post(stage, "tell", { state, count: "1" }, { "Sec-Fetch-Site": "cross-site" }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 400, 422, 413, 415, 429, 403, 403]);
      for (const { headers } of answers) {
        expect([headers["content-type"], headers["hydrant-stream"]]).toEqual(["text/html; charset=utf-8", undefined]);
      }
      const got = await stage.http.request({
        path: `${stage.prefix}/teller/tell`,
        headers: { "x-user": "ann", Accept: "text/event-stream" },
      });
      expect([got.status, got.headers.allow]).toEqual([405, "POST"]);
      expect(stage.journal.ran).toEqual([]);
    },
  },
];

const heartbeat: Audit<HttpStage>[] = [
  {
    id: "T5.63",
    must: "a comment every 15 seconds shows that the connection lives, however many streams there were before",
    async run(open) {
      const stage = await openTeller(open);
      for (let n = 0; n < 5; n++) await (await post(stage, "tell", { count: "1" })).body;
      stage.clock.advance(1);
      const answers = [await post(stage, "wait"), await post(stage, "wait")];
      for (const answer of answers) await expect.poll(() => answer.events).toHaveLength(1);
      for (const count of [1, 2, 3]) {
        stage.clock.advance(15_000);
        for (const { comments } of answers) await expect.poll(() => comments.length).toBeGreaterThanOrEqual(count);
      }
      stage.journal.gate.open();
      for (const answer of answers) {
        expect((await allMessages(answer)).map(({ event }) => event)).toEqual([undefined, undefined, "component:done"]);
        expect(answer.comments).toEqual(["ping", "ping", "ping"]);
      }
      // Where nothing is open no timer runs on.
      stage.clock.advance(15_000);
      expect(stage.clock.pending()).toBe(0);
    },
  },
  {
    id: "T5.64",
    must: "a stream that is cut has no closing event",
    async run(open) {
      const stage = await openTeller(open);
      const answer = await post(stage, "wait");
      await expect.poll(() => answer.events).toHaveLength(1);
      await stage.http.close();
      expect((await allMessages(answer)).map(({ event }) => event)).toEqual([undefined]);
    },
  },
];

/** What a stream looks like on HTTP. */
export const streamAnswers: readonly Audit<HttpStage>[] = [...shapes, ...ordinary, ...heartbeat];
