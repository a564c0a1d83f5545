import { load } from "cheerio";
import type { LimitRule } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { createTestDoor } from "hydrant/testing";
import { expect } from "vitest";
import { FORM, formBody, HTMX, type RawAnswer } from "../support/http.js";
import type { Audit, Open } from "./audit.js";
import { doorbellClass, type LimitedOptions } from "./fixtures/limited.js";
import type { HttpStage, StageOptions } from "./stage.js";

const BROWSER = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } as const;
const JSON_ONLY = { Accept: "application/json" } as const;

async function openBell(open: Open<HttpStage>, more: LimitedOptions, options: StageOptions = {}) {
  const ran: string[] = [];
  const stage = await open({
    components: { doorbell: doorbellClass(ran, more) },
    limitStore: memoryLimitStore(),
    ...options,
  });
  return { stage, ran };
}

/** Rings as somebody whom only headers tell from others. */
function ring(stage: HttpStage, state: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  return stage.http.request({
    method: "POST",
    path: `${stage.prefix}/doorbell/ring`,
    headers: { ...FORM, ...headers },
    body: formBody({ state }),
  });
}

/** Asks for a bell of one's own; mounts by address are counted like events. */
async function ask(stage: HttpStage, headers: Readonly<Record<string, string>>): Promise<number> {
  const path = `${stage.prefix}/doorbell`;
  return (await stage.http.request({ path, headers: { ...JSON_ONLY, ...headers } })).status;
}

async function statusesOf(stage: HttpStage, requests: readonly Readonly<Record<string, string>>[]): Promise<number[]> {
  const all: number[] = [];
  for (const headers of requests) all.push(await ask(stage, headers));
  return all;
}

const forwarded = (...addresses: string[]) => addresses.map((address) => ({ "X-Forwarded-For": address }));
const BY_IP: LimitRule = { points: 1, seconds: 60, key: "ip" };

export const limitHeaders: Audit<HttpStage>[] = [
  {
    id: "L10.21",
    must: "429 carries Retry-After, RateLimit and RateLimit-Policy, and the message says the same seconds",
    async run(open) {
      const { stage, ran } = await openBell(open, { eventLimits: { ring: "1/50s" } });
      const { state } = await stage.mount("doorbell");
      await ring(stage, state, { "x-user": "ann" });
      for (const headers of [HTMX, JSON_ONLY, BROWSER]) {
        const answer = await ring(stage, state, { "x-user": "ann", ...headers });
        const seconds = Number(answer.headers["retry-after"]);
        expect(answer.status).toBe(429);
        expect(seconds).toBeGreaterThan(0);
        expect(seconds).toBeLessThanOrEqual(50);
        expect(answer.headers["ratelimit-policy"]).toBe('"doorbell.ring";q=1;w=50');
        expect(answer.headers.ratelimit).toBe(`"doorbell.ring";r=0;t=${seconds}`);
        expect(answer.body).toContain(`try again in ${seconds} second`);
        expect(answer.headers["cache-control"]).toBe("no-store");
      }
      expect(ran.filter((step) => step === "ring")).toHaveLength(1);
    },
  },
  {
    id: "L10.22",
    must: "htmx gets the message as an error partial and keeps the page; without JavaScript it is a page of its own",
    async run(open) {
      const { stage } = await openBell(open, { eventLimits: { ring: "1/min" } });
      const { state } = await stage.mount("doorbell");
      await ring(stage, state, { "x-user": "ann" });
      const partial = await ring(stage, state, { "x-user": "ann", ...HTMX, "HX-Target": "section#c-doorbell" });
      expect(partial.headers["hx-reswap"]).toBe("none");
      expect(partial.body).toMatch(
        /^<hx-partial hx-target="#c-doorbell \[data-component-error\]" hx-swap="innerHTML"><p role="alert" data-code="rate_limited"/,
      );
      const plain = await ring(stage, state, { "x-user": "ann", ...BROWSER });
      expect(load(plain.body)("h1").text()).toMatch(/^Too many requests\. Please try again in \d+ seconds?\.$/);
    },
  },
  {
    id: "L10.23",
    must: "answers within the limit carry none of these headers",
    async run(open) {
      const { stage } = await openBell(open, { limits: "5/min" });
      const { headers } = await ring(stage, (await stage.mount("doorbell")).state, { "x-user": "ann" });
      expect([headers["retry-after"], headers.ratelimit, headers["ratelimit-policy"]]).toEqual(
        Array(3).fill(undefined),
      );
    },
  },
  {
    id: "L10.24",
    must: "all doors of a server count together",
    async run(open) {
      const { stage } = await openBell(open, { eventLimits: { ring: "3/min" } });
      const door = createTestDoor(stage.server, { caller: { user: { id: "ann" }, session: null } });
      const bell = await stage.mount("doorbell");
      const statuses = [];
      for (let n = 0; n < 3; n++) {
        statuses.push((await stage.send(bell, "ring")).status, (await door.send(bell, "ring")).status);
      }
      expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
    },
  },
  {
    id: "L10.25",
    must: "who is signed in is counted by user, wherever from; who is not, by network address, whatever session",
    async run(open) {
      const { stage } = await openBell(open, { limits: "1/min" }, { door: { trustedProxies: 1 } });
      const [here, there] = forwarded("203.0.113.1", "203.0.113.2") as [object, object];
      const requests = [
        { "x-user": "ann", ...here },
        { "x-user": "ann", ...there },
        { "x-user": "bob", ...here },
        { "x-session": "one", ...here },
        { "x-session": "two", ...here },
        { "x-session": "two", ...there },
      ];
      expect(await statusesOf(stage, requests)).toEqual([200, 429, 200, 200, 429, 200]);
    },
  },
  {
    id: "L10.26",
    must: "a limit by session counts sessions, and people without one each for themselves",
    async run(open) {
      const { stage } = await openBell(open, { limits: { points: 1, seconds: 60, key: "session" } });
      const requests = [
        { "x-session": "one" },
        { "x-session": "one" },
        { "x-session": "two" },
        { "x-user": "ann", "x-session": "three" },
        { "x-user": "bob", "x-session": "three" },
        { "x-user": "ann" },
        { "x-user": "bob" },
        { "x-user": "bob" },
      ];
      expect(await statusesOf(stage, requests)).toEqual([200, 429, 200, 200, 429, 200, 200, 429]);
    },
  },
  {
    id: "L10.27",
    must: "X-Forwarded-For means nothing where no proxy is trusted",
    async run(open) {
      const { stage } = await openBell(open, { limits: BY_IP });
      expect(await statusesOf(stage, forwarded("203.0.113.1", "203.0.113.2", "203.0.113.3"))).toEqual([200, 429, 429]);
    },
  },
  {
    id: "L10.28",
    must: "behind one proxy the address that it saw counts, whatever the visitor wrote before it",
    async run(open) {
      const { stage } = await openBell(open, { limits: BY_IP }, { door: { trustedProxies: 1 } });
      const requests = forwarded(
        "203.0.113.1",
        "203.0.113.2",
        "198.51.100.1, 203.0.113.1",
        "198.51.100.2, 203.0.113.2",
      );
      expect(await statusesOf(stage, requests)).toEqual([200, 200, 429, 429]);
      expect(await statusesOf(stage, forwarded("203.0.113.1:50001", "203.0.113.9:50001", "203.0.113.9:50002"))).toEqual(
        [429, 200, 429],
      );
    },
  },
  {
    id: "L10.29",
    must: "behind two proxies the address that the outer one saw counts",
    async run(open) {
      const { stage } = await openBell(open, { limits: BY_IP }, { door: { trustedProxies: 2 } });
      const requests = forwarded(
        "203.0.113.1, 10.0.0.2",
        "203.0.113.1, 10.0.0.3",
        "203.0.113.2, 10.0.0.2",
        "198.51.100.1, 203.0.113.2, 10.0.0.2",
        "203.0.113.3",
        "203.0.113.3",
      );
      expect(await statusesOf(stage, requests)).toEqual([200, 429, 200, 429, 200, 429]);
    },
  },
  {
    id: "L10.30",
    must: "IPv6 addresses of one /64 network are counted together, and IPv4 written as IPv6 is IPv4",
    async run(open) {
      const { stage } = await openBell(open, { limits: BY_IP }, { door: { trustedProxies: 1 } });
      const requests = forwarded(
        "2001:db8:0:1::1",
        "2001:db8:0:1:ffff:ffff:ffff:ffff",
        "2001:DB8::1:0:0:0:7",
        "2001:db8:0:2::1",
        "203.0.113.1",
        "::ffff:203.0.113.1",
      );
      expect(await statusesOf(stage, requests)).toEqual([200, 429, 429, 200, 200, 429]);
    },
  },
  {
    id: "L10.31",
    must: "seals that do not open are counted for the network they come from",
    async run(open) {
      const options = { sealFailures: "2/min", door: { trustedProxies: 1 } };
      const { stage } = await openBell(open, {}, options);
      const statuses = [];
      for (const [user, ip] of [
        ["ann", "203.0.113.1"],
        ["bob", "203.0.113.1"],
        ["eve", "203.0.113.1"],
        ["eve", "203.0.113.2"],
      ] as const) {
        statuses.push((await ring(stage, "forged", { "x-user": user, "X-Forwarded-For": ip })).status);
      }
      expect(statuses).toEqual([400, 400, 429, 400]);
      const path = `${stage.prefix}/_files/forged`;
      const file = await stage.http.request({ path, headers: { "X-Forwarded-For": "203.0.113.1" } });
      expect([file.status, file.headers["ratelimit-policy"]]).toEqual([429, '"_seals";q=2;w=60']);
    },
  },
  {
    id: "L10.32",
    must: "while the store is down the answer says when to try again",
    async run(open) {
      const limitStore = { consume: () => Promise.reject(new Error("down")) };
      const { stage } = await openBell(open, { eventLimits: { ring: "1/min" } }, { limitStore });
      const { state } = await stage.mount("doorbell");
      for (const headers of [HTMX, JSON_ONLY, BROWSER]) {
        const answer = await ring(stage, state, { "x-user": "ann", ...headers });
        expect([answer.status, answer.headers["retry-after"], answer.headers.ratelimit]).toEqual([503, "5", undefined]);
      }
    },
  },
];
