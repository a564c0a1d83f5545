import { load } from "cheerio";
import { expect } from "vitest";
import { FORM, formBody } from "../support/http.js";
import type { Audit, Chapter } from "./audit.js";
import { heldIn, pagePath } from "./koa-door.js";
import type { HttpStage } from "./stage.js";

const ANN = { "x-user": "ann", Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } as const;
const PAGE = pagePath([
  { name: "desk", args: { start: 3 } },
  { name: "bell", args: { key: "bell" } },
]);

/** A plain form on the fixture page, as a browser without JavaScript submits it. */
async function submit(
  stage: HttpStage,
  event: string,
  fields: Record<string, string> = {},
  more: Record<string, string> = {},
) {
  const page = await stage.http.request({ path: PAGE, headers: ANN });
  const { state } = heldIn(page.body, "desk");
  return stage.http.request({
    method: "POST",
    path: `${stage.prefix}/desk/${event}`,
    headers: { ...ANN, ...FORM, Referer: `${stage.http.origin}${PAGE}`, ...more },
    body: formBody({ state, ...fields }),
  });
}

const ELSEWHERE = [
  "//evil.example",
  "/\\evil.example",
  "/.//evil.example",
  "/\t/evil.example",
  "https://evil.example/",
  "javascript:alert(1)",
  "data:text/html,x",
];

const http: Audit<HttpStage>[] = [
  {
    id: "N4.1",
    must: "success is the whole page with the component in its new state in its place",
    async run(open) {
      const stage = await open();
      const answer = await submit(stage, "add", { by: "4" });
      expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      const $ = load(answer.body);
      expect([$("h1").text(), $("#c-desk output").text(), $("[data-component]").length]).toEqual([
        "Fixture page",
        "7",
        2,
      ]);
      const next = await stage.send(heldIn(answer.body, "desk"), "add", { by: 1 });
      expect(load(next.html)("output").text()).toBe("8");
    },
  },
  {
    id: "N4.2",
    must: "a redirect is 303 with Location",
    async run(open) {
      const answer = await submit(await open(), "go", { to: "/next" });
      expect([answer.status, answer.headers.location, answer.body]).toEqual([303, "/next", ""]);
      expect(answer.headers["hx-redirect"]).toBeUndefined();
    },
  },
  {
    id: "N4.3",
    must: "a refused payload is 422 with the whole page, the messages, what was typed, and the field to mend in focus",
    async run(open) {
      const stage = await open();
      const answer = await submit(stage, "say", { text: "a" });
      expect(answer.status).toBe(422);
      const $ = load(answer.body);
      expect([$("h1").text(), $("#c-desk [name=text]").attr("value")]).toEqual(["Fixture page", "a"]);
      expect($("#c-desk [name=text]").attr("aria-invalid")).toBe("true");
      expect([$("[autofocus]").attr("name"), $("[autofocus]").length]).toEqual(["text", 1]);
      expect($("#c-desk [data-field-error]").text()).toBe("Write at least three letters");
    },
  },
  {
    id: "N4.4",
    must: "every other failure is a plain page that says what to do",
    async run(open) {
      const stage = await open();
      const answers = [
        await submit(stage, "explode"),
        await submit(stage, "forbid"),
        await submit(stage, "nothing"),
        await submit(stage, "add", { by: "1" }, { "Sec-Fetch-Site": "cross-site" }),
        await submit(stage, "add", { state: "x", by: "1" }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([500, 403, 404, 403, 400]);
      for (const { body } of answers) {
        const $ = load(body);
        expect(body).toMatch(/^<!doctype html>/);
        expect($("main a").attr("href")).toBe(PAGE);
        expect($("h1").text().length).toBeGreaterThan(10);
        expect($("hx-partial, script").length).toBe(0);
      }
    },
  },
  {
    id: "N4.5",
    must: "in a whole page every form and button that carries an event is a real one",
    async run(open) {
      const stage = await open();
      const $ = load((await stage.http.request({ path: PAGE, headers: ANN })).body);
      const form = $("#c-desk form").filter((_, one) => $(one).attr("hx-post") !== undefined);
      expect([form.attr("method"), form.attr("action")]).toEqual(["post", `${stage.prefix}/desk/say`]);
      const button = $("#c-desk button[hx-post]").first();
      expect(button.attr("formaction")).toBe(`${stage.prefix}/desk/add?by=2`);
      const lone = $(`#${button.attr("form")}`);
      expect(lone.attr("method")).toBe("post");
      expect(lone.find("[name=state]").attr("value")).toBe(heldIn($.html(), "desk").state);
    },
  },
  {
    id: "N4.6",
    must: "a seal whose time is over is 409 with the whole page and the notice in the component's error place",
    async run(open) {
      const stage = await open();
      const page = await stage.http.request({ path: PAGE, headers: ANN });
      const { state } = await stage.send(heldIn(page.body, "desk"), "add", { by: 1 });
      stage.clock.advance(86_400_000);
      const answer = await submit(stage, "add", { state, by: "1" });
      const $ = load(answer.body);
      expect([answer.status, $("h1").text(), $("#c-desk output").text()]).toEqual([409, "Fixture page", "3"]);
      expect($('#c-desk [data-component-error] [data-code="state_expired"]').length).toBe(1);
    },
  },
  {
    id: "N4.7",
    must: "other instances that changed stand in the page with their new state, and a removed one is gone",
    async run(open) {
      const stage = await open();
      const rung = load((await submit(stage, "ring", { rings: "5" })).body);
      expect(rung("#c-bell output").text()).toBe("5");
      const left = await submit(stage, "leave");
      expect([left.status, load(left.body)("#c-desk").length, load(left.body)("#c-bell").length]).toEqual([200, 0, 1]);
    },
  },
  {
    id: "N4.8",
    must: "where the page is not known, the answer is a plain page around the component",
    async run(open) {
      const stage = await open();
      for (const referer of ["https://elsewhere.example/page", "nonsense", `${stage.http.origin}/missing`]) {
        const answer = await submit(stage, "add", { by: "4" }, { Referer: referer });
        const $ = load(answer.body);
        expect([answer.status, $("#c-desk output").text(), $("h1").length]).toEqual([200, "7", 0]);
      }
    },
  },
  {
    id: "N4.9",
    must: "a form says itself which page it stands in, so that no Referer is needed",
    async run(open) {
      const stage = await open();
      const page = await stage.http.request({ path: PAGE, headers: ANN });
      const form = load(page.body)("#c-desk form[action]").first();
      const fields = Object.fromEntries(
        form
          .find("input[type=hidden]")
          .toArray()
          .map(({ attribs: { name = "", value = "" } }) => [name, value]),
      );
      const answer = await stage.http.request({
        method: "POST",
        path: form.attr("action") ?? "",
        headers: { ...ANN, ...FORM },
        body: formBody({ ...fields, text: "hello" }),
      });
      const $ = load(answer.body);
      expect([answer.status, $("h1").text(), $("#c-desk q").text()]).toEqual([200, "Fixture page", "hello"]);
    },
  },
  {
    id: "N4.10",
    must: "the way back never leads to another site or to a script",
    async run(open) {
      const stage = await open();
      for (const page of [...ELSEWHERE, `${stage.http.origin}//evil.example`]) {
        const typed = await submit(stage, "explode", { _page: page }, { Referer: "" });
        const sent = await submit(stage, "explode", {}, { Referer: page });
        for (const { body } of [typed, sent]) expect([page, load(body)("main a").attr("href")]).toEqual([page, "/"]);
      }
    },
  },
];

export const withoutJavaScript: Chapter = { every: [], http };
