import { load } from "cheerio";
import { IsStaff } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { expect } from "vitest";
import { HTMX } from "../support/http.js";
import type { Audit } from "./audit.js";
import { IsInRoom } from "./fixtures/live.js";
import { outputIn } from "./html.js";
import { openTicker } from "./live-stage.js";
import type { HttpStage } from "./stage.js";

const REFRESH = "_refresh";

/** The event that every component with topics has. */
export const liveRefresh: Audit[] = [
  {
    id: "V5.1",
    must: "_refresh shows an instance with topics as it stands now, with a new seal, and changes nothing",
    async run(open) {
      let loads = 0;
      const stage = await openTicker(open, {
        beforeRender: () => {
          loads++;
        },
      });
      const added = await stage.send(await stage.mount("ticker"), "add");
      const fresh = await stage.send(added, REFRESH, { count: 9, told: "x" });
      expect([fresh.status, outputIn(fresh), loads]).toEqual([200, "1", 3]);
      expect(fresh.state).not.toBe(added.state);
      expect(stage.journal.ran).toEqual([]);
      expect(outputIn(await stage.send(fresh, "add"))).toBe("2");
    },
  },
  {
    id: "V5.2",
    must: "a component without topics answers _refresh like an event that does not exist",
    async run(open) {
      const stage = await openTicker(open);
      const desk = await stage.mount("desk");
      const answers = [
        await stage.send(desk, REFRESH),
        await stage.send(desk, "nothing"),
        await stage.send({ ...desk, component: "nobody" }, REFRESH),
      ];
      for (const answer of answers) expect([answer.status, answer.code, answer.html]).toEqual([404, "not_found", ""]);
      expect(new Set(answers.map(({ message, errorId }) => `${message} ${errorId}`)).size).toBe(1);
    },
  },
  {
    id: "V5.3",
    must: "_refresh passes the permissions of the component and of the instance",
    async run(open) {
      const people = { ann: { isStaff: true, permissions: ["hall"] } };
      for (const [permissions, without] of [
        [IsStaff, { permissions: ["hall"] }],
        [IsInRoom, { isStaff: true }],
      ] as const) {
        const stage = await openTicker(open, { permissions }, { people: { ...people } });
        const ticker = await stage.mount("ticker");
        expect((await stage.send(ticker, REFRESH)).status).toBe(200);
        stage.people.ann = without;
        expect(await stage.send(ticker, REFRESH)).toMatchObject({ status: 403, html: "", state: "" });
      }
    },
  },
  {
    id: "V5.4",
    must: "_refresh counts against the limits of the component",
    async run(open) {
      const stage = await openTicker(open, { limits: "3/min" }, { limitStore: memoryLimitStore() });
      // Nothing is counted there.
      const ticker = await (await openTicker(open)).mount("ticker");
      const statuses = [];
      for (let n = 0; n < 5; n++) statuses.push((await stage.send(ticker, REFRESH)).status);
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      expect((await stage.send(ticker, "add")).status).toBe(429);
    },
  },
  {
    id: "V5.5",
    must: "_refresh needs no offer, where only offered events can be called",
    async run(open) {
      const stage = await openTicker(open, { offers: "sealed" });
      const ticker = await stage.mount("ticker");
      expect((await stage.send(ticker, REFRESH)).status).toBe(200);
      expect((await stage.send(ticker, "add", { by: 1 })).status).toBe(403);
    },
  },
  {
    id: "V5.6",
    must: "_refresh with a seal of before shows how things stand: started anew, or as stored; a seal that is not genuine is refused",
    async run(open) {
      const stage = await openTicker(open, {}, { sealMs: 60_000 });
      const ticker = await stage.mount("ticker");
      const foreign = await stage.mount("ticker", {}, "bob");
      expect(await stage.send({ ...ticker, state: foreign.state }, REFRESH)).toMatchObject({
        status: 400,
        code: "state_invalid",
        html: "",
      });
      stage.clock.advance(61_000);
      const expired = await stage.send(ticker, REFRESH);
      expect([expired.status, expired.code]).toEqual([409, "state_expired"]);
      expect((await stage.send(expired, REFRESH)).status).toBe(200);
      const stored = await openTicker(open, { storage: "store" });
      const first = await stored.mount("ticker");
      const second = await stored.send(first, "add");
      const conflict = await stored.send(first, REFRESH);
      expect([conflict.status, conflict.code, outputIn(conflict)]).toEqual([409, "state_conflict", "1"]);
      expect((await stored.send(second, REFRESH)).status).toBe(200);
    },
  },
  {
    id: "V5.7",
    must: "the root of a component with topics says so, and no other does",
    async run(open) {
      const stage = await openTicker(open);
      const isLive = ({ html }: { html: string }) => load(html)("[data-component]").is("[data-live]");
      expect(isLive(await stage.mount("ticker"))).toBe(true);
      expect(isLive(await stage.mount("desk"))).toBe(false);
    },
  },
];

export const liveRefreshHttp: Audit<HttpStage>[] = [
  {
    id: "V5.80",
    must: "_refresh is a POST like every event: other methods are 405, other sites 403",
    async run(open) {
      const stage = await openTicker(open);
      const { state } = await stage.mount("ticker");
      const path = `${stage.prefix}/ticker/_refresh`;
      const headers = { "x-user": "ann", ...HTMX };
      const get = await stage.http.request({ path: `${path}?state=${state}`, headers });
      expect([get.status, get.headers.allow]).toEqual([405, "POST"]);
      const foreign = await stage.http.request({
        method: "POST",
        path,
        headers: { ...headers, "Content-Type": "application/json", "Sec-Fetch-Site": "cross-site" },
        body: JSON.stringify({ state }),
      });
      expect(foreign.status).toBe(403);
      expect(foreign.body).toContain("cross_site");
      for (const name of ["_Refresh", "_refresh/", "_refreshed", "__refresh", "_live"]) {
        const answer = await stage.http.request({ method: "POST", path: `${stage.prefix}/ticker/${name}`, headers });
        expect([name, answer.status]).toEqual([name, 404]);
      }
    },
  },
];
