import { load } from "cheerio";
import { AllowAny, IsAuthenticated, IsStaff, not } from "hydrant";
import { expect } from "vitest";
import type { Audit, Chapter, Open } from "./audit.js";
import { CASES, EVERY_RULE, guardedComponents, NO_RULES, rights, SECRET } from "./fixtures/guarded.js";
import { guardedPages } from "./guarded-pages.js";
import { offeredEvents } from "./offered-events.js";
import { ticketIn } from "./requests.js";
import type { Held, Reply, Stage } from "./stage.js";

const CODES: Readonly<Record<number, string | undefined>> = {
  200: undefined,
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  500: "internal",
};
const OWNED = { owner: "user" } as const;

interface Guarded {
  readonly stage: Stage;
  /** What ran in the components of `stage`. */
  readonly ran: string[];
  /** The same application before there were rules, for seals and tickets that everybody got then. */
  readonly before: Stage;
}

async function openGuarded(open: Open): Promise<Guarded> {
  const ran: string[] = [];
  const stage = await open({ components: guardedComponents(ran, EVERY_RULE), people: rights() });
  const before = await open({ components: guardedComponents([], NO_RULES), people: rights() });
  return { stage, ran, before };
}

type Way = (guarded: Guarded, component: string, caller: string) => Promise<Reply>;

/** Goes through the whole table one way. @param runs What has to have run where the caller is admitted. */
async function expectTable(open: Open, way: Way, runs: readonly string[]): Promise<void> {
  const guarded = await openGuarded(open);
  for (const { component, caller, status } of CASES) {
    guarded.ran.length = 0;
    const reply = await way(guarded, component, caller);
    const what = `${component}, asked by ${caller === "" ? "a visitor" : caller}`;
    expect([what, reply.status, reply.code]).toEqual([what, status, CODES[status]]);
    expect([what, JSON.stringify(reply).includes(SECRET)]).toEqual([what, status === 200]);
    // An instance has to be there before it can be judged; nothing of it was checked or carried out.
    const ran = guarded.ran.filter((step) => step !== "mount");
    expect([what, ran]).toEqual([what, status === 200 ? runs : []]);
    expect([what, reply.state === ""]).toEqual([what, status !== 200]);
  }
}

/** Sends an event from an instance of the caller's own, made before there were rules. */
function event(name: string, payload: Readonly<Record<string, string>> = {}): Way {
  return async ({ stage, before }, component, caller) => {
    const mounted = await before.ask(component, OWNED, caller);
    return stage.send(mounted, name, payload, { user: caller });
  };
}

/** What stands where a component was placed. */
function placeIn(html: string, id: string) {
  const place = load(html)(`[id="${id}"]`);
  return {
    refused: place.attr("data-refused"),
    shown: place.text().includes(SECRET),
    seal: place.attr("hx-vals:inherited"),
  };
}

/** Components placed by others: admitted ones stand there, refused ones say so, and the rest of the page is there. */
async function expectPlaced(open: Open, show: (stage: Stage, component: string, caller: string) => Promise<string>) {
  const { stage } = await openGuarded(open);
  for (const { component, caller, status } of CASES) {
    if (status === 500) continue;
    const { seal, ...place } = placeIn(await show(stage, component, caller), "c-folder__inside");
    expect([component, caller, place]).toEqual([component, caller, { refused: CODES[status], shown: status === 200 }]);
    expect(seal === undefined).toBe(status !== 200);
  }
}

const matrix: Audit[] = [
  {
    id: "P8.1",
    must: "a component is mounted by its address only for whom all its permissions let through",
    run: (open) => expectTable(open, ({ stage }, component, caller) => stage.ask(component, OWNED, caller), []),
  },
  {
    id: "P8.2",
    must: "a ticket opens only for whom the permissions let through now",
    run: (open) =>
      expectTable(
        open,
        async ({ stage, before }, component, caller) => {
          const folder = await before.mount("folder", { holds: component }, caller);
          return stage.mountTicket(component, ticketIn(folder.html), caller);
        },
        [],
      ),
  },
  {
    id: "P8.3",
    must: "an event runs only for whom the permissions let through now, whatever its seal says",
    run: (open) => expectTable(open, event("press"), ["press"]),
  },
  {
    id: "P8.4",
    must: "a form is checked and sent, and one of its fields checked, only for whom the permissions let through",
    async run(open) {
      await expectTable(open, event("submit", { note: "hello" }), ["schema", "submit"]);
      await expectTable(open, event("field_change", { _field: "note", note: "hello" }), ["schema", "field_change"]);
    },
  },
  {
    id: "P8.5",
    must: "a component inside another is shown only to whom its permissions let through; the other stands",
    run: (open) =>
      expectPlaced(open, async (stage, component, caller) => {
        const folder = await stage.mount("folder", { holds: component }, caller);
        expect(load(folder.html)('[hx-post$="/folder/renew"]').length).toBe(1);
        return folder.html;
      }),
  },
  {
    id: "P8.6",
    must: "a component that another's handler refreshes is shown only to whom its permissions let through",
    run: (open) =>
      expectPlaced(open, async (stage, component, caller) => {
        const folder = await stage.mount("folder", { holds: component }, caller);
        const { status, partials } = await stage.send(folder, "renew", {}, { user: caller });
        expect([status, partials.map(({ target }) => target)]).toEqual([200, ["c-folder__inside"]]);
        return partials[0]?.html ?? "";
      }),
  },
  {
    id: "P8.7",
    must: "a mount that is kept is shown only to whom the permissions still let through",
    async run(open) {
      const stage = await open({
        components: guardedComponents([], EVERY_RULE, { seconds: 60 }),
        people: rights(),
      });
      const all = { isStaff: true, isSuperuser: true };
      const kept = ["staff", "superuser", "one-name", "either", "later", "staff-or-owner"];
      for (const component of kept) {
        for (const { caller, status } of CASES.filter((one) => one.component === component && one.caller !== "")) {
          const own = stage.people[caller] ?? {};
          stage.people[caller] = all;
          expect((await stage.ask(component, OWNED, caller)).html).toContain(SECRET);
          stage.people[caller] = own;
          const reply = await stage.ask(component, OWNED, caller);
          expect([component, caller, reply.status, reply.html.includes(SECRET)]).toEqual([
            component,
            caller,
            status,
            status === 200,
          ]);
        }
      }
    },
  },
];

const order: Audit[] = [
  {
    id: "P8.8",
    must: "permissions are asked before the seal is opened and before the payload is looked at",
    async run(open) {
      const { stage } = await openGuarded(open);
      const nowhere: Held = { component: "staff", component_id: "c-staff", state: "forged", html: "" };
      const replies = [
        await stage.send(nowhere, "press", {}, { user: "" }),
        await stage.send(nowhere, "press", {}, { user: "user" }),
        await stage.send(nowhere, "submit", { "note.constructor": "x" }, { user: "user" }),
        await stage.send(nowhere, "press", {}, { user: "staff" }),
        await stage.mountTicket("staff", "forged", "user"),
      ];
      expect(replies.map(({ code }) => code)).toEqual([
        "unauthenticated",
        "forbidden",
        "forbidden",
        "state_invalid",
        "state_invalid",
      ]);
    },
  },
  {
    id: "P8.9",
    must: "an answer that is kept for a retry is not given to who may no longer have it",
    async run(open) {
      const { stage } = await openGuarded(open);
      const mounted = await stage.ask("staff", OWNED, "staff");
      const intent = { user: "staff", idempotencyKey: "once" };
      expect((await stage.send(mounted, "press", {}, intent)).status).toBe(200);
      expect((await stage.send(mounted, "press", {}, intent)).html).toContain(SECRET);
      stage.people.staff = {};
      const reply = await stage.send(mounted, "press", {}, intent);
      expect([reply.code, reply.html]).toEqual(["forbidden", ""]);
    },
  },
  {
    id: "P8.10",
    must: "a server's permissions hold for every component that declares none",
    async run(open) {
      const stage = await open({ permissions: [IsAuthenticated, not(IsStaff)], people: rights() });
      const answers = [];
      for (const caller of ["", "user", "staff"]) {
        const { status, html } = await stage.ask("kiosk", { at: "4" }, caller);
        answers.push([caller, status, html.includes("At")]);
      }
      expect(answers).toEqual([
        ["", 401, false],
        ["user", 200, true],
        ["staff", 403, false],
      ]);
    },
  },
  {
    id: "P8.11",
    must: "a component that declares permissions, also none at all, is not asked for the server's",
    async run(open) {
      const components = guardedComponents([], { anybody: AllowAny, nothing: [], staff: IsStaff });
      const stage = await open({ components, permissions: not(AllowAny), people: rights() });
      const codes = [];
      for (const component of ["anybody", "nothing", "staff"]) {
        codes.push((await stage.ask(component, OWNED, "staff")).status);
      }
      expect(codes).toEqual([200, 200, 200]);
    },
  },
  {
    id: "P8.12",
    must: "a permission that never answers lets nobody through, and ends with the call",
    async run(open) {
      const endless = new (class extends IsStaff {
        override hasPermission() {
          return new Promise<boolean>(() => {}) as unknown as boolean;
        }
      })();
      const ran: string[] = [];
      const components = guardedComponents(ran, { endless });
      const stage = await open({ components, limits: { callMs: 2000 }, people: rights() });
      const before = await open({ components: guardedComponents([], { endless: AllowAny }) });
      const mounted = await before.ask("endless", OWNED, "staff");
      for (const ask of [
        () => stage.ask("endless", OWNED, "staff"),
        () => stage.send(mounted, "press", {}, { user: "staff" }),
      ]) {
        const reply = ask();
        await expect.poll(() => stage.clock.pending()).toBe(1);
        stage.clock.advance(2000);
        expect(await reply).toMatchObject({ status: 503, code: "timeout", html: "" });
      }
      expect(ran).toEqual([]);
    },
  },
];

export const permissions: Chapter = { every: [...matrix, ...order, ...offeredEvents], http: guardedPages };
