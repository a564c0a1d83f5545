import { expect } from "vitest";
import { FORM, formBody, HTMX, type RawAnswer } from "../support/http.js";
import type { Audit, Chapter } from "./audit.js";
import type { HttpStage } from "./stage.js";

const BASE = { "x-user": "ann", ...FORM, ...HTMX } as const;

async function send(stage: HttpStage, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
  const { state } = await stage.mount("desk");
  stage.journal.ran.length = 0;
  return stage.http.request({
    method: "POST",
    path: `${stage.prefix}/desk/add`,
    headers: { ...BASE, ...headers },
    body: formBody({ state, by: "1" }),
  });
}

async function expectAnswered(stage: HttpStage, headers: Readonly<Record<string, string>>): Promise<void> {
  const answer = await send(stage, headers);
  expect([headers, answer.status, stage.journal.ran]).toEqual([headers, 200, ["add 1"]]);
}

async function expectRefused(stage: HttpStage, headers: Readonly<Record<string, string>>): Promise<void> {
  const answer = await send(stage, headers);
  expect([headers, answer.status, stage.journal.ran]).toEqual([headers, 403, []]);
  expect(answer.body).toContain("cross_site");
}

const COOKIE = { Cookie: "theirs=1" } as const;
const FOREIGN = { Origin: "https://evil.example" } as const;

const http: Audit<HttpStage>[] = [
  {
    id: "X7.1",
    must: "Sec-Fetch-Site decides: same-origin and none are answered, same-site and cross-site are not",
    async run(open) {
      const stage = await open();
      for (const site of ["same-origin", "none"]) await expectAnswered(stage, { "Sec-Fetch-Site": site, ...COOKIE });
      for (const site of ["same-site", "cross-site", "", "SAME-ORIGIN", "same-origin, none"]) {
        await expectRefused(stage, { "Sec-Fetch-Site": site });
      }
    },
  },
  {
    id: "X7.2",
    must: "Sec-Fetch-Site goes before Origin",
    async run(open) {
      const stage = await open();
      await expectRefused(stage, { "Sec-Fetch-Site": "cross-site", Origin: stage.http.origin });
      await expectAnswered(stage, { "Sec-Fetch-Site": "same-origin", ...FOREIGN });
    },
  },
  {
    id: "X7.3",
    must: "without Sec-Fetch-Site the Origin must be the application's own",
    async run(open) {
      const stage = await open();
      const { origin, port } = stage.http;
      await expectAnswered(stage, { Origin: origin, ...COOKIE });
      for (const other of [
        "https://evil.example",
        "null",
        "",
        `https://127.0.0.1:${port}`,
        `http://127.0.0.1:${port + 1}`,
        `${origin}.evil.example`,
        `http://localhost:${port}`,
      ]) {
        await expectRefused(stage, { Origin: other });
      }
    },
  },
  {
    id: "X7.4",
    must: "with neither, a request is answered only when it carries no cookie",
    async run(open) {
      const stage = await open();
      await expectAnswered(stage, {});
      await expectRefused(stage, COOKIE);
    },
  },
  {
    id: "X7.5",
    must: "an origin the application names may send events",
    async run(open) {
      const stage = await open();
      await expectAnswered(stage, { "Sec-Fetch-Site": "cross-site", Origin: "https://friend.example", ...COOKIE });
      await expectRefused(stage, { "Sec-Fetch-Site": "cross-site", Origin: "https://friend.example.evil.example" });
    },
  },
  {
    id: "X7.6",
    must: "no decision rests on Accept, Content-Type or HX-Request",
    async run(open) {
      const stage = await open();
      const { state } = await stage.mount("desk");
      for (const accept of ["application/json", "text/html", "*/*"]) {
        for (const hx of [{}, HTMX]) {
          for (const [type, body] of [
            ["application/json", JSON.stringify({ state, by: 1 })],
            [FORM["Content-Type"], formBody({ state, by: "1" })],
          ] as const) {
            const answer = await stage.http.request({
              method: "POST",
              path: `${stage.prefix}/desk/add`,
              headers: { "x-user": "ann", Accept: accept, "Content-Type": type, ...hx, "Sec-Fetch-Site": "cross-site" },
              body,
            });
            expect(answer.status).toBe(403);
          }
        }
      }
      expect(stage.journal.ran).toEqual(["mount"]);
    },
  },
  {
    id: "X7.7",
    must: "the anonymous session's cookie is HttpOnly and SameSite=Lax, and only pages and mounts set it",
    async run(open) {
      const stage = await open();
      const mounted = await stage.http.request({ path: `${stage.prefix}/kiosk`, headers: HTMX });
      const [cookie = ""] = mounted.headers["set-cookie"] ?? [];
      expect(cookie).toMatch(/^hydrant\w*=[a-z2-7]{26}\.[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
      const again = await stage.http.request({
        path: `${stage.prefix}/kiosk`,
        headers: { ...HTMX, Cookie: cookie.split(";")[0] as string },
      });
      expect(again.headers["set-cookie"]).toBeUndefined();
      expect((await send(stage, {})).headers["set-cookie"]).toBeUndefined();
    },
  },
];

export const crossSite: Chapter = { every: [], http };
