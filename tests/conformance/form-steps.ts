import { load } from "cheerio";
import { expect } from "vitest";
import { enteredIn, messagesIn } from "../support/form-html.js";
import type { Audit } from "./audit.js";
import { forms } from "./fixtures/forms.js";
import { entered } from "./fixtures/orders.js";
import { rememberedBy } from "./form-memory.js";
import { textIn } from "./html.js";
import type { Held, Reply, Stage } from "./stage.js";

const WITH_FORMS = { also: forms } as const;

/** Rows of a group, each with what stands in its controls. */
function rowsIn({ html }: Pick<Held, "html">, group: string): (string | undefined)[][] {
  const $ = load(html);
  const rows = $(`[data-field="${group}"] > [data-row]`).toArray();
  return rows.map((row) =>
    $(row)
      .find("input")
      .toArray()
      .map((control) => $(control).attr("value")),
  );
}

/** Whether rows can be added and removed, as the buttons say. */
function buttonsIn({ html }: Pick<Held, "html">, group: string): { readonly add: boolean; readonly remove: boolean[] } {
  const $ = load(html);
  const buttons = $(`[data-field="${group}"]`).find("button");
  const isOn = (button: (typeof buttons)[0]): boolean => $(button).attr("disabled") === undefined;
  const all = buttons.toArray();
  return { add: isOn(all.at(-1) as (typeof buttons)[0]), remove: all.slice(0, -1).map(isOn) };
}

const rows: Audit[] = [
  {
    id: "F9.20",
    must: "rows are added and removed within the bounds of the schema, and all else that was entered stays",
    async run(open) {
      const stage = await open(WITH_FORMS);
      let order: Held = await stage.mount("order");
      expect([rowsIn(order, "items"), buttonsIn(order, "items")]).toEqual([[["", ""]], { add: true, remove: [false] }]);
      const turn = async (event: string, more: object = {}): Promise<void> => {
        order = await stage.send(order, event, { ...enteredIn(order.html), _form: "1", _field: "items", ...more });
      };
      order = await stage.send(order, "field_change", { ...entered(), _form: "1", _field: "name" });
      await turn("add_row");
      expect(rowsIn(order, "items")).toEqual([
        ["Tea", "2"],
        ["Cake", "1"],
        ["", ""],
      ]);
      expect(buttonsIn(order, "items")).toEqual({ add: false, remove: [true, true, true] });
      await turn("add_row");
      expect(rowsIn(order, "items")).toHaveLength(3);
      await turn("remove_row", { _index: 0 });
      expect(rowsIn(order, "items")).toEqual([
        ["Cake", "1"],
        ["", ""],
      ]);
      await turn("remove_row", { _index: "1" });
      await turn("remove_row", { _index: "0" });
      await turn("remove_row", { _index: "0" });
      expect([rowsIn(order, "items"), buttonsIn(order, "items")]).toEqual([[["", ""]], { add: true, remove: [false] }]);
      expect(enteredIn(order.html)).toMatchObject({ name: " Ada ", day: "2026-07-01", tags: ["new", "rare"] });
      await turn("add_row", { _field: "words" });
      expect(rowsIn(order, "words")).toEqual([["red"], ["blue"], [""]]);
      expect(stage.journal.ran).toEqual(['changed name to " Ada "']);
    },
  },
  {
    id: "F9.21",
    must: "messages go with their rows, and none stands beside a row that moved up",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const wrong = entered({ "items[0].count": "0", "items[2].title": "Jam", "items[2].count": "1" });
      const refused = await stage.send(await stage.mount("order"), "submit", wrong);
      expect(messagesIn(refused.html)).toEqual({ "items[0].count": ["At least one"] });
      const fewer = await stage.send(refused, "remove_row", { ...wrong, _form: "1", _field: "items", _index: "0" });
      expect(messagesIn(fewer.html)).toEqual({});
      expect(rowsIn(fewer, "items")).toEqual([
        ["Cake", "1"],
        ["Jam", "1"],
      ]);
      const typing = { ...wrong, _form: "1", _field: "items[0].count" };
      const touched = await stage.send(await stage.mount("order"), "field_change", typing);
      expect(messagesIn(touched.html)).toEqual({ "items[0].count": ["At least one"] });
      const bad = { ...typing, "items[1].count": "0" };
      const moved = await stage.send(touched, "remove_row", { ...bad, _field: "items", _index: "0" });
      expect(messagesIn(moved.html)).toEqual({});
    },
  },
  {
    id: "F9.22",
    must: "a row that is not there, or a group that is none, is not changed",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.send(await stage.mount("order"), "field_change", { ...entered(), _field: "name" });
      for (const more of [
        ...[-1, 2, 0.5, "", " ", "x", "0x0", "1e0", null, [], [0], true, undefined, 1e9].map((_index) => ({ _index })),
        ...["name", "nobody", "address", "items[0]", "items[0].title", ""].map((_field) => ({ _field, _index: 0 })),
      ]) {
        const payload = JSON.parse(JSON.stringify({ _field: "items", ...more }));
        const answer = await stage.send(order, "remove_row", payload);
        expect([more, answer.status, rowsIn(answer, "items").length]).toEqual([more, 200, 2]);
      }
      for (const _field of ["name", "nobody", "address", "items[0]", "", "tags.x"]) {
        const { status, html } = await stage.send(order, "add_row", { _field });
        expect([_field, status, rowsIn({ html }, "items").length]).toEqual([_field, 200, 2]);
      }
    },
  },
];

const TRIP = { from: "Rome", days: "3" };
const GUESTS = { "guests[0].name": "Bo", pets: "on" };
const PAY = { pin: "9876", news: "on" };

function stepOf(answer: Pick<Held, "html">): string {
  return textIn(answer, "h2");
}

/** Goes through the steps before the last. */
async function toPay(stage: Stage): Promise<Reply> {
  const guests = await stage.send(await stage.mount("booking"), "next", TRIP);
  return stage.send(guests, "next", GUESTS);
}

const wizards: Audit[] = [
  {
    id: "F9.30",
    must: "a form in steps is left in both directions without losing anything, and ends with what all steps let through",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const guests = await stage.send(await stage.mount("booking"), "next", TRIP);
      expect([guests.status, stepOf(guests)]).toEqual([200, "Who comes along 2 of 3"]);
      expect(textIn(guests, "ol")).toBe("Your trip, doneWho comes alongPay");
      const typing = await stage.send(guests, "add_row", { _field: "guests", _form: "1", pets: "on" });
      const back = await stage.send(typing, "back", { ...GUESTS, _form: "1" });
      expect([stepOf(back), enteredIn(back.html), messagesIn(back.html)]).toEqual(["Your trip 1 of 3", TRIP, {}]);
      const again = await stage.send(back, "next", { from: "Oslo", days: "4" });
      expect([stepOf(again), enteredIn(again.html)]).toEqual(["Who comes along 2 of 3", GUESTS]);
      const pay = await stage.send(again, "next", GUESTS);
      const start = await stage.send(pay, "go", { ...PAY, _form: "1", _step: "0" });
      expect([stepOf(start), enteredIn(start.html)]).toEqual(["Your trip 1 of 3", { from: "Oslo", days: "4" }]);
      const end = await stage.send(await stage.send(start, "next", { from: "Oslo", days: "4" }), "next", GUESTS);
      expect(enteredIn(end.html)).toEqual({ pin: "", news: "on" });
      expect((await stage.send(end, "submit", PAY)).status).toBe(200);
      expect(stage.journal.payloads).toEqual([
        { from: "Oslo", days: 4, guests: [{ name: "Bo" }], pets: true, pin: "9876", news: true },
      ]);
    },
  },
  {
    id: "F9.31",
    must: "a step that does not pass is not left: 422 with its messages, and only its own",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const refused = await stage.send(await stage.mount("booking"), "next", { from: "", days: "x" });
      expect([refused.status, refused.code, stepOf(refused)]).toEqual([422, "invalid", "Your trip 1 of 3"]);
      expect(messagesIn(refused.html)).toEqual({ from: ["From where?"], days: ["How long?"] });
      expect(enteredIn(refused.html)).toEqual({ from: "", days: "x" });
      const next = await stage.send(refused, "next", TRIP);
      expect([next.status, messagesIn(next.html)]).toEqual([200, {}]);
    },
  },
  {
    id: "F9.32",
    must: "no step can be skipped: submit, next and go sent before their time show the first step that does not pass",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const booking = await stage.mount("booking");
      for (const payload of [
        {},
        PAY,
        { ...PAY, ...GUESTS },
        { ...PAY, ...GUESTS, ...TRIP, days: "0" },
        { step: 2, _step: "2" },
      ]) {
        const answer = await stage.send(booking, "submit", payload);
        expect([answer.status, stepOf(answer)]).toEqual([422, "Your trip 1 of 3"]);
      }
      const noGuest = await stage.send(booking, "submit", { ...PAY, ...TRIP, "guests[0].name": "" });
      expect([noGuest.status, stepOf(noGuest)]).toEqual([422, "Who comes along 2 of 3"]);
      expect(messagesIn(noGuest.html)).toEqual({ "guests[0].name": ["Name the guest"] });
      for (const _step of [1, 2, "2", -1, "", "x", null, 1e9, 0.5]) {
        const answer = await stage.send(booking, "go", { _step, step: 2, ...TRIP });
        expect([_step, answer.status, stepOf(answer)]).toEqual([_step, 200, "Your trip 1 of 3"]);
      }
      const pay = await toPay(stage);
      const further = await stage.send(await stage.send(pay, "next", PAY), "next", PAY);
      expect([further.status, stepOf(further)]).toEqual([200, "Pay 3 of 3"]);
      const early = await stage.send(await stage.mount("booking"), "next", { ...GUESTS, ...PAY, step: 2, _step: 2 });
      expect([early.status, stepOf(early)]).toEqual([422, "Your trip 1 of 3"]);
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "F9.33",
    must: "when an earlier step no longer passes, submit shows it with its messages, and the others stay filled in",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const pay = await toPay(stage);
      const broken = await stage.send(pay, "submit", { ...PAY, from: "" });
      expect([broken.status, stepOf(broken), messagesIn(broken.html)]).toEqual([
        422,
        "Your trip 1 of 3",
        { from: ["From where?"] },
      ]);
      const mended = await stage.send(broken, "next", TRIP);
      expect(enteredIn(mended.html)).toEqual(GUESTS);
      const end = await stage.send(await stage.send(mended, "next", GUESTS), "submit", PAY);
      expect([end.status, stage.journal.ran]).toEqual([200, ["submit"]]);
    },
  },
  {
    id: "F9.34",
    must: "a refusal of on_submit stands in the last step, and what is sensitive is asked again and never kept",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const refused = await stage.send(await toPay(stage), "submit", { ...PAY, from: "Nowhere" });
      expect([refused.status, stepOf(refused)]).toEqual([422, "Pay 3 of 3"]);
      expect(messagesIn(refused.html)).toEqual({ pin: ["Not this one"] });
      const back = await stage.send(refused, "back", { ...PAY, _form: "1" });
      const answers = [
        refused,
        back,
        await stage.send(back, "next", GUESTS),
        await stage.send(refused, "field_change", { ...PAY, _field: "pin" }),
      ];
      for (const answer of answers) {
        expect(JSON.stringify([answer, await rememberedBy(stage, answer)])).not.toContain("9876");
      }
      const unpaid = await stage.send(answers[2] as Reply, "submit", { news: "on" });
      expect([unpaid.status, Object.keys(messagesIn(unpaid.html))]).toEqual([422, ["pin"]]);
      expect(stage.journal.ran).toEqual(["submit"]);
    },
  },
];

export const everyStep: Audit[] = [...rows, ...wizards];
