import { load } from "cheerio";
import { memoryTopicLog } from "hydrant";
import { html } from "hydrant/tagged";
import { expect } from "vitest";
import { breakingLog } from "../support/breaking-log.js";
import type { Audit } from "./audit.js";
import { from, pagePath } from "./koa-door.js";
import {
  flush,
  greeting,
  HALL,
  live,
  messages,
  openPage,
  openTicker,
  partialIn,
  partialsIn,
  post,
  told,
  watch,
} from "./live-stage.js";
import type { HttpStage } from "./stage.js";

const CURSOR = /^\S+$/;

/** What a page is sent. */
export const liveMessages: Audit<HttpStage>[] = [
  {
    id: "V5.20",
    must: "GET {prefix}/_live answers an event stream that nothing on the way may keep or change, and greets it",
    async run(open) {
      const stage = await openTicker(open);
      const { held, cursor } = await openPage(stage, "ticker");
      const answer = await live(stage, { instances: [held], cursor });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        vary: "HX-Request, HX-Request-Type, Accept",
      });
      expect(answer.headers["set-cookie"]).toBeUndefined();
      const { connection, refused, ...greeted } = await greeting(answer);
      expect(connection).toMatch(/^[a-z2-7]{26}$/);
      expect([greeted.cursor, refused]).toEqual([cursor, []]);
      expect(answer.received()).toMatch(/^retry: 1000\n\n/);
      answer.leave();
    },
  },
  {
    id: "V5.21",
    must: "updates are partials only: the root of the instance, the render it was made from, and a seal that works",
    async run(open) {
      const stage = await openTicker(open);
      const { held, answer } = await watch(stage);
      await stage.server.publish(HALL, "news");
      await flush(stage);
      const [message] = await told(answer, 1);
      expect(message?.data).toMatch(/^<hx-partial [^>]*>[\s\S]*<\/hx-partial>$/);
      const partial = partialIn(message);
      expect(partial).toMatchObject({ target: "#c-ticker", swap: "outerMorph", id: "c-ticker", told: "news" });
      expect(partial.base).toBe(held.state.slice(-16));
      expect(partial.rev).toBeGreaterThan(Number(load(held.html)("section").attr("data-rev")));
      expect((await stage.send({ ...held, state: partial.state }, "add")).status).toBe(200);
      answer.leave();
    },
  },
  {
    id: "V5.22",
    must: "the cursor in the head of a page is taken before it is rendered: what happens until it subscribes is replayed",
    async run(open) {
      const stage = await openTicker(open, {
        beforeRender: async ({ id }) => {
          if (id === "c-ticker" && stage.journal.ran.length === 0) await stage.server.publish(HALL, "while rendering");
        },
      });
      const page = await openPage(stage, "ticker");
      await stage.server.publish(HALL, "before subscribing");
      const answer = await live(stage, { instances: [page.held], cursor: page.cursor });
      await greeting(answer);
      await flush(stage);
      const [message] = await told(answer, 1);
      expect([partialIn(message).told, stage.journal.ran]).toEqual([
        "before subscribing",
        ["changed before subscribing"],
      ]);
      answer.leave();
      // Also where the last thing that happened was while it was rendered.
      stage.journal.ran.length = 0;
      const second = await openPage(stage, "ticker");
      const again = await live(stage, { instances: [second.held], cursor: second.cursor });
      await greeting(again);
      await flush(stage);
      expect(partialIn((await told(again, 1))[0]).told).toBe("while rendering");
      again.leave();
    },
  },
  {
    id: "V5.23",
    must: "messages have ids one can go on from, by Last-Event-ID or by the cursor in the address; the first wins",
    async run(open) {
      const stage = await openTicker(open);
      const { held, cursor, answer } = await watch(stage);
      for (const text of ["one", "two"]) {
        await stage.server.publish(HALL, text);
        await flush(stage);
      }
      const ids = (await told(answer, 2)).map(({ id }) => id ?? "");
      expect(ids.every((id) => CURSOR.test(id))).toBe(true);
      expect(new Set([cursor, ...ids]).size).toBe(3);
      answer.leave();
      const instances = [held];
      const expected = [
        [{ instances, cursor: ids[0] ?? "" }, {}, ["two"]],
        [{ instances }, { "Last-Event-ID": ids[0] ?? "" }, ["two"]],
        [{ instances, cursor }, { "Last-Event-ID": ids[1] ?? "" }, []],
        [{ instances, cursor: ids[1] ?? "" }, { "Last-Event-ID": cursor }, ["two"]],
      ] as const;
      for (const [ask, headers, texts] of expected) {
        const again = await live(stage, ask, "ann", headers);
        await greeting(again);
        await flush(stage);
        expect((await told(again, texts.length)).map((message) => partialIn(message).told)).toEqual(texts);
        again.leave();
      }
    },
  },
  {
    id: "V5.24",
    must: "what history no longer holds is announced as resync, and the instances concerned are rendered again",
    async run(open) {
      const stage = await openTicker(open);
      const { held, cursor } = await openPage(stage, "ticker");
      for (let n = 0; n < 25_000; n++) await stage.server.publish("elsewhere", n);
      const answer = await live(stage, { instances: [held], cursor });
      await greeting(answer);
      await flush(stage);
      const [resync, update] = await told(answer, 2);
      expect([resync?.event, JSON.parse(resync?.data ?? "")]).toEqual([
        "resync",
        { page: "", instances: ["c-ticker"] },
      ]);
      expect(partialIn(update).id).toBe("c-ticker");
      answer.leave();
      const again = await live(stage, { instances: [held], cursor: update?.id ?? "" });
      await greeting(again);
      await flush(stage);
      await told(again, 0);
      again.leave();
    },
  },
  {
    id: "V5.25",
    must: "a cursor that is forged, foreign, ancient or of the future is answered by resync, and never a failure",
    async run(open) {
      const stage = await openTicker(open);
      const stranger = await openTicker(open);
      await stranger.server.publish(HALL, "x");
      await stage.server.publish(HALL, "x");
      const { held, cursor } = await openPage(stage, "ticker");
      const forged = [
        "",
        "x",
        "0-0",
        `${cursor}0`,
        "zzzzzzzz-99999999",
        (await openPage(stranger, "ticker")).cursor.replace(/.$/, "_"),
        "*",
        "__proto__",
        "constructor",
        "'; DROP TABLE topics",
        "a\nid: b\n\ndata: x",
        "\u0000\u2028😀",
        "x".repeat(5_000),
      ];
      for (const one of forged) {
        const answer = await live(stage, { instances: [held], cursor: one });
        expect([one, answer.status]).toEqual([one, 200]);
        expect((await greeting(answer)).cursor).toBe(one);
        await flush(stage);
        const [resync, update] = await told(answer, 2);
        expect([resync?.event, partialIn(update).id]).toEqual(["resync", "c-ticker"]);
        answer.leave();
      }
      const shared = await live(stage, { isShared: true });
      const { connection } = await greeting(shared);
      const subscribe = [{ component: "ticker", state: held.state }];
      for (const [n, one] of forged.entries()) {
        await post(stage, { connection, page: `${n}`, cursor: one, subscribe });
        await flush(stage);
        expect((await told(shared, 2 * (n + 1))).slice(-2).map(({ event }) => event)).toEqual(["resync", "page"]);
      }
      shared.leave();
      for (const header of ["x", "0-0", "*", "\u00e9", "x".repeat(5_000)]) {
        const answer = await live(stage, { instances: [held] }, "ann", { "Last-Event-ID": header });
        await greeting(answer);
        await flush(stage);
        expect((await told(answer, 2)).map(({ event }) => event)).toEqual(["resync", undefined]);
        answer.leave();
      }
      expect(stage.log.at("error")).toEqual([]);
    },
  },
  {
    id: "V5.26",
    must: "many changes in a moment are one update with the last of them",
    async run(open) {
      const stage = await openTicker(open);
      const { answer } = await watch(stage);
      for (let n = 0; n < 100; n++) await stage.server.publish(HALL, n);
      await flush(stage);
      expect((await told(answer, 1)).map((message) => partialIn(message).told)).toEqual(["99"]);
      answer.leave();
    },
  },
  {
    id: "V5.27",
    must: "a piece goes to the end of its place with the same bytes for everybody",
    async run(open) {
      const stage = await openTicker(open);
      const pages = [await watch(stage), await watch(stage), await watch(stage, "ticker", "bob")];
      await stage.server.append(HALL, "log", html`<li id="m1">${"a <b> & c"}</li>`);
      const all = [];
      for (const { answer } of pages) {
        const [message] = await told(answer, 1);
        expect(partialIn(message)).toMatchObject({ target: "#c-ticker--log", swap: "beforeend" });
        all.push(`${message?.id} ${message?.data}`);
        answer.leave();
      }
      expect(new Set(all).size).toBe(1);
      expect(all[0]).toContain('<li id="m1">a &lt;b&gt; &amp; c</li>');
    },
  },
  {
    id: "V5.28",
    must: "newlines of every kind arrive as they left",
    async run(open) {
      const stage = await openTicker(open);
      const { answer } = await watch(stage);
      const text = "\n one\ntwo\r\nthree\rfour\u2028five\u2029six\u0085\n\n  seven\r\r\n\r";
      await stage.server.append(HALL, "log", text);
      await stage.server.publish(HALL, text);
      await flush(stage);
      const [piece, update] = await told(answer, 2);
      expect(load(piece?.data ?? "", null, false)("hx-partial").text()).toBe(text);
      const root = load(update?.data ?? "", null, false)("p");
      expect([root.text(), root.attr("title")]).toEqual([text, text]);
      answer.leave();
    },
  },
  {
    id: "V5.29",
    must: "a heartbeat comes every 15 seconds, and with it the position of a page that has everything",
    async run(open) {
      const stage = await openTicker(open);
      const { answer } = await watch(stage);
      await stage.server.publish("elsewhere", 1);
      stage.clock.advance(14_999);
      await messages(answer, 1);
      expect(answer.comments).toEqual([]);
      stage.clock.advance(1);
      await expect.poll(() => answer.received()).toContain(`: ping\n\nid: ${stage.server.live.position()}\n\n`);
      stage.clock.advance(15_000);
      await expect.poll(() => answer.comments.length).toBe(2);
      // With something still to be shown a page may not go on from here.
      const before = answer.received().length;
      await stage.server.publish(HALL, 1);
      stage.clock.advance(15_000);
      await expect.poll(() => answer.events.length).toBe(2);
      expect(answer.received().slice(before)).toMatch(/^: ping\n\n(?!id: \S+\n\n)/);
      answer.leave();
    },
  },
  {
    id: "V5.30",
    must: "an instance that failed says so in its error place, with an id that finds the one line in the log, and no detail",
    async run(open) {
      let isBroken = false;
      const stage = await openTicker(open, {
        beforeRender: () => {
          if (isBroken) throw new Error("the secret is swordfish");
        },
      });
      const { answer } = await watch(stage);
      isBroken = true;
      await stage.server.publish(HALL, "x");
      await flush(stage);
      const [message] = await told(answer, 1);
      expect(partialIn(message)).toMatchObject({ target: "#c-ticker [data-component-error]", swap: "innerHTML" });
      const alert = load(message?.data ?? "")("[role=alert]");
      expect(alert.attr("data-code")).toBe("internal");
      expect(answer.received()).not.toContain("swordfish");
      const lines = stage.log.at("error");
      expect(lines.map(({ fields }) => fields)).toMatchObject([
        { id: alert.attr("data-error-id"), instance: "c-ticker", code: "internal" },
      ]);
      isBroken = false;
      await stage.server.publish(HALL, "again");
      await flush(stage);
      expect(partialIn((await told(answer, 2))[1]).told).toBe("again");
      answer.leave();
    },
  },
  {
    id: "V5.31",
    must: "an instance that removed itself is taken off the page",
    async run(open) {
      const stage = await openTicker(open, { changed: (_change, leave) => leave() });
      const { answer } = await watch(stage);
      await stage.server.publish(HALL, "x");
      await flush(stage);
      const [message] = await told(answer, 1);
      expect(message?.data).toBe('<hx-partial hx-target="#c-ticker" hx-swap="delete"></hx-partial>');
      answer.leave();
    },
  },
  {
    id: "V5.32",
    must: "whether other nodes are heard is said, and again when it changes",
    async run(open) {
      const topicLog = breakingLog(memoryTopicLog());
      const stage = await openTicker(open, {}, { topicLog });
      const { answer } = await watch(stage);
      topicLog.cut();
      const late = await watch(stage);
      topicLog.mend();
      for (const one of [answer, late.answer]) {
        expect((await told(one, 2)).map(({ event }) => event)).toEqual(["stale", "current"]);
        one.leave();
      }
    },
  },
  {
    id: "V5.33",
    must: "a page has the address in its head where components are live, and each person's updates are their own",
    async run(open) {
      const stage = await openTicker(open);
      const people = ["ann", "bob", ""];
      const pages = [];
      for (const user of people) pages.push(await watch(stage, "ticker", user));
      await stage.server.publish(HALL, "to all");
      await flush(stage);
      const seals = [];
      for (const { answer } of pages) {
        seals.push(partialIn((await told(answer, 1))[0]).state);
        answer.leave();
      }
      for (const [n, user] of people.entries()) {
        const to = { component: "ticker", component_id: "c-ticker" };
        const statuses = [];
        for (const state of seals) statuses.push((await stage.send({ ...to, state }, "add", {}, { user })).status);
        expect(statuses).toEqual(people.map((_one, at) => (at === n ? 200 : 400)));
      }
      const plain = await open();
      const page = await plain.http.request({ path: pagePath([{ name: "desk" }]), headers: from("ann") });
      expect(load(page.body)('meta[name="hydrant-live"]').length).toBe(0);
    },
  },
  {
    id: "V5.34",
    must: "a connection for several pages names the page before the partials, and each page may come, change and leave by a POST",
    async run(open) {
      const stage = await openTicker(open);
      const pages = [await openPage(stage, "ticker"), await openPage(stage, "other")];
      const answer = await live(stage, { isShared: true });
      const { connection } = await greeting(answer);
      await stage.server.publish(HALL, "before");
      for (const [n, { held, cursor }] of pages.entries()) {
        const subscribe = [{ component: held.component, state: held.state }];
        const posted = await post(stage, { connection, page: `tab ${n}`, cursor, subscribe });
        expect([posted.status, JSON.parse(posted.body)]).toEqual([200, { refused: [] }]);
      }
      await flush(stage);
      const seen = (await told(answer, 2)).map(({ event, data }) => {
        const [page, ...lines] = data.split("\n");
        return [event, page, partialsIn(lines.join("\n")).map(({ id, told: text }) => `${id} ${text}`)];
      });
      expect(seen).toEqual([
        ["page", "tab 0", ["c-ticker before"]],
        ["page", "tab 1", ["c-other before"]],
      ]);
      await post(stage, { connection, page: "tab 0", leave: true });
      await post(stage, { connection, page: "tab 1", unsubscribe: ["c-ticker", "c-nobody"] });
      await stage.server.append(HALL, "log", "a piece");
      expect((await told(answer, 3))[2]?.data).toMatch(/^tab 1\n<hx-partial hx-target="#c-other--log"/);
      answer.leave();
    },
  },
  {
    id: "V5.35",
    must: "a node that stops tells pages when to connect again, spread over some seconds, and takes no new ones",
    async run(open) {
      const stage = await openTicker(open);
      const pages = [];
      for (let n = 0; n < 8; n++) pages.push(await watch(stage));
      await stage.server.drain();
      const waits = [];
      for (const { answer } of pages) {
        const text = await answer.body;
        expect(text).not.toContain("component:closed");
        waits.push(Number(/retry: (\d+)\n\n$/.exec(text)?.[1]));
      }
      expect(waits.every((ms) => ms >= 0 && ms <= 5_000)).toBe(true);
      expect(new Set(waits).size).toBeGreaterThan(1);
      const refused = await live(stage, { instances: [pages[0]?.held ?? (await stage.mount("ticker"))] });
      expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
      refused.leave();
    },
  },
];
