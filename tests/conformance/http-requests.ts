import { load } from "cheerio";
import { expect } from "vitest";
import { FORM, formBody, HTMX } from "../support/http.js";
import type { Audit } from "./audit.js";
import { outputIn } from "./html.js";
import { heldIn } from "./koa-door.js";
import type { HttpStage } from "./stage.js";

const DESK = "desk";

/** Sends an event over HTTP exactly as given, as htmx would. */
function post(stage: HttpStage, body: string | Buffer, type: string, query = "", event = "add") {
  return stage.http.request({
    method: "POST",
    path: `${stage.prefix}/${DESK}/${event}${query}`,
    headers: { ...HTMX, "x-user": "ann", "Content-Type": type },
    body,
  });
}

const URLENCODED = FORM["Content-Type"];

function multipart(fields: Readonly<Record<string, string>>): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join("")}--edge--\r\n`;
}

export const httpRequest: Audit<HttpStage>[] = [
  {
    id: "R1.1",
    must: "GET {prefix}/{component}?params mounts a new instance of a mountable component",
    async run(open) {
      const { http: door, prefix } = await open();
      const answer = await door.request({ path: `${prefix}/kiosk?at=4`, headers: { ...HTMX, "x-user": "ann" } });
      const other = await door.request({ path: `${prefix}/kiosk?at=4`, headers: { ...HTMX, "x-user": "ann" } });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatch(/^<article id="c-kiosk-[a-z2-7]{8}" data-component="kiosk"/);
      expect(outputIn({ html: answer.body })).toBe("4");
      const idOf = (html: string) => load(html)("article").attr("id");
      expect(idOf(other.body)).not.toBe(idOf(answer.body));
    },
  },
  {
    id: "R1.2",
    must: "a component that is not mountable answers GET like one that does not exist",
    async run(open) {
      const { http: door, prefix } = await open();
      const answers = await Promise.all(
        ["desk", "nobody", "desk?start=1"].map((rest) => door.request({ path: `${prefix}/${rest}`, headers: HTMX })),
      );
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    },
  },
  {
    id: "R1.5",
    must: "params of a GET pass the component's schema or are 422",
    async run(open) {
      const { http: door, prefix } = await open();
      const refused = await door.request({ path: `${prefix}/kiosk?at=-1`, headers: { Accept: "application/json" } });
      expect(refused.status).toBe(422);
      const { error } = JSON.parse(refused.body) as { error: { code: string; fields: object } };
      expect(error.code).toBe("invalid");
      expect(Object.keys(error.fields)).toEqual(["at"]);
    },
  },
  {
    id: "R1.6",
    must: "form-encoded, multipart and JSON bodies mean the same",
    async run(open) {
      const stage = await open();
      const { state } = await stage.mount(DESK);
      const answers = [
        await post(stage, formBody({ state, by: "3" }), URLENCODED),
        await post(stage, multipart({ state, by: "3" }), "multipart/form-data; boundary=edge"),
        await post(stage, JSON.stringify({ state, by: 3 }), "application/json"),
        await post(stage, JSON.stringify({ by: 3, state }), "Application/JSON; charset=UTF-8"),
      ];
      expect(answers.map(({ status, body }) => [status, outputIn({ html: body })])).toEqual(Array(4).fill([200, "3"]));
    },
  },
  {
    id: "R1.7",
    must: "every field but the seal, and the query string, is the payload; what the template fixed in the address wins",
    async run(open) {
      const stage = await open();
      const { state } = await stage.mount(DESK);
      const fixed = await post(stage, formBody({ state }), URLENCODED, "?by=2");
      const overridden = await post(stage, formBody({ state, by: "9" }), URLENCODED, "?by=2");
      expect([outputIn({ html: fixed.body }), outputIn({ html: overridden.body })]).toEqual(["2", "2"]);
    },
  },
  {
    id: "R1.9",
    must: "the seal comes exactly once, as text; anything else is 400 malformed",
    async run(open) {
      const stage = await open();
      const { state } = await stage.mount(DESK);
      stage.journal.ran.length = 0;
      const answers = [
        await post(stage, "by=1", URLENCODED),
        await post(stage, "", URLENCODED),
        await post(
          stage,
          formBody([
            ["state", state],
            ["by", "1"],
            ["state", state],
          ]),
          URLENCODED,
        ),
        await post(stage, formBody({ state, by: "1" }), URLENCODED, `?state=${state}`),
        await post(stage, formBody({ by: "1" }), URLENCODED, `?state=${state}`),
        await post(stage, JSON.stringify({ state: [state], by: 1 }), "application/json"),
        await post(stage, JSON.stringify({ state: { value: state }, by: 1 }), "application/json"),
        await post(stage, JSON.stringify({ state: null, by: 1 }), "application/json"),
        await post(stage, `{"state":"${state}","by":1,"state":"${state}"}`, "application/json"),
        await post(stage, `{"state":"${state}","by":1,"st\\u0061te":"${state}"}`, "application/json"),
        await post(stage, multipart({ by: "1" }), "multipart/form-data; boundary=edge"),
      ];
      for (const { status, body } of answers) {
        expect(status).toBe(400);
        expect(body).toContain('data-code="malformed"');
      }
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "R1.10",
    must: "with Accept: application/json an answer is {html, state, component_id, slots, effects}",
    async run(open) {
      const { http: door, prefix, ...stage } = await open();
      const { state } = await stage.mount(DESK);
      const headers = { Accept: "application/json", "x-user": "ann", ...FORM };
      const event = await door.request({
        method: "POST",
        path: `${prefix}/desk/add`,
        headers,
        body: formBody({ state, by: "1" }),
      });
      const mounted = await door.request({ path: `${prefix}/kiosk`, headers });
      for (const { status, body, headers: answered } of [event, mounted]) {
        expect(status).toBe(200);
        expect(answered["content-type"]).toBe("application/json; charset=utf-8");
        const answer = JSON.parse(body) as Record<string, string>;
        expect(Object.keys(answer)).toEqual(["html", "state", "component_id", "slots", "effects"]);
        expect(answer.html).toContain(`id="${answer.component_id}"`);
        expect(answer.html).toContain(answer.state);
        expect(answer.effects).toEqual({});
      }
    },
  },
  {
    id: "R1.11",
    must: "with Accept: application/json an error is {error: {code, message, id, fields?}}",
    async run(open) {
      const { http: door, prefix, ...stage } = await open();
      const { state } = await stage.mount(DESK);
      const headers = { Accept: "application/json", "x-user": "ann", ...FORM };
      const send = (event: string, body: string) =>
        door.request({ method: "POST", path: `${prefix}/desk/${event}`, headers, body });
      const failed = JSON.parse((await send("explode", formBody({ state }))).body) as Record<string, object>;
      expect(Object.keys(failed)).toEqual(["error"]);
      expect(Object.keys(failed.error ?? {})).toEqual(["code", "message", "id"]);
      const refused = JSON.parse((await send("say", formBody({ state, text: "a" }))).body) as { error: object };
      expect(refused.error).toMatchObject({ code: "invalid", fields: { text: ["Write at least three letters"] } });
    },
  },
  {
    id: "R1.12",
    must: "a body of a media type nobody reads is 415",
    async run(open) {
      const stage = await open();
      const { state } = await stage.mount(DESK);
      stage.journal.ran.length = 0;
      for (const type of ["text/plain", "application/xml", "application/jsonx", "", "multipart/mixed; boundary=edge"]) {
        const answer = await post(stage, formBody({ state, by: "1" }), type);
        expect([type, answer.status]).toEqual([type, 415]);
        expect(answer.body).toContain('data-code="unsupported_media_type"');
      }
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "R1.17",
    must: "every address in the HTML begins with the prefix the application chose",
    async run(open) {
      const stage = await open({ prefix: "/deep/parts" });
      const page = await stage.http.request({ path: "/page?placed=[{%22name%22:%22shelf%22}]" });
      const $ = load(page.body);
      const addresses = ["hx-post", "hx-get", "action", "formaction", "src"].flatMap((name) =>
        $(`[${name}]`)
          .toArray()
          .map((element) => $(element).attr(name) ?? ""),
      );
      expect(addresses.length).toBeGreaterThan(6);
      expect(addresses.filter((address) => !address.startsWith("/deep/parts/"))).toEqual([]);
      expect(heldIn(page.body, "shelf").html).toContain('hx-post="/deep/parts/shelf/rename');
    },
  },
];
