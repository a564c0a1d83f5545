import { load } from "cheerio";
import { BasePermission, HydrantError, IsAuthenticated, IsStaff, type PermissionRequest } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { expect } from "vitest";
import type { RawAnswer } from "../support/http.js";
import type { Audit, Open } from "./audit.js";
import { IsInRoom, type TickerOptions, tickerClass } from "./fixtures/live.js";
import { from } from "./koa-door.js";
import { addressOf, ask, flush, greeting, HALL, live, openTicker, partialIn, post, told, watch } from "./live-stage.js";
import { ticketIn } from "./requests.js";
import type { HttpStage, People } from "./stage.js";

const JSON_TYPE = "application/json";
/** Milliseconds within which a right that was lost must have its effect. */
const SOON_MS = 5_000;

const codeIn = ({ body }: RawAnswer): string | undefined => load(body)("[data-code]").attr("data-code");

/** A stage whose ticker lets only some in, and one where everybody gets a seal of the same key. */
async function openGuarded(open: Open<HttpStage>, more: TickerOptions, people: People = {}) {
  return { stage: await openTicker(open, more, { people }), before: await openTicker(open) };
}

/** Time passes, and everything that is due happens. */
async function pass(stage: HttpStage, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 250) {
    stage.clock.advance(250);
    await flush(stage);
  }
}

const rights: Audit<HttpStage>[] = [
  {
    id: "V5.40",
    must: "who may not see an instance gets an ordinary refusal and no stream: 401, 403, and the same 404 for every unknown name",
    async run(open) {
      const { stage, before } = await openGuarded(open, { permissions: IsStaff });
      for (const [user, status, code] of [
        ["ann", 403, "forbidden"],
        ["", 401, "unauthenticated"],
      ] as const) {
        const { state } = await before.mount("ticker", {}, user);
        const answer = await ask(stage, { instances: [{ component: "ticker", state }] }, user);
        expect([answer.status, answer.headers["content-type"], codeIn(answer)]).toEqual([
          status,
          "text/html; charset=utf-8",
          code,
        ]);
      }
      const { state } = await before.mount("ticker");
      const unknown = ["nobody", "*", "", "__proto__", "constructor", "Ticker", "a/b", "../ticker", "x".repeat(300)];
      const answers = [];
      for (const component of unknown) answers.push(await ask(stage, { instances: [{ component, state }] }));
      expect(answers.map(({ status }) => status)).toEqual(unknown.map(() => 404));
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "V5.41",
    must: "a seal that is not genuine, or of somebody else, another component, another purpose, gets one answer of one length",
    async run(open) {
      const stage = await openTicker(open);
      const stranger = await openTicker(open, {}, { keys: ["another-key-5tG7hJ2kL9zX4cV8bN1mQ6w"] });
      const { state } = await stage.mount("ticker");
      const flipped = `${state.slice(0, 40)}${state[40] === "A" ? "B" : "A"}${state.slice(41)}`;
      const seals = [
        flipped,
        "",
        "x",
        "A".repeat(10_000),
        state.slice(1),
        `${state}A`,
        (await stage.mount("ticker", {}, "bob")).state,
        (await stage.mount("ticker", {}, "")).state,
        (await stage.mount("other")).state,
        (await stranger.mount("ticker")).state,
        ticketIn((await stage.mount("shelf")).html),
      ];
      const answers = [];
      for (const one of seals) answers.push(await ask(stage, { instances: [{ component: "ticker", state: one }] }));
      const said = answers.map(({ status, body }) => [status, body.replace(/data-error-id="[^"]+"/, ""), body.length]);
      expect(new Set(said.map(String)).size).toBe(1);
      expect([said[0]?.[0], codeIn(answers[0] as RawAnswer)]).toEqual([400, "state_invalid"]);
    },
  },
  {
    id: "V5.42",
    must: "of several instances those that are refused are named in the greeting, and the others are told of",
    async run(open) {
      const stage = await openTicker(open);
      const own = await stage.mount("ticker");
      const foreign = await stage.mount("other", {}, "bob");
      const answer = await live(stage, { instances: [own, foreign, { component: "nobody", state: "x" }] });
      const { refused } = await greeting(answer);
      expect(refused.map(({ component, code }) => [component, code])).toEqual([
        ["other", "state_invalid"],
        ["nobody", "not_found"],
      ]);
      await stage.server.publish(HALL, "x");
      await flush(stage);
      expect(partialIn((await told(answer, 1))[0]).id).toBe("c-ticker");
      answer.leave();
    },
  },
  {
    id: "V5.43",
    must: "a POST answers which subscriptions it refused and why, and makes the others",
    async run(open) {
      const { stage, before } = await openGuarded(open, { permissions: IsStaff }, { staff: { isStaff: true } });
      const answer = await live(stage, { isShared: true }, "staff");
      const { connection } = await greeting(answer);
      const good = await before.mount("ticker", {}, "staff");
      const foreign = await before.mount("other", {}, "ann");
      const subscribe = [good, foreign, { component: "*", state: good.state }].map(({ component, state }) => ({
        component,
        state,
      }));
      const posted = await post(stage, { connection, page: "p", subscribe }, "staff");
      expect(posted.status).toBe(200);
      const { refused } = JSON.parse(posted.body) as { refused: object[] };
      expect(refused.map((one) => Object.keys(one))).toEqual(refused.map(() => ["component", "code", "message", "id"]));
      expect(refused).toMatchObject([
        { component: "other", code: "state_invalid" },
        { component: "*", code: "not_found" },
      ]);
      await stage.server.publish(HALL, "x");
      await flush(stage);
      expect((await told(answer, 1))[0]?.data).toContain('hx-target="#c-ticker"');
      answer.leave();
    },
  },
  {
    id: "V5.44",
    must: "permission is asked again at delivery: who lost it gets the refusal, nothing of the content, and the rest goes on",
    async run(open) {
      const members = new Set(["ann"]);
      class IsMember extends BasePermission {
        override hasObjectPermission({ caller }: PermissionRequest) {
          return members.has(String(caller.user?.id));
        }
      }
      const stage = await open({
        also: (journal) => ({
          ticker: tickerClass(journal, { permissions: IsMember }),
          other: tickerClass(journal),
        }),
      });
      const own = await stage.mount("ticker");
      const other = await stage.mount("other");
      const answer = await live(stage, { instances: [own, other] });
      await greeting(answer);
      members.clear();
      await stage.server.publish(HALL, "secret");
      await flush(stage);
      const [refusal, update] = await told(answer, 2);
      expect(partialIn(refusal).target).toBe("#c-ticker [data-component-error]");
      expect(load(refusal?.data ?? "")("[role=alert]").attr("data-code")).toBe("forbidden");
      expect([refusal?.data.includes("secret"), partialIn(update).id]).toEqual([false, "c-other"]);
      await stage.server.append(HALL, "log", "more");
      expect((await told(answer, 3))[2]?.data).toContain("#c-other--log");
      answer.leave();
    },
  },
  {
    id: "V5.45",
    must: "a change of rights closes the connection within five seconds, also where nothing is published",
    async run(open) {
      for (const [more, later] of [
        [{ permissions: IsStaff }, {}],
        [{ permissions: IsInRoom }, { isStaff: true }],
      ] as const) {
        const people: People = { ann: { isStaff: true, permissions: ["hall"] } };
        const stage = await openTicker(open, more, { people });
        const { answer } = await watch(stage);
        await pass(stage, SOON_MS * 2);
        expect(answer.isClosed).toBe(false);
        people.ann = later;
        await pass(stage, SOON_MS);
        await answer.body;
        const last = answer.events.at(-1);
        expect([last?.event, JSON.parse(last?.data ?? "")]).toEqual(["component:closed", { code: "forbidden" }]);
        await stage.server.publish(HALL, "secret");
        await flush(stage);
        expect(answer.received()).not.toContain("secret");
      }
    },
  },
  {
    id: "V5.46",
    must: "a connection for several pages is not over when one of them may see nothing any more",
    async run(open) {
      const people: People = { ann: { isStaff: true } };
      const stage = await openTicker(open, { permissions: IsStaff }, { people });
      const { state } = await stage.mount("ticker");
      const answer = await live(stage, { isShared: true });
      const { connection } = await greeting(answer);
      await post(stage, { connection, page: "p", subscribe: [{ component: "ticker", state }] });
      people.ann = {};
      await pass(stage, SOON_MS);
      expect(answer.events.map(({ event }) => event)).toEqual(["connected", "page"]);
      expect(answer.received()).not.toContain("component:closed");
      answer.leave();
    },
  },
  {
    id: "V5.47",
    must: "who signed out is told so at once, on every page, and others are not",
    async run(open) {
      const stage = await openTicker(open, { permissions: IsAuthenticated });
      const pages = [await watch(stage), await watch(stage), await watch(stage, "ticker", "bob")];
      const shared = await live(stage, { isShared: true });
      await greeting(shared);
      await stage.server.signedOut({ user: { id: "ann" }, session: null });
      for (const answer of [pages[0]?.answer, pages[1]?.answer, shared]) {
        await answer?.body;
        const last = answer?.events.at(-1);
        expect([last?.event, last?.data]).toEqual(["component:closed", '{"code":"unauthenticated"}']);
      }
      expect(pages[2]?.answer.isClosed).toBe(false);
      pages[2]?.answer.leave();
    },
  },
  {
    id: "V5.48",
    must: "nobody can change what somebody else's connection is told of, and an unknown connection is no failure",
    async run(open) {
      const stage = await openTicker(open);
      const answer = await live(stage, { instances: [await stage.mount("ticker")] });
      const { connection } = await greeting(answer);
      const { state } = await stage.mount("other", {}, "bob");
      const subscribe = [{ component: "other", state }];
      for (const change of [{ subscribe }, { unsubscribe: ["c-ticker"] }, { leave: true }]) {
        expect((await post(stage, { connection, ...change }, "bob")).status).toBe(200);
        expect((await post(stage, { connection: "x".repeat(26), ...change }, "bob")).status).toBe(200);
      }
      await stage.server.publish(HALL, "x");
      await flush(stage);
      expect(partialIn((await told(answer, 1))[0]).id).toBe("c-ticker");
      answer.leave();
    },
  },
];

const requests: Audit<HttpStage>[] = [
  {
    id: "V5.50",
    must: "an address whose components and seals do not come in pairs is 400 malformed",
    async run(open) {
      const stage = await openTicker(open);
      const { state } = await stage.mount("ticker");
      const path = `${stage.prefix}/_live?`;
      for (const query of ["component=ticker", `state=${state}`, `component=ticker&component=ticker&state=${state}`]) {
        const answer = await ask(stage, `${path}${query}`);
        expect([query, answer.status, codeIn(answer)]).toEqual([query, 400, "malformed"]);
      }
      const json = await ask(stage, `${path}component=ticker`, "ann", { Accept: JSON_TYPE });
      expect(JSON.parse(json.body)).toMatchObject({ error: { code: "malformed" } });
    },
  },
  {
    id: "V5.51",
    must: "a body that is no JSON object of the protocol is 400 malformed, and nothing of it is done",
    async run(open) {
      const stage = await openTicker(open);
      const { state } = await stage.mount("ticker");
      const answer = await live(stage, { isShared: true });
      const { connection } = await greeting(answer);
      const good = { component: "ticker", state };
      const bodies: unknown[] = [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"text"',
        "{}",
        { connection: 7 },
        { connection: "x".repeat(201) },
        { connection, page: 7 },
        { connection, page: "x".repeat(201) },
        { connection, page: "a\nb", subscribe: [good] },
        { connection, page: "a\u0000" },
        { connection, cursor: 7 },
        { connection, cursor: null },
        { connection, subscribe: good },
        { connection, subscribe: "ticker" },
        { connection, subscribe: [good, null] },
        { connection, subscribe: [good, "ticker"] },
        { connection, subscribe: [good, { component: "ticker" }] },
        { connection, subscribe: [good, { state }] },
        { connection, subscribe: [good, { component: ["ticker"], state }] },
        { connection, subscribe: [good, { component: "ticker", state: [state] }] },
        { connection, subscribe: [good, { component: "ticker", state, instance: 7 }] },
        { connection, subscribe: [good], unsubscribe: "c-ticker" },
        { connection, subscribe: [good], unsubscribe: [7] },
        `{"connection":"${connection}","subscribe":${"[".repeat(200)}${"]".repeat(200)}}`,
        { connection, unsubscribe: Array.from({ length: 3_000 }, () => "c") },
      ];
      for (const body of bodies) {
        const refused = await post(stage, body);
        const { error } = JSON.parse(refused.body) as { error: { code: string } };
        expect([body, refused.status, error.code]).toEqual([body, 400, "malformed"]);
      }
      await stage.server.publish(HALL, "x");
      await flush(stage);
      await told(answer, 0);
      expect(stage.log.at("error")).toEqual([]);
      answer.leave();
    },
  },
  {
    id: "V5.52",
    must: "a body of another media type is 415, and one that is too long 413",
    async run(open) {
      const stage = await openTicker(open);
      const body = JSON.stringify({ connection: "x" });
      for (const type of [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "json",
      ]) {
        const answer = await post(stage, body, "ann", { "Content-Type": type, Accept: JSON_TYPE });
        expect([type, answer.status]).toEqual([type, 415]);
      }
      const fine = await post(stage, body, "ann", { "Content-Type": "Application/JSON; charset=utf-8" });
      expect(fine.status).toBe(200);
      const long = await post(stage, { connection: "x", more: "x".repeat(1_100_000) });
      expect([long.status, (JSON.parse(long.body) as { error: object }).error]).toMatchObject([
        413,
        { code: "too_large" },
      ]);
    },
  },
  {
    id: "V5.53",
    must: "a thousand instances at once are 413, and a connection is told of limits.subscriptions at most",
    async run(open) {
      const stage = await openTicker(open, {}, { limits: { subscriptions: 2 } });
      const { state } = await stage.mount("ticker");
      const many = Array.from({ length: 3 }, () => ({ component: "ticker", state }));
      const get = await ask(stage, { instances: many });
      expect([get.status, codeIn(get)]).toEqual([413, "too_large"]);
      const answer = await live(stage, { isShared: true });
      const { connection } = await greeting(answer);
      const all = Array.from({ length: 1_000 }, () => ({ component: "x", state: "x" }));
      for (const subscribe of [many, all]) {
        expect((await post(stage, { connection, subscribe })).status).toBe(413);
      }
      for (const page of ["a", "b", "c"]) await post(stage, { connection, page, subscribe: many.slice(0, 1) });
      const [refusal] = await told(answer, 1);
      expect([refusal?.data.split("\n")[0], load(refusal?.data ?? "")("[role=alert]").attr("data-code")]).toEqual([
        "c",
        "too_large",
      ]);
      answer.leave();
    },
  },
  {
    id: "V5.54",
    must: "one person holds limits.connections at most; the next is 429 with Retry-After, others are not concerned, and leaving makes room",
    async run(open) {
      const stage = await openTicker(open, {}, { limits: { connections: 2 } });
      const pages = [await watch(stage), await watch(stage)];
      const refused = await ask(stage, { isShared: true });
      expect([refused.status, refused.headers["retry-after"], codeIn(refused)]).toEqual([429, "30", "rate_limited"]);
      const other = await watch(stage, "ticker", "bob");
      pages[0]?.answer.leave();
      const again = async () => {
        const answer = await live(stage, { isShared: true });
        answer.leave();
        return answer.status;
      };
      await expect.poll(again).toBe(200);
      for (const { answer } of [...pages, other]) answer.leave();
    },
  },
  {
    id: "V5.55",
    must: "a refused subscription takes no place: the connection it was to be is given back",
    async run(open) {
      const stage = await openTicker(open, {}, { limits: { connections: 1 } });
      for (let n = 0; n < 5; n++) {
        expect((await ask(stage, { instances: [{ component: "ticker", state: "x" }] })).status).toBe(400);
      }
      const { answer } = await watch(stage);
      answer.leave();
    },
  },
  {
    id: "V5.56",
    must: "HEAD, PUT, DELETE and the rest are 405 with what is allowed",
    async run(open) {
      const stage = await openTicker(open);
      const path = addressOf(stage);
      for (const method of ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const answer = await stage.http.request({ method, path, headers: from("ann") });
        expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, "GET, POST"]);
      }
      for (const more of ["/", "/x", "s", "x"]) {
        const answer = await stage.http.request({ path: `${stage.prefix}/_live${more}`, headers: from("ann") });
        expect([more, answer.status]).toEqual([more, 404]);
      }
    },
  },
  {
    id: "V5.57",
    must: "readers and posters of other sites are 403 and nothing is opened; those of the own site are answered",
    async run(open) {
      const stage = await openTicker(open);
      const { state } = await stage.mount("ticker");
      const path = addressOf(stage, { instances: [{ component: "ticker", state }] });
      const foreign = [
        { "Sec-Fetch-Site": "cross-site" },
        { "Sec-Fetch-Site": "same-site" },
        { Origin: "https://evil.example" },
        { Origin: "null" },
        { Origin: `${stage.http.origin}.evil.example` },
        { Origin: `http://localhost:${stage.http.port}` },
      ];
      const json = { "Content-Type": JSON_TYPE, Accept: JSON_TYPE };
      for (const headers of [...foreign, ...foreign.map((one) => ({ ...one, Cookie: "theirs=1" }))]) {
        const read = await ask(stage, path, "ann", { ...headers });
        expect([headers, read.status, codeIn(read)]).toEqual([headers, 403, "cross_site"]);
        const posted = await post(stage, { connection: "x" }, "ann", { ...json, ...headers });
        expect([headers, posted.status]).toEqual([headers, 403]);
      }
      // A browser says where a POST comes from; one with a cookie that does not is none.
      expect((await post(stage, { connection: "x" }, "ann", { ...json, Cookie: "a=1" })).status).toBe(403);
      for (const headers of [
        { "Sec-Fetch-Site": "same-origin", Cookie: "a=1" },
        { Origin: stage.http.origin, Cookie: "a=1" },
        { "Sec-Fetch-Site": "cross-site", Origin: "https://friend.example" },
        {},
      ]) {
        const answer = await live(stage, { instances: [{ component: "ticker", state }] }, "ann", { ...headers });
        await greeting(answer);
        answer.leave();
        expect((await post(stage, { connection: "x" }, "ann", { ...json, ...headers })).status).toBe(200);
      }
    },
  },
  {
    id: "V5.58",
    must: "guessing at seals is counted as it is for events",
    async run(open) {
      const stage = await openTicker(open, {}, { limitStore: memoryLimitStore(), sealFailures: "3/min" });
      const { state } = await stage.mount("ticker");
      const statuses = [];
      for (let n = 0; n < 5; n++) {
        statuses.push((await ask(stage, { instances: [{ component: "ticker", state: `${n}` }] })).status);
      }
      expect(statuses).toEqual([400, 400, 400, 429, 429]);
      const { answer } = await watch(stage);
      answer.leave();
      expect(state.length).toBeGreaterThan(0);
    },
  },
  {
    id: "V5.59",
    must: "what refuses an instance with a code of its own is told with that code",
    async run(open) {
      let refuses: HydrantError | undefined;
      const stage = await openTicker(open, {
        beforeRender: () => {
          if (refuses !== undefined) throw refuses;
        },
      });
      const { answer } = await watch(stage);
      refuses = new HydrantError("rate_limited", "Not so fast.");
      await stage.server.publish(HALL, "x");
      await flush(stage);
      const alert = load((await told(answer, 1))[0]?.data ?? "")("[role=alert]");
      expect([alert.attr("data-code"), alert.text()]).toEqual(["rate_limited", "Not so fast."]);
      refuses = undefined;
      await stage.server.publish(HALL, "y");
      await flush(stage);
      expect(partialIn((await told(answer, 2))[1]).told).toBe("y");
      answer.leave();
    },
  },
];

export const liveRefusals: Audit<HttpStage>[] = [...rights, ...requests];
