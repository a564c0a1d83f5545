import { load } from "cheerio";
import { expect } from "vitest";
import { FORM, formBody, HTMX, type RawAnswer } from "../support/http.js";
import type { Audit, Open } from "./audit.js";
import { CASES, EVERY_RULE, guardedComponents, NO_RULES, rights, SECRET } from "./fixtures/guarded.js";
import { from, pagePath } from "./koa-door.js";
import { ticketIn } from "./requests.js";
import type { HttpStage, StageOptions } from "./stage.js";

const BROWSER = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } as const;
const CODES: Readonly<Record<number, string>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  500: "internal",
};
const OWNED = { owner: "user" } as const;

async function openGuarded(open: Open<HttpStage>, options: StageOptions = {}) {
  const ran: string[] = [];
  const stage = await open({ components: guardedComponents(ran, EVERY_RULE), people: rights(), ...options });
  const before = await open({ components: guardedComponents([], NO_RULES), people: rights(), prefix: stage.prefix });
  return { stage, ran, before };
}

type Guarded = Awaited<ReturnType<typeof openGuarded>>;
type Way = (guarded: Guarded, component: string, caller: string) => Promise<RawAnswer>;

async function expectTable(open: Open<HttpStage>, way: Way, check: (answer: RawAnswer, status: number) => void) {
  const guarded = await openGuarded(open);
  for (const { component, caller, status } of CASES) {
    guarded.ran.length = 0;
    const answer = await way(guarded, component, caller);
    const what = `${component}, asked by ${caller === "" ? "a visitor" : caller}`;
    const shown = answer.body.includes(SECRET);
    expect([what, answer.status, shown]).toEqual([what, status, status === 200]);
    if (status !== 200) expect([what, guarded.ran.filter((step) => step !== "mount")]).toEqual([what, []]);
    check(answer, status);
  }
}

/** An event of an instance that the caller got before there were rules. */
function sent(event: string, headers: Readonly<Record<string, string>>): Way {
  return async ({ stage, before }, component, caller) => {
    const { state } = await before.ask(component, OWNED, caller);
    return stage.http.request({
      method: "POST",
      path: `${stage.prefix}/${component}/${event}`,
      headers: { ...from(caller), ...FORM, ...headers },
      body: formBody({ state, note: "hello" }),
    });
  };
}

function asked(headers: Readonly<Record<string, string>>, more = ""): Way {
  return async ({ stage, before }, component, caller) => {
    const folder = await before.mount("folder", { holds: component }, caller);
    const path = `${stage.prefix}/${component}?ticket=${ticketIn(folder.html)}${more}`;
    return stage.http.request({ path, headers: { ...from(caller), ...headers } });
  };
}

function expectPartial({ body, headers }: RawAnswer, status: number): void {
  if (status === 200) return;
  expect(body).toMatch(
    new RegExp(
      `^<hx-partial hx-target="[^"]*\\[data-component-error\\]" hx-swap="innerHTML"><p role="alert" data-code="${CODES[status]}"`,
    ),
  );
  expect(headers["hx-reswap"]).toBe(status === 401 ? undefined : "none");
}

function expectPlainPage({ body }: RawAnswer, status: number): void {
  if (status === 200) return;
  expect(body).toMatch(/^<!doctype html>/);
  expect(load(body)("[data-component], hx-partial, script").length).toBe(0);
}

export const guardedPages: Audit<HttpStage>[] = [
  {
    id: "P8.21",
    must: "a page shows a component only to whom its permissions let through, and everybody else why not, and the rest",
    async run(open) {
      const { stage } = await openGuarded(open);
      for (const { component, caller, status } of CASES) {
        if (status === 500) continue;
        const path = pagePath([
          { name: component, args: OWNED },
          { name: "folder", args: { holds: "anybody" } },
        ]);
        const page = await stage.http.request({ path, headers: { ...BROWSER, ...from(caller) } });
        const $ = load(page.body);
        const place = $(`[id="c-${component}"]`);
        expect([component, caller, page.status, place.length]).toEqual([component, caller, 200, 1]);
        expect(place.text().includes(SECRET)).toBe(status === 200);
        expect([component, caller, place.attr("data-refused")]).toEqual([component, caller, CODES[status]]);
        expect($("#c-folder__inside").text()).toContain(SECRET);
        expect($("h1").text()).toBe("Fixture page");
      }
    },
  },
  {
    id: "P8.22",
    must: "htmx gets an error partial and nothing of the component, for mounts and for events",
    async run(open) {
      await expectTable(open, asked(HTMX), expectPartial);
      await expectTable(open, sent("press", HTMX), expectPartial);
      await expectTable(open, sent("submit", HTMX), expectPartial);
    },
  },
  {
    id: "P8.23",
    must: "a browser without JavaScript gets a plain page and nothing of the component, for forms and for links",
    async run(open) {
      await expectTable(open, sent("submit", BROWSER), expectPlainPage);
      await expectTable(open, asked(BROWSER, `&_page=${encodeURIComponent(pagePath([]))}`), expectPlainPage);
    },
  },
  {
    id: "P8.24",
    must: "whoever has to sign in is led to the sign-in page, and nobody else is",
    async run(open) {
      const signIn = (page: string) => `/sign-in?back=${encodeURIComponent(page)}`;
      const guarded = await openGuarded(open, { door: { signIn } });
      const page = `${guarded.stage.http.origin}/todo?list=5`;
      const entrance = "/sign-in?back=%2Ftodo%3Flist%3D5";
      for (const [caller, led] of [
        ["", entrance],
        ["user", undefined],
      ] as const) {
        for (const way of [sent("press", { ...HTMX, Referer: page }), asked({ ...HTMX, Referer: page })]) {
          const { headers, body } = await way(guarded, "staff", caller);
          expect([caller, headers["hx-redirect"], body.includes(SECRET)]).toEqual([caller, led, false]);
        }
        const plain = await sent("press", { ...BROWSER, Referer: page })(guarded, "staff", caller);
        expect(load(plain.body)('a[href^="/sign-in"]').attr("href")).toBe(led);
      }
      const json = await sent("press", { Accept: "application/json" })(guarded, "staff", "");
      expect([json.status, json.headers["hx-redirect"]]).toEqual([401, undefined]);
    },
  },
  {
    id: "P8.25",
    must: "a refused mount may not be kept by any cache",
    async run(open) {
      const { stage } = await openGuarded(open);
      for (const headers of [HTMX, BROWSER, { Accept: "application/json" }]) {
        const path = `${stage.prefix}/staff?owner=user`;
        const answer = await stage.http.request({ path, headers: { ...from("user"), ...headers } });
        expect([answer.status, answer.headers["cache-control"]]).toEqual([403, "no-store"]);
      }
    },
  },
];
