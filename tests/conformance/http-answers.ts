import { load } from "cheerio";
import { expect } from "vitest";
import { FORM, formBody, HTMX, type RawAnswer } from "../support/http.js";
import type { Audit } from "./audit.js";
import { pagePath } from "./koa-door.js";
import type { HttpStage } from "./stage.js";

const ANN = { "x-user": "ann" } as const;

/** An event as htmx sends it from inside the instance `c-desk`. */
async function send(
  stage: HttpStage,
  event: string,
  fields: Record<string, string> = {},
  more: Record<string, string> = {},
) {
  const { state } = await stage.mount("desk");
  return stage.http.request({
    method: "POST",
    path: `${stage.prefix}/desk/${event}`,
    headers: { ...ANN, ...HTMX, ...FORM, "HX-Target": "section#c-desk", ...more },
    body: formBody({ state, ...fields }),
  });
}

function expectErrorPartial({ status, headers, body }: RawAnswer, expected: number, code: string): void {
  expect([status, headers["hx-reswap"]]).toEqual([expected, "none"]);
  expect(body).toMatch(
    new RegExp(
      '^<hx-partial hx-target="#c-desk \\[data-component-error\\]" hx-swap="innerHTML">' +
        `<p role="alert" data-code="${code}" data-error-id="[a-z0-9-]+">[^<>]+</p></hx-partial>$`,
    ),
  );
}

export const httpAnswer: Audit<HttpStage>[] = [
  {
    id: "A3.1",
    must: "every HTML answer has the headers of the protocol",
    async run(open) {
      const stage = await open({ prefix: "/components" });
      const answers = [
        await send(stage, "add", { by: "1" }),
        await send(stage, "say", { text: "a" }),
        await send(stage, "explode"),
        await send(stage, "nothing"),
        await send(stage, "leave"),
        await stage.http.request({ path: `${stage.prefix}/kiosk`, headers: { ...ANN, ...HTMX } }),
        await stage.http.request({ path: `${stage.prefix}/nobody` }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 422, 500, 404, 200, 200, 404]);
      for (const { headers } of answers) {
        expect(headers).toMatchObject({
          "content-type": "text/html; charset=utf-8",
          "cache-control": "no-store",
          vary: "HX-Request, HX-Request-Type, Accept",
          "x-content-type-options": "nosniff",
        });
      }
    },
  },
  {
    id: "A3.8",
    must: "a failure is the error partial for the error place of the sender's own root, with HX-Reswap: none",
    async run(open) {
      const stage = await open();
      expectErrorPartial(await send(stage, "forbid"), 403, "forbidden");
      expectErrorPartial(await send(stage, "nothing"), 404, "not_found");
      expectErrorPartial(await send(stage, "explode"), 500, "internal");
      // Once the seal is open the instance is known, whatever the headers say.
      expectErrorPartial(await send(stage, "explode", {}, { "HX-Target": "body" }), 500, "internal");
      expectErrorPartial(await send(stage, "add", { by: "1" }, { "x-user": "bob" }), 400, "state_invalid");
      expectErrorPartial(
        await send(stage, "add", { by: "1" }, { "Content-Type": "text/plain" }),
        415,
        "unsupported_media_type",
      );
      expectErrorPartial(
        await send(stage, "add", { by: "1" }, { "Content-Type": "application/json" }),
        400,
        "malformed",
      );
      expectErrorPartial(await send(stage, "add", { by: "1" }, { "Sec-Fetch-Site": "cross-site" }), 403, "cross_site");
    },
  },
  {
    id: "A3.15",
    must: "the error partial names no element that the request could choose",
    async run(open) {
      const stage = await open();
      for (const target of ["section#x, body", "body", 'section#c-"><script>', "html#c-A", "div#other"]) {
        const unopened = await send(stage, "nothing", {}, { "HX-Target": target });
        expect(unopened.body).toMatch(/^<hx-partial hx-target="\[data-component-error\]" /);
        const opened = await send(stage, "explode", {}, { "HX-Target": target });
        expect(opened.body).toMatch(/^<hx-partial hx-target="#c-desk \[data-component-error\]" /);
      }
    },
  },
  {
    id: "A3.32",
    must: "answers to seals that are not authentic have the same status, headers and length",
    async run(open) {
      const stage = await open();
      const { state } = await stage.mount("desk");
      const others = [state.slice(0, -4), "x", (await stage.mount("stand")).state, "A".repeat(9000)];
      const answers = [];
      for (const seal of others) answers.push(await send(stage, "add", { state: seal, by: "1" }));
      const shapes = answers.map(({ status, headers: { date: _date, ...headers }, body }) =>
        JSON.stringify({ status, headers, body: body.replace(/data-error-id="\w{10}"/, "") }),
      );
      expect(new Set(shapes).size).toBe(1);
    },
  },
  {
    id: "A3.33",
    must: "an unknown component, event and address get the same bytes and headers",
    async run(open) {
      const stage = await open();
      const paths = ["desk/nothing", "nobody/add", "Desk/add", "desk/add/more", "a/%2e%2e", "desk/%61dd", "desk", ""];
      const answers = [];
      for (const path of paths) {
        answers.push(
          await stage.http.request({ method: "POST", path: `${stage.prefix}/${path}`, headers: { ...HTMX, ...FORM } }),
        );
      }
      const [desk, ...unknown] = [answers[6] as RawAnswer, ...answers.filter((_, at) => at !== 6)];
      expect(desk.status).toBe(405);
      const shapes = unknown.map(({ status, headers: { date: _date, ...headers }, body }) =>
        JSON.stringify({ status, headers, body }),
      );
      expect([...new Set(shapes)]).toHaveLength(1);
      expect(unknown[0]?.status).toBe(404);
    },
  },
  {
    id: "A3.17",
    must: "a wrong method is 405 with Allow and an error",
    async run(open) {
      const stage = await open();
      const ask = (method: string, path: string) =>
        stage.http.request({ method, path: `${stage.prefix}/${path}`, headers: { ...ANN, ...HTMX } });
      for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const answer = await ask(method, "desk/add");
        expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, "POST"]);
        expect(answer.body).toContain('data-code="method_not_allowed"');
      }
      const mount = await ask("DELETE", "kiosk");
      expect([mount.status, mount.headers.allow]).toEqual([405, "GET, HEAD"]);
    },
  },
  {
    id: "A3.18",
    must: "a body over the limit is 413, whether or not it says its length",
    async run(open) {
      const stage = await open({ limits: { bodyBytes: 1000 } });
      const { state } = await stage.mount("desk");
      const body = formBody({ state, text: "x".repeat(1000) });
      const headers = { ...ANN, ...HTMX, ...FORM, "HX-Target": "section#c-desk" };
      const path = `${stage.prefix}/desk/say`;
      expectErrorPartial(await stage.http.request({ method: "POST", path, headers, body }), 413, "too_large");
      const chunked = stage.http.socket();
      chunked.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nHX-Request: true\r\nContent-Type: ${FORM["Content-Type"]}\r\n` +
          `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      );
      await chunked.closed;
      expect(chunked.received()).toMatch(/^HTTP\/1\.1 413 /);
      expect(chunked.received()).toContain('data-code="too_large"');
    },
  },
  {
    id: "A3.19",
    must: "a body that does not arrive in time is 408",
    async run(open) {
      const stage = await open({ limits: { bodyMs: 4000 } });
      const slow = stage.http.socket();
      slow.write(
        `POST ${stage.prefix}/desk/add HTTP/1.1\r\nHost: x\r\nHX-Request: true\r\n` +
          `Content-Type: ${FORM["Content-Type"]}\r\nContent-Length: 500\r\n\r\nstate=abc`,
      );
      await expect.poll(() => stage.clock.pending()).toBe(1);
      stage.clock.advance(4000);
      await slow.closed;
      expect(slow.received()).toMatch(/^HTTP\/1\.1 408 /);
      expect(slow.received()).toContain('data-code="request_timeout"');
    },
  },
  {
    id: "A3.34",
    must: "answers that ask to try again later say when",
    async run(open) {
      const down = () => Promise.reject(new Error("down"));
      const stage = await open({
        receiptStore: { begin: down, finish: down, abandon: down },
        limits: { callMs: 2000 },
      });
      const unavailable = await send(stage, "add", { by: "1" }, { "Idempotency-Key": "one" });
      expectErrorPartial(unavailable, 503, "unavailable");
      expect(Number(unavailable.headers["retry-after"])).toBeGreaterThan(0);
      const hanging = send(stage, "hang");
      await expect.poll(() => stage.clock.pending()).toBe(1);
      stage.clock.advance(2000);
      const late = await hanging;
      expectErrorPartial(late, 503, "timeout");
      expect(Number(late.headers["retry-after"])).toBeGreaterThan(0);
    },
  },
  {
    id: "A3.35",
    must: "a removed instance is HX-Reswap: delete with an empty body",
    async run(open) {
      const answer = await send(await open(), "leave");
      expect([answer.status, answer.headers["hx-reswap"], answer.body]).toEqual([200, "delete", ""]);
    },
  },
  {
    id: "A3.36",
    must: "nothing to show is 204 without content",
    async run(open) {
      const answer = await send(await open(), "quiet");
      expect([answer.status, answer.body, answer.headers["content-type"]]).toEqual([204, "", undefined]);
    },
  },
  {
    id: "A3.37",
    must: "a redirect for htmx is 200 with HX-Redirect and an empty body",
    async run(open) {
      const answer = await send(await open(), "go", { to: "/next?a=ü" });
      expect([answer.status, answer.headers["hx-redirect"], answer.body]).toEqual([200, "/next?a=%C3%BC", ""]);
      expect(answer.headers.location).toBeUndefined();
    },
  },
  {
    id: "A3.38",
    must: "other instances follow the main root as flat partials",
    async run(open) {
      const answer = await send(await open(), "ring", { rings: "2" });
      expect(answer.body).toMatch(
        /^<section id="c-desk" [\s\S]*<\/section><hx-partial hx-target="#c-bell" hx-swap="outerMorph"><div id="c-bell" [\s\S]*<\/div><\/hx-partial>$/,
      );
    },
  },
  {
    id: "A3.39",
    must: "a DOM event is HX-Trigger with JSON in ASCII",
    async run(open) {
      const detail = "Grüße 😀 \u2028\r\n\u007f\u0085";
      const answer = await send(await open(), "announce", { name: "desk:said", detail });
      const header = String(answer.headers["hx-trigger"]);
      expect(header).toMatch(/^[\x20-\x7e]+$/);
      expect(JSON.parse(header)).toEqual({ "desk:said": { detail } });
    },
  },
  {
    id: "A3.29",
    must: "a history restore gets the full page",
    async run(open) {
      const stage = await open();
      const page = await stage.http.request({
        path: pagePath([{ name: "desk" }]),
        headers: { ...ANN, "HX-History-Restore-Request": "true", "HX-Request-Type": "full", Accept: "*/*" },
      });
      expect(page.status).toBe(200);
      expect(page.body).toMatch(/^<!doctype html>/);
      expect(load(page.body)('[id="c-desk"]').length).toBe(1);
    },
  },
  {
    id: "A3.30",
    must: "the layout helper writes the page configuration",
    async run(open) {
      const stage = await open();
      const page = await stage.http.request({ path: pagePath([]), headers: ANN });
      expect(page.body).toContain(
        `<meta name="htmx-config" content='{"defaultSwap":"outerMorph","noSwap":[204,304,400,401,403,404,408,413,415,429,"5xx"]}'>`,
      );
    },
  },
];
