import { load } from "cheerio";
import { expect } from "vitest";
import { FORM, formBody, HTMX, type RawAnswer } from "../support/http.js";
import type { Audit, Chapter, Open } from "./audit.js";
import { errandClass } from "./fixtures/errand.js";
import { from, heldIn, pagePath } from "./koa-door.js";
import type { HttpStage } from "./stage.js";

const BROWSER = { ...from("ann"), Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } as const;
const PAGE = pagePath([{ name: "errand" }]);

interface Shown {
  readonly stage: HttpStage;
  readonly ran: string[];
  /** What a form in the page sends beside what is entered. */
  readonly hidden: Readonly<Record<string, string>>;
}

async function openPage(open: Open<HttpStage>): Promise<Shown> {
  const ran: string[] = [];
  const stage = await open({ components: { errand: errandClass(ran) } });
  return { stage, ran, hidden: await hiddenFields(stage) };
}

/** A page that was just asked for. */
async function hiddenFields(stage: HttpStage): Promise<Readonly<Record<string, string>>> {
  return hiddenIn((await stage.http.request({ path: PAGE, headers: BROWSER })).body);
}

function hiddenIn(page: string): Readonly<Record<string, string>> {
  const inputs = load(page)("#c-errand form[action$=submit] input[type=hidden]").toArray();
  return Object.fromEntries(inputs.map(({ attribs: { name = "", value = "" } }) => [name, value]));
}

type Fields = Readonly<Record<string, string>>;

function post({ stage, hidden }: Shown, event: string, fields: Fields = {}, headers: Fields = {}): Promise<RawAnswer> {
  return stage.http.request({
    method: "POST",
    path: `${stage.prefix}/errand/${event}`,
    headers: { ...BROWSER, ...FORM, ...headers },
    body: formBody({ ...hidden, ...fields }),
  });
}

/** What a person sees of an answer, and where it leads. Seals are never twice the same, nor are ids of failures. */
function shown({ status, headers, body }: RawAnswer): unknown {
  const page = body.replace(/"[\w-]{100,}"/g, '"seal"').replace(/(&quot;state&quot;:&quot;)[\w-]+/g, "$1seal");
  return { status, location: headers.location, page: page.replace(/<code>[^<]*<\/code>/g, "") };
}

const reload: Audit<HttpStage>[] = [
  {
    id: "N4.11",
    must: "a page that is loaded again sends the same again: nothing runs twice and the same is shown",
    async run(open) {
      for (const [event, fields, status, steps] of [
        ["submit", { note: "milk" }, 200, ["schema", "submit"]],
        ["submit", { note: "" }, 422, ["schema"]],
        ["field_change", { _field: "note", note: "milk" }, 200, ["schema", "field_change"]],
        ["go", {}, 303, ["go"]],
        ["leave", {}, 200, ["leave"]],
        ["quiet", {}, 200, ["quiet"]],
        ["fail", {}, 500, ["fail"]],
      ] as const) {
        const page = await openPage(open);
        const first = await post(page, event, fields);
        expect([event, first.status, page.ran]).toEqual([event, status, steps]);
        for (let n = 0; n < 2; n++) {
          const again = await post(page, event, fields);
          if (status !== 500) expect(shown(again)).toEqual(shown(first));
          expect([event, again.status, page.ran]).toEqual([event, status, steps]);
        }
      }
    },
  },
  {
    id: "N4.12",
    must: "a form that is sent twice at the same time is carried out once",
    async run(open) {
      const page = await openPage(open);
      const both = await Promise.all([post(page, "submit", { note: "milk" }), post(page, "submit", { note: "milk" })]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect(page.ran).toEqual(["schema", "submit"]);
      for (const { body } of both) expect(load(body)("#c-errand output").text()).toBe("1");
    },
  },
  {
    id: "N4.13",
    must: "other values, another event, and the same form in a page that was asked for anew are something new",
    async run(open) {
      const page = await openPage(open);
      const first = await post(page, "submit", { note: "milk" });
      await post(page, "submit", { note: "bread" });
      await post(page, "field_change", { _field: "note", note: "milk" });
      await post({ ...page, hidden: hiddenIn(first.body) }, "submit", { note: "milk" });
      await post({ ...page, hidden: await hiddenFields(page.stage) }, "submit", { note: "milk" });
      expect(page.ran.filter((step) => step !== "schema")).toEqual([
        "submit",
        "submit",
        "field_change",
        "submit",
        "submit",
      ]);
    },
  },
  {
    id: "N4.14",
    must: "what was sent before is given to nobody else, not even by the same form",
    async run(open) {
      const page = await openPage(open);
      await post(page, "submit", { note: "milk" });
      const stolen = await post(page, "submit", { note: "milk" }, { "x-user": "bob" });
      expect([stolen.status, stolen.body.includes("milk")]).toEqual([400, false]);
      expect(page.ran).toEqual(["schema", "submit"]);
    },
  },
  {
    id: "N4.15",
    must: "an answer shown again works on: its form sends the next thing",
    async run(open) {
      const page = await openPage(open);
      await post(page, "submit", { note: "milk" });
      const again = await post(page, "submit", { note: "milk" });
      const next = await page.stage.send(heldIn(again.body, "errand"), "submit", { note: "bread", _form: "1" });
      expect([next.status, load(next.html)("output").text()]).toEqual([200, "2"]);
    },
  },
];

const MULTIPART = "multipart/form-data; boundary=edge";

function bodies(fields: Fields): readonly (readonly [type: string, body: string])[] {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return [
    [FORM["Content-Type"], formBody(fields)],
    [MULTIPART, `${parts.join("")}--edge--\r\n`],
    ["application/json", JSON.stringify(fields)],
    // What a form of another site can send without asking.
    ["text/plain", JSON.stringify(fields)],
  ];
}

const FOREIGN: readonly (readonly [what: string, headers: Fields])[] = [
  ["from a sibling of the site", { "Sec-Fetch-Site": "same-site", Origin: "http://other.127.0.0.1" }],
  ["from another site", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }],
  ["from a sandboxed frame", { "Sec-Fetch-Site": "cross-site", Origin: "null" }],
  ["from another site, by an older browser", { Origin: "https://evil.example" }],
  ["from nowhere, by an older browser", { Origin: "null" }],
  ["with a cookie and nothing that says where from", { Cookie: "session=1" }],
  ["with a cookie and an empty origin", { Cookie: "session=1", Origin: "" }],
];

const foreign: Audit<HttpStage>[] = [
  {
    id: "X7.8",
    must: "a form that another site sends is 403 in every encoding, and no schema and no handler runs",
    async run(open) {
      const page = await openPage(open);
      const { stage, hidden, ran } = page;
      for (const [what, headers] of FOREIGN) {
        for (const event of ["submit", "field_change", "go"]) {
          for (const [type, body] of bodies({ ...hidden, _field: "note", note: "milk" })) {
            for (const audience of [{}, HTMX, { Accept: "application/json" }]) {
              const answer = await stage.http.request({
                method: "POST",
                path: `${stage.prefix}/errand/${event}`,
                headers: { ...BROWSER, ...audience, ...headers, "Content-Type": type },
                body,
              });
              expect([what, event, type, answer.status, ran]).toEqual([what, event, type, 403, []]);
              expect(answer.body).toContain("cross_site");
            }
          }
        }
      }
      // The same form from the site's own page is carried out.
      expect((await post(page, "submit", { note: "milk" }, { Origin: stage.http.origin, Cookie: "a=1" })).status).toBe(
        200,
      );
    },
  },
  {
    id: "X7.9",
    must: "a refused form of another site leaves nothing behind that a later one of the person's own would meet",
    async run(open) {
      const page = await openPage(open);
      const refused = await post(page, "submit", { note: "milk" }, { Origin: "https://evil.example" });
      const own = await post(page, "submit", { note: "milk" }, { Origin: page.stage.http.origin });
      expect([refused.status, own.status, page.ran]).toEqual([403, 200, ["schema", "submit"]]);
    },
  },
];

export const plainForms: Chapter = { every: [], http: [...reload, ...foreign] };
