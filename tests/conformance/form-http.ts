import { load } from "cheerio";
import { expect } from "vitest";
import { enteredIn, messagesIn, sentBy } from "../support/form-html.js";
import { FORM, formBody, HTMX } from "../support/http.js";
import type { Audit } from "./audit.js";
import { forms } from "./fixtures/forms.js";
import { ENTERED, entered, shown, TAKEN } from "./fixtures/orders.js";
import { heldIn, pagePath } from "./koa-door.js";
import type { HttpStage } from "./stage.js";

const WITH_FORMS = { also: forms } as const;
const ANN = { "x-user": "ann" } as const;
const PAGE = pagePath([{ name: "order" }]);

/** Fields as a browser sends them: one after the other, repeated ones several times. */
function pairs(fields: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)] as const));
}

async function openPage(stage: HttpStage, path = PAGE): Promise<string> {
  return (await stage.http.request({ path, headers: ANN })).body;
}

/** Sends a form of a page as a browser without JavaScript does, with other values in its fields. */
function press(stage: HttpStage, html: string, address: string, fields: Readonly<Record<string, unknown>>) {
  const own = sentBy(html).filter(([name]) => name === "state" || name.startsWith("_"));
  return stage.http.request({
    method: "POST",
    path: address,
    headers: { ...ANN, ...FORM, Accept: "text/html" },
    body: formBody([...own, ...pairs(fields)]),
  });
}

export const httpForm: Audit<HttpStage>[] = [
  {
    id: "F9.60",
    must: "a form means the same form-encoded and as multipart",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const { state } = await stage.mount("order");
      const sent = [["state", state] as const, ["_form", "1"] as const, ...pairs(ENTERED)];
      const parts = sent.map(
        ([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      );
      const path = `${stage.prefix}/order/submit`;
      const types = {
        [FORM["Content-Type"]]: formBody(sent),
        "multipart/form-data; boundary=edge": `${parts.join("")}--edge--\r\n`,
      };
      for (const [type, body] of Object.entries(types)) {
        const headers = { ...ANN, ...HTMX, "Content-Type": type };
        expect((await stage.http.request({ method: "POST", path, headers, body })).status).toBe(200);
      }
      expect(stage.journal.payloads).toEqual(Array(4).fill(TAKEN));
    },
  },
  {
    id: "F9.61",
    must: "without JavaScript a refused form is 422 with the whole page, the first wrong field in focus, and can be sent again",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const page = await openPage(stage);
      const address = load(page)("form[data-form]").attr("action") ?? "";
      const but = { email: "nobody", amount: "many", terms: undefined };
      const refused = await press(stage, page, address, entered(but));
      expect(refused.status).toBe(422);
      const $ = load(refused.body);
      expect([$("h1").text(), $("[autofocus]").attr("name"), $("[autofocus]").length]).toEqual([
        "Fixture page",
        "email",
        1,
      ]);
      expect(messagesIn(refused.body)).toMatchObject({ email: ["Use an address such as ada@example.org"] });
      expect(enteredIn(refused.body)).toEqual(shown(but));
      const taken = await press(stage, refused.body, address, ENTERED);
      expect([taken.status, load(taken.body)("#c-order output").text(), stage.journal.ran]).toEqual([
        200,
        "1",
        ["submit"],
      ]);
      const reloaded = await press(stage, refused.body, address, ENTERED);
      expect([reloaded.status, stage.journal.ran]).toEqual([200, ["submit"]]);
    },
  },
  {
    id: "F9.62",
    must: "without JavaScript rows are added and removed by buttons of the form, and Enter in a field sends the form",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const page = await openPage(stage);
      const $ = load(page);
      const first = $("form[data-form] button").first();
      expect([first.attr("formaction"), first.attr("type") ?? "submit"]).toEqual([undefined, "submit"]);
      const add = $("[data-field=items] [data-add-row]");
      expect([add.attr("formnovalidate"), add.attr("form")]).toEqual(["", undefined]);
      const more = await press(stage, page, add.attr("formaction") ?? "", entered());
      expect([more.status, enteredIn(more.body)]).toEqual([200, shown({ "items[2].title": "", "items[2].count": "" })]);
      const remove = load(more.body)("[data-field=items] [data-row] button").first().attr("formaction") ?? "";
      const fewer = await press(stage, more.body, remove, enteredIn(more.body));
      expect(enteredIn(fewer.body)).toMatchObject({ "items[0].title": "Cake", "items[1].title": "" });
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "F9.63",
    must: "without JavaScript a form in steps goes forward and back in whole pages",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const first = await openPage(stage, pagePath([{ name: "booking" }]));
      const action = (html: string): string => load(html)("form[data-form]").attr("action") ?? "";
      const guests = await press(stage, first, action(first), { from: "Rome", days: "3" });
      const back = load(guests.body)("form[data-form] button[formaction*='/back']");
      expect(back.attr("formnovalidate")).toBe("");
      const start = await press(stage, guests.body, back.attr("formaction") ?? "", { pets: "on" });
      expect([load(start.body)("h1").text(), enteredIn(start.body)]).toEqual([
        "Fixture page",
        { from: "Rome", days: "3" },
      ]);
      const again = await press(stage, start.body, action(start.body), enteredIn(start.body));
      const pay = await press(stage, again.body, action(again.body), enteredIn(again.body));
      const end = await press(stage, pay.body, action(pay.body), { pin: "9876" });
      expect([pay.status, end.status]).toEqual([200, 200]);
      expect(stage.journal.payloads).toEqual([
        { from: "Rome", days: 3, guests: [], pets: true, pin: "9876", news: false },
      ]);
    },
  },
  {
    id: "F9.64",
    must: "a page that shows a record of somebody else says so in its place, and shows everything else",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const path = pagePath([{ name: "profile", args: { id: 2, key: "a" } }, { name: "order" }]);
      const page = await openPage(stage, path);
      expect(load(page)("[data-refused=forbidden]").length).toBe(1);
      expect(page).not.toMatch(/secretive|1111/);
      expect(heldIn(page, "order").state).not.toBe("");
    },
  },
];
