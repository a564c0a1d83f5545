import { load } from "cheerio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RENDERERS } from "../conformance/fixtures/renderers.js";
import { heldIn, pagePath } from "../conformance/koa-door.js";
import type { Held, HttpStage } from "../conformance/stage.js";
import { openDesk, sendForm } from "../support/desk-stage.js";

const VALUES = [
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '" hx-on:click="alert(1)',
  '"} hx-vals="js:{x:alert(1)}',
  "js:alert(1)",
  "javascript:alert(1)",
  "{{ 7 * 7 }}{% raw %}{# x #}",
  "$" + "{7 * 7}`",
  "$& $1 $' $` $$",
  "line\u2028separator\u2029next\u0085",
  "tab\tand\nnewline\rreturn\r\nboth",
  "--><!-- ]]> --!>",
  "<!--h:0:c-desk--><!--h:s:c-desk-->",
  "&quot;&#39;&lt;&amp;lt;",
  '\\" onload=\\"alert(1)',
  "</textarea></title></style>",
  "<hx-partial hx-target='body'>x</hx-partial>",
  "data-component-error",
  "\ud83d\ude00 \u202e right to left",
  "half a pair \ud800 alone",
] as const;

/** What an HTML parser makes of text: line ends become line feeds. Half a pair cannot be sent in UTF-8. */
function parsed(value: string): string {
  return wellFormed(value.replace(/\r\n?/g, "\n"));
}

function wellFormed(value: string | undefined): string {
  return (value ?? "").replace(/\p{Surrogate}/gu, "\ufffd");
}

/** Element names and attribute names in order: what no value may change. */
function skeleton(html: string): string[] {
  const $ = load(html, null, false);
  return $("*")
    .toArray()
    .map((element) => `${$(element).prop("tagName")} ${Object.keys($(element).attr() ?? {}).join(" ")}`);
}

describe.each(Object.keys(RENDERERS))("a value with %s templates", (renderer) => {
  let stage: HttpStage;
  let desk: Held;
  let plain: string[];
  let plainRefused: string[];

  beforeAll(async () => {
    stage = await openDesk({}, renderer);
    desk = await stage.mount("desk");
    plain = skeleton((await stage.send(desk, "say", { text: "plain" })).html);
    plainRefused = skeleton((await stage.send(desk, "echo", { text: "plain" })).html);
  });
  afterAll(() => stage.close());

  it.each(VALUES)("stays a value in text, attributes and arguments: %j", async (value) => {
    const { html } = await stage.send(desk, "say", { text: value });
    expect(skeleton(html)).toEqual(plain);
    const $ = load(html, null, false);
    expect([$("q").text(), $("section").attr("data-said"), $("[name=text]").attr("value")].map(wellFormed)).toEqual(
      Array(3).fill(parsed(value)),
    );
    const address = new URL($("button[hx-post]").last().attr("hx-post") ?? "", "http://here.example");
    expect(address.pathname).toBe("/components/desk/say");
    expect(address.searchParams.get("text")).toBe(wellFormed(value));
  });

  it.each(VALUES)("stays a value in messages and in what was typed: %j", async (value) => {
    const answer = await stage.send(desk, "echo", { text: value });
    expect(answer.status).toBe(422);
    expect(skeleton(answer.html)).toEqual(plainRefused);
    const $ = load(answer.html, null, false);
    expect(wellFormed($("[data-field-error]").text())).toBe(parsed(value));
    expect(wellFormed($("[data-component-error]").text())).toBe(`elsewhere: ${parsed(value)}`);
    expect(wellFormed($("[name=text]").attr("value"))).toBe(parsed(value));
  });

  it.each(VALUES)("stays a value in a whole page: %j", async (value) => {
    const page = pagePath([{ name: "desk" }]);
    const answer = await sendForm(
      stage,
      "/components/desk/say",
      { state: desk.state, text: value },
      { "HX-Request": "false", Referer: `${stage.http.origin}${page}` },
    );
    const $ = load(answer.body);
    expect([$("script").length, $("#c-desk q").text()]).toEqual([2, parsed(value)]);
    expect((await stage.send(heldIn(answer.body, "desk"), "add", { by: 1 })).status).toBe(200);
  });

  it.each(VALUES)("stays a value in a DOM event: %j", async (value) => {
    const answer = await sendForm(stage, "/components/desk/announce", {
      state: desk.state,
      name: value,
      detail: value,
    });
    const header = String(answer.headers["hx-trigger"]);
    expect(header).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(header)).toEqual({ [wellFormed(value)]: { detail: wellFormed(value) } });
  });
});
