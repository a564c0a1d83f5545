import { expect } from "vitest";
import { enteredIn, messagesIn, summaryIn } from "../support/form-html.js";
import type { Audit } from "./audit.js";
import { forms } from "./fixtures/forms.js";
import { ENTERED, entered, shown, TAKEN } from "./fixtures/orders.js";
import { textIn } from "./html.js";

const WITH_FORMS = { also: forms } as const;

export const everyForm: Audit[] = [
  {
    id: "F9.1",
    must: "a form that is accepted runs on_submit once, with what the schema made of flat, nested and repeated fields",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const answer = await stage.send(order, "submit", ENTERED);
      expect([answer.status, answer.code, textIn(answer, "output")]).toEqual([200, undefined, "1"]);
      expect(answer.trigger).toEqual({ "order:taken": {} });
      expect(answer.state).not.toBe(order.state);
      expect(stage.journal.ran).toEqual(["submit"]);
      expect(stage.journal.payloads).toEqual([TAKEN, TAKEN]);
    },
  },
  {
    id: "F9.2",
    must: "other spellings of the names and nested data with its own types mean the same",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const { day, ...typed } = TAKEN;
      const brackets = entered({
        "address.city": undefined,
        "address[city]": "Paris",
        "items[0].title": undefined,
        "items[0][title]": "Tea",
      });
      const spelt = { ...brackets, "tags[]": ["new", "rare"], tags: undefined };
      for (const payload of [spelt, { ...typed, day: "2026-07-01" }, { ...typed, day: day.toISOString() }]) {
        const answer = await stage.send(order, "submit", JSON.parse(JSON.stringify(payload)));
        expect([answer.status, answer.fields]).toEqual([200, {}]);
      }
      expect(stage.journal.payloads).toEqual(Array(6).fill(TAKEN));
    },
  },
  {
    id: "F9.3",
    must: "a box that is not ticked is false, a list without boxes is empty, one box is a list of one",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      await stage.send(
        order,
        "submit",
        entered({ news: undefined, tags: undefined, "words[0]": undefined, "words[1]": undefined }),
      );
      await stage.send(order, "submit", entered({ news: "on", tags: "used", price: "" }));
      const [first, , second] = stage.journal.payloads as (typeof TAKEN)[];
      expect(first).toMatchObject({ news: false, tags: [], words: [] });
      expect(second).toMatchObject({ news: true, tags: ["used"] });
      expect(second).not.toHaveProperty("price");
    },
  },
  {
    id: "F9.4",
    must: "what does not pass the schema never reaches on_submit, whatever it is",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const wrong: Readonly<Record<string, unknown>>[] = [
        { name: "  a  " },
        { email: "nobody" },
        { amount: "" },
        { amount: "three" },
        { amount: "0x10" },
        { amount: "1e400" },
        { amount: "2.5" },
        { amount: 100 },
        { amount: ["1", "2"] },
        { amount: null },
        { day: "2026-02-31" },
        { day: "tomorrow" },
        { day: 0 },
        { terms: undefined },
        { terms: "maybe" },
        { news: "maybe" },
        { colour: "pink" },
        { colour: "" },
        { colour: ["red"] },
        { tags: ["new", "pink"] },
        { tags: ["new", "used", "rare"] },
        { "address.city": "" },
        { "address.city": undefined, "address.zip": undefined, address: "Paris" },
        { "items[1].count": "0" },
        { "items[0].title": "", "items[1].title": undefined },
        { "items[2].title": "a", "items[2].count": "1", "items[3].title": "b", "items[3].count": "1" },
        { again: "something else" },
        { again: undefined },
      ];
      for (const but of wrong) {
        const answer = await stage.send(order, "submit", entered(but));
        expect([but, answer.status, answer.code]).toEqual([but, 422, "invalid"]);
        expect(Object.keys(answer.fields).length).toBeGreaterThan(0);
      }
      expect(stage.journal).toMatchObject({ ran: [], payloads: [] });
    },
  },
  {
    id: "F9.5",
    must: "what is refused is 422 with the full root: messages beside the fields, what was entered, links, a new seal",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const but = {
        name: "<i",
        amount: "many",
        day: "",
        terms: undefined,
        colour: undefined,
        "address.city": "",
        "items[1].count": "0",
      };
      const answer = await stage.send(order, "submit", entered(but));
      const messages = {
        name: ["Write at least three letters"],
        amount: ["Write a number"],
        day: ["Choose a day"],
        terms: ["Please agree"],
        colour: ["Choose a colour"],
        "address.city": ["Which city?"],
        "items[1].count": ["At least one"],
      };
      expect([answer.status, answer.code, answer.component_id]).toEqual([422, "invalid", "c-order"]);
      expect(answer.fields).toEqual(messages);
      expect(messagesIn(answer.html)).toEqual(messages);
      expect(enteredIn(answer.html)).toEqual(shown(but));
      const { lines, dead } = summaryIn(answer.html);
      expect(lines.slice(0, 2)).toEqual(["Name: Write at least three letters", "Amount: Write a number"]);
      expect([lines.length, dead]).toEqual([7, []]);
      const full = entered({
        tags: ["new", "used", "rare"],
        "items[2].title": "a",
        "items[2].count": "1",
        "items[3].title": "b",
        "items[3].count": "1",
      });
      const many = await stage.send(answer, "submit", full);
      expect(messagesIn(many.html)).toEqual({ tags: ["Two at most"], items: ["At most three items"] });
      expect(summaryIn(many.html)).toMatchObject({
        lines: ["Tags: Two at most", "Items: At most three items"],
        dead: [],
      });
      const mended = await stage.send(answer, "submit", ENTERED);
      expect([mended.status, messagesIn(mended.html)]).toEqual([200, {}]);
    },
  },
  {
    id: "F9.6",
    must: "messages stay until they are mended, through every event after the one that was refused",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const refused = await stage.send(order, "submit", entered({ name: "a", amount: "0" }));
      const changed = await stage.send(refused, "field_change", {
        ...entered({ amount: "0" }),
        _field: "name",
        _form: "1",
      });
      expect(messagesIn(changed.html)).toEqual({ amount: ["At least one"] });
      const added = await stage.send(changed, "add_row", { ...entered({ amount: "0" }), _field: "items", _form: "1" });
      expect(messagesIn(added.html)).toMatchObject({ amount: ["At least one"], "items[2].count": ["How many?"] });
      const peeked = await stage.send(added, "peek");
      expect(messagesIn(peeked.html)).toEqual(messagesIn(added.html));
      expect(stage.journal.payloads).toMatchObject([{ fieldErrors: { amount: ["At least one"] }, form: [] }]);
    },
  },
  {
    id: "F9.7",
    must: "what is wrong with the form as a whole stands in its summary and in errors.form",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const answer = await stage.send(order, "submit", entered({ again: "another-secret" }));
      expect([answer.status, answer.fields]).toEqual([422, { form: ["The passwords differ"] }]);
      expect(summaryIn(answer.html)).toEqual({ whole: ["The passwords differ"], lines: [], dead: [] });
      expect(textIn(answer, "[data-component-error]")).toBe("");
      await stage.send(answer, "peek");
      expect(stage.journal.payloads).toEqual([{ fieldErrors: {}, form: ["The passwords differ"] }]);
    },
  },
  {
    id: "F9.8",
    must: "a refusal that on_submit throws keeps what was entered, shows its messages, and drops every effect",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const answer = await stage.send(order, "submit", entered({ name: "Refused" }));
      expect([answer.status, answer.code, answer.redirect, answer.trigger]).toEqual([422, "invalid", undefined, {}]);
      expect(textIn(answer, "output")).toBe("0");
      expect(messagesIn(answer.html)).toEqual({
        email: ["Somebody has this address"],
        "items[0].title": ["Sold out"],
      });
      expect(enteredIn(answer.html)).toEqual(shown({ name: "Refused" }));
      const closed = await stage.send(answer, "submit", entered({ name: "Closed" }));
      expect([closed.status, summaryIn(closed.html).whole]).toEqual([422, ["The shop is closed"]]);
      expect(enteredIn(closed.html)).toEqual(shown({ name: "Closed" }));
      const broken = await stage.send(closed, "submit", entered({ name: "Broken" }));
      expect([broken.status, broken.html, JSON.stringify(broken).includes("hunter2")]).toEqual([500, "", false]);
      expect((await stage.send(closed, "submit", ENTERED)).status).toBe(200);
    },
  },
];
