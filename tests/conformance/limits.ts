import { IsStaff, type LimitStore } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { expect } from "vitest";
import type { Audit, Chapter, Open } from "./audit.js";
import { Folder } from "./fixtures/guarded.js";
import { doorbellClass, type LimitedOptions, questionClass } from "./fixtures/limited.js";
import { limitHeaders } from "./limit-headers.js";
import { ticketIn } from "./requests.js";
import type { Held, Reply, Stage, StageOptions } from "./stage.js";

/** A store whose windows are over when a test says so. */
function storeThatSays(resetMs: number): LimitStore {
  return { consume: async () => ({ allowed: false, remaining: 0, resetMs }) };
}

async function openBell(open: Open, more: LimitedOptions, options: StageOptions = {}) {
  const ran: string[] = [];
  const components = { doorbell: doorbellClass(ran, more), other: doorbellClass(ran, more) };
  const stage = await open({ components, limitStore: memoryLimitStore(), ...options });
  // Nothing is counted there, so every bell comes from there.
  const uncounted = await open({ components: { doorbell: doorbellClass([]), other: doorbellClass([]) } });
  const bellOf = (user = "ann", name = "doorbell") => uncounted.mount(name, {}, user);
  return { stage, ran, bellOf };
}

/** Statuses of the same event, sent one after the other. */
async function statuses(stage: Stage, to: Held, times: number, event = "ring", user = "ann"): Promise<number[]> {
  const all: number[] = [];
  for (let n = 0; n < times; n++) all.push((await stage.send(to, event, {}, { user })).status);
  return all;
}

const counting: Audit[] = [
  {
    id: "L10.1",
    must: "a component's limit counts its events and its mounts by address together; over it nothing runs",
    async run(open) {
      const { stage, ran, bellOf } = await openBell(open, { limits: "3/min" });
      const bell = await bellOf();
      expect([(await stage.ask("doorbell")).status, ...(await statuses(stage, bell, 2))]).toEqual([200, 200, 200]);
      expect(ran).toEqual(["mount", "ring", "ring"]);
      for (const reply of [
        await stage.send(bell, "ring"),
        await stage.send(bell, "knock"),
        await stage.ask("doorbell"),
      ]) {
        expect([reply.status, reply.code, reply.html, reply.state]).toEqual([429, "rate_limited", "", ""]);
      }
      expect(ran).toEqual(["mount", "ring", "ring"]);
    },
  },
  {
    id: "L10.2",
    must: "an event's limit counts that event alone, beside the component's",
    async run(open) {
      const { stage, ran, bellOf } = await openBell(open, { limits: "4/min", eventLimits: { ring: "2/min" } });
      const bell = await bellOf();
      const counts = [
        await statuses(stage, bell, 3, "ring"),
        await statuses(stage, bell, 1, "knock"),
        await statuses(stage, bell, 1, "knock"),
      ];
      // The ring that was refused counted for the component.
      expect(counts).toEqual([[200, 200, 429], [200], [429]]);
      expect(ran).toEqual(["ring", "ring", "knock"]);
    },
  },
  {
    id: "L10.3",
    must: "the message says in how many seconds or minutes to try again",
    async run(open) {
      const said: (string | undefined)[] = [];
      for (const resetMs of [0, 1, 1000, 1001, 90_000, 90_001, 3_600_000]) {
        const limitStore = storeThatSays(resetMs);
        const { stage, bellOf } = await openBell(open, { eventLimits: { ring: "1/h" } }, { limitStore });
        said.push((await stage.send(await bellOf(), "ring")).message);
      }
      const inTime = ["1 second", "1 second", "1 second", "2 seconds", "90 seconds", "2 minutes", "60 minutes"];
      expect(said).toEqual(inTime.map((time) => `Too many requests. Please try again in ${time}.`));
    },
  },
  {
    id: "L10.4",
    must: "people, components and events are counted apart",
    async run(open) {
      const { stage, bellOf } = await openBell(open, { eventLimits: { ring: "1/min", knock: "1/min" } });
      const [bell, other, bobs] = [await bellOf(), await bellOf("ann", "other"), await bellOf("bob")];
      expect(await statuses(stage, bell, 2, "ring")).toEqual([200, 429]);
      expect(await statuses(stage, bell, 2, "knock")).toEqual([200, 429]);
      expect(await statuses(stage, other, 2, "ring")).toEqual([200, 429]);
      expect(await statuses(stage, bobs, 2, "ring", "bob")).toEqual([200, 429]);
    },
  },
  {
    id: "L10.5",
    must: "a limit may count whatever its function makes of the caller",
    async run(open) {
      const key = ({ user }: { user: { id: string | number } | null }) => String(user?.id).slice(0, 1);
      const { stage, bellOf } = await openBell(open, { limits: { points: 2, seconds: 60, key } });
      const counts = [];
      for (const user of ["ann", "abe", "alf", "bob"]) {
        counts.push((await stage.send(await bellOf(user), "ring", {}, { user })).status);
      }
      expect(counts).toEqual([200, 200, 429, 200]);
    },
  },
  {
    id: "L10.6",
    must: "of several limits every one holds",
    async run(open) {
      const seen: string[] = [];
      const counts = memoryLimitStore();
      const limitStore: LimitStore = {
        consume(name, window) {
          seen.push(`${name} ${window.points}/${window.seconds}`);
          return counts.consume(name, window);
        },
      };
      const { stage, bellOf } = await openBell(open, { limits: ["5/s", "2/h"] }, { limitStore });
      expect(await statuses(stage, await bellOf(), 3)).toEqual([200, 200, 429]);
      expect(seen.slice(0, 2)).toEqual(["doorbell user ann 5/1", "doorbell.2 user ann 2/3600"]);
    },
  },
  {
    id: "L10.7",
    must: "a mount by ticket counts like one by address, and one inside another component does not count",
    async run(open) {
      const ran: string[] = [];
      const components = { folder: Folder, doorbell: doorbellClass(ran, { limits: "2/min" }) };
      const stage = await open({ components, limitStore: memoryLimitStore() });
      const folders = [];
      for (let n = 0; n < 4; n++) folders.push(await stage.mount("folder", { holds: "doorbell" }));
      expect(ran).toEqual(Array(4).fill("mount"));
      const asked: Reply[] = [];
      for (const { html } of folders) asked.push(await stage.mountTicket("doorbell", ticketIn(html)));
      expect(asked.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
    },
  },
  {
    id: "L10.8",
    must: "a field of a form is checked and a form is sent only within the limits; over them no schema runs",
    async run(open) {
      const ran: string[] = [];
      const components = { question: questionClass(ran, { eventLimits: { field_change: "2/min", submit: "1/min" } }) };
      const stage = await open({ components, limitStore: memoryLimitStore() });
      const question = await stage.mount("question");
      const checks = [];
      for (let n = 0; n < 3; n++) {
        checks.push((await stage.send(question, "field_change", { _field: "note", note: "hello" })).status);
      }
      expect([checks, ran]).toEqual([
        [200, 200, 429],
        ["schema", "schema"],
      ]);
      ran.length = 0;
      const sent = [];
      for (let n = 0; n < 2; n++) sent.push((await stage.send(question, "submit", { note: "hello" })).status);
      expect([sent, ran]).toEqual([
        [200, 429],
        ["schema", "submit"],
      ]);
    },
  },
  {
    id: "L10.9",
    must: "calls are counted before anything else: those that are refused for another reason count too",
    async run(open) {
      const { stage, ran } = await openBell(open, { limits: "3/min", permissions: IsStaff });
      const nowhere: Held = { component: "doorbell", component_id: "c-doorbell", state: "forged", html: "" };
      const codes = [];
      for (let n = 0; n < 2; n++) codes.push((await stage.send(nowhere, "ring")).code);
      codes.push((await stage.ask("doorbell")).code, (await stage.send(nowhere, "ring")).code);
      expect([codes, ran]).toEqual([["forbidden", "forbidden", "forbidden", "rate_limited"], []]);
      expect((await stage.send(nowhere, "nothing")).code).toBe("not_found");
    },
  },
  {
    id: "L10.10",
    must: "of fifty events at the same time exactly as many run as the limit says",
    async run(open) {
      const { stage, ran, bellOf } = await openBell(open, { eventLimits: { ring: "20/min" } });
      const bell = await bellOf();
      const replies = await Promise.all(Array.from({ length: 50 }, () => stage.send(bell, "ring")));
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(20);
      expect(replies.filter(({ status }) => status === 429)).toHaveLength(30);
      expect(ran).toHaveLength(20);
    },
  },
];

/** Stores that do not do what they should. */
const DOWN: Readonly<Record<string, LimitStore>> = {
  "a store that rejects": { consume: () => Promise.reject(new Error("connection refused to 10.0.0.7")) },
  "a store that throws": {
    consume() {
      throw new Error("connection refused to 10.0.0.7");
    },
  },
};

const store: Audit[] = [
  {
    id: "L10.11",
    must: "while the store is down a call is refused with 503, nothing runs, and the log says why",
    async run(open) {
      for (const limitStore of Object.values(DOWN)) {
        const { stage, ran, bellOf } = await openBell(open, { eventLimits: { ring: "1/min" } }, { limitStore });
        const reply = await stage.send(await bellOf(), "ring");
        expect([reply.status, reply.code, reply.html, ran]).toEqual([503, "unavailable", "", []]);
        expect(JSON.stringify(reply)).not.toContain("10.0.0.7");
        const lines = stage.log.at("error").filter(({ message }) => message === "the limit store is down");
        expect(lines.map(({ fields: { limit, policy, error } }) => [limit, policy, String(error)])).toEqual([
          ["doorbell.ring", "refuse", "Error: connection refused to 10.0.0.7"],
        ]);
      }
    },
  },
  {
    id: "L10.12",
    must: "an application may let calls through instead while the store is down, and the log says so for each",
    async run(open) {
      for (const limitStore of Object.values(DOWN)) {
        const options = { limitStore, limitsDown: "allow" } as const;
        const { stage, ran, bellOf } = await openBell(open, { eventLimits: { ring: "1/min" } }, options);
        expect(await statuses(stage, await bellOf(), 3)).toEqual([200, 200, 200]);
        expect(ran).toEqual(["ring", "ring", "ring"]);
        expect(stage.log.at("error").map(({ message, fields: { policy } }) => [message, policy])).toEqual(
          Array(3).fill(["the limit store is down", "allow"]),
        );
      }
    },
  },
  {
    id: "L10.13",
    must: "a store that never answers counts as down when its time is over",
    async run(open) {
      const limitStore: LimitStore = { consume: () => new Promise(() => {}) };
      for (const [limitsDown, status] of [
        ["refuse", 503],
        ["allow", 200],
      ] as const) {
        const options = { limitStore, limitsDown, limits: { storeMs: 700 } };
        const { stage, bellOf } = await openBell(open, { eventLimits: { ring: "1/min" } }, options);
        const bell = await bellOf();
        const reply = stage.send(bell, "ring");
        await expect.poll(() => stage.clock.pending()).toBe(1);
        stage.clock.advance(699);
        expect(stage.clock.pending()).toBe(1);
        stage.clock.advance(1);
        expect((await reply).status).toBe(status);
        expect(stage.clock.pending()).toBe(0);
        expect(stage.log.at("error")[0]?.message).toBe("the limit store is down");
      }
    },
  },
  {
    id: "L10.14",
    must: "seals that do not open are counted, and answered 429 when there were too many; those that open are not",
    async run(open) {
      const { stage, bellOf } = await openBell(open, {}, { sealFailures: "3/min" });
      const bell = await bellOf();
      const forged = { ...bell, state: "x" };
      const codes: (string | undefined)[] = [];
      for (let n = 0; n < 4; n++) codes.push((await stage.send(forged, "ring")).code);
      codes.push((await stage.mountTicket("doorbell", "x")).code, (await stage.send(bell, "ring")).code);
      expect(codes).toEqual([
        "state_invalid",
        "state_invalid",
        "state_invalid",
        "rate_limited",
        "rate_limited",
        undefined,
      ]);
    },
  },
  {
    id: "L10.15",
    must: "a seal whose time is over is no failure to count",
    async run(open) {
      const { stage } = await openBell(open, {}, { sealFailures: "1/min", sealMs: 60_000 });
      const bell = await stage.mount("doorbell");
      stage.clock.advance(60_000);
      const codes = [];
      for (let n = 0; n < 3; n++) codes.push((await stage.send(bell, "ring")).code);
      expect(codes).toEqual(Array(3).fill("state_expired"));
    },
  },
];

export const limits: Chapter = { every: [...counting, ...store], http: limitHeaders };
