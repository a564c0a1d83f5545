import { load } from "cheerio";
import { memoryReceiptStore, type ReceiptStore } from "hydrant";
import { expect } from "vitest";
import { enteredIn, messagesIn, summaryIn } from "../support/form-html.js";
import type { Audit } from "./audit.js";
import { forms } from "./fixtures/forms.js";
import { ENTERED, entered, shown, TAKEN } from "./fixtures/orders.js";
import type { Held, Stage } from "./stage.js";

const WITH_FORMS = { also: forms } as const;

/** What an instance remembers, as its seal says. */
export async function rememberedBy(stage: Stage, { component, state }: Held): Promise<Record<string, unknown>> {
  const caller = { user: { id: "ann" }, session: null };
  return { ...(await stage.server.resolve({ component, state, caller, event: "field_change" })) };
}

export const formMemory: Audit[] = [
  {
    id: "F9.9",
    must: "sensitive fields are never sent back and never remembered, whatever becomes of the event",
    async run(open) {
      const stage = await open({ ...WITH_FORMS, sealMs: 60_000 });
      const order = await stage.mount("order");
      const field = { ...entered({ name: "a" }), _field: "password", _form: "1" };
      const answers = [
        await stage.send(order, "submit", entered({ name: "a" })),
        await stage.send(order, "submit", entered({ again: "hunter2-sekret" })),
        await stage.send(order, "submit", entered({ name: "Refused" })),
        await stage.send(order, "submit", ENTERED),
        await stage.send(order, "field_change", field),
        await stage.send(order, "field_change", { password: "hunter2-secret", _field: "password" }),
        await stage.send(order, "add_row", { ...field, _field: "items" }),
        await stage.send(order, "remove_row", { ...field, _field: "items", _index: 0 }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 200, 200, 200, 200, 200]);
      for (const answer of answers) expect(JSON.stringify(await rememberedBy(stage, answer))).not.toMatch(/hunter2/);
      stage.clock.advance(60_000);
      answers.push(await stage.send(order, "submit", ENTERED));
      expect(answers.at(-1)?.status).toBe(409);
      for (const answer of answers) expect(JSON.stringify(answer)).not.toMatch(/hunter2/);
      expect(JSON.stringify(stage.log.lines)).not.toMatch(/hunter2/);
    },
  },
  {
    id: "F9.14",
    must: "sensitive fields are as secret in every row and everywhere in a sensitive group",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const secrets = {
        "users[0].password": "secret-one",
        "users[1].password": "secret-two",
        "account.number": "secret-no",
        "account.code": "secret-code",
      };
      const rest = { title: "Us", "users[0].name": "Ann", "users[1].name": "" };
      const refused = await stage.send(await stage.mount("team"), "submit", { ...rest, ...secrets });
      expect([refused.status, messagesIn(refused.html)]).toEqual([422, { "users[1].name": ["Who?"] }]);
      const changed = await stage.send(refused, "field_change", { ...rest, _field: "title", _form: "1" });
      expect(messagesIn(changed.html)).toEqual({ "users[1].name": ["Who?"] });
      const fewer = await stage.send(changed, "remove_row", { ...rest, _form: "1", _field: "users", _index: "1" });
      expect([fewer.status, enteredIn(fewer.html)]).toEqual([
        200,
        { title: "Us", "users[0].name": "Ann", "users[0].password": "", "account.number": "", "account.code": "" },
      ]);
      for (const answer of [refused, changed, fewer]) {
        expect(JSON.stringify([answer, await rememberedBy(stage, answer)])).not.toContain("secret-");
      }
      const sent = await stage.send(refused, "submit", { ...rest, ...secrets, "users[1].name": "Bo" });
      expect([sent.status, stage.journal.payloads]).toMatchObject([200, [{ users: [{ password: "secret-one" }, {}] }]]);
      expect(JSON.stringify([sent, await rememberedBy(stage, sent)])).not.toContain("secret-");
    },
  },
  {
    id: "F9.15",
    must: "what is stored of a form for a second try holds nothing sensitive",
    async run(open) {
      const inner = memoryReceiptStore();
      const stored: unknown[] = [];
      const receiptStore: ReceiptStore = {
        ...inner,
        begin(...all) {
          stored.push(all);
          return inner.begin(...all);
        },
        finish(...all) {
          stored.push(all);
          return inner.finish(...all);
        },
      };
      const stage = await open({ ...WITH_FORMS, receiptStore, sealMs: 60_000 });
      const [order, booking] = [await stage.mount("order"), await stage.mount("booking")];
      const secret = { password: "hunter2-secret", _field: "password" };
      const answers = [
        await stage.send(order, "submit", entered({ name: "a" }), { idempotencyKey: "one" }),
        await stage.send(order, "submit", entered({ name: "Refused" }), { idempotencyKey: "two" }),
        await stage.send(order, "submit", entered({ name: "Broken" }), { idempotencyKey: "three" }),
        await stage.send(order, "submit", ENTERED, { idempotencyKey: "four" }),
        await stage.send(order, "field_change", secret, { idempotencyKey: "five" }),
        await stage.send(booking, "submit", { pin: "hunter2" }, { idempotencyKey: "six" }),
      ];
      stage.clock.advance(60_000);
      answers.push(await stage.send(order, "submit", ENTERED, { idempotencyKey: "seven" }));
      expect(answers.map(({ status }) => status)).toEqual([422, 422, 500, 200, 200, 422, 409]);
      expect(stored).toHaveLength(14);
      expect(JSON.stringify(stored)).not.toContain("hunter2");
    },
  },
  {
    id: "F9.10",
    must: "while a form is filled in, only fields a person has been in show messages",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const blank = { name: "a", email: "", amount: "0", _form: "1" };
      const first = await stage.send(order, "field_change", { ...blank, _field: "name" });
      expect(messagesIn(first.html)).toEqual({ name: ["Write at least three letters"] });
      const second = await stage.send(first, "field_change", { ...blank, _field: "amount" });
      expect(Object.keys(messagesIn(second.html))).toEqual(["name", "amount"]);
      expect(summaryIn(second.html).lines).toEqual([]);
      expect(enteredIn(second.html)).toMatchObject({ name: "a", amount: "0" });
      const secret = await stage.send(second, "field_change", { ...blank, password: "short", _field: "password" });
      expect(messagesIn(secret.html)).toMatchObject({ password: ["Use at least eight characters"] });
      // It is not sent back, so its being gone is no mistake.
      const later = await stage.send(secret, "field_change", { ...blank, name: "Ada", _field: "name" });
      expect(messagesIn(later.html)).toEqual({ amount: ["At least one"] });
      expect(stage.journal.ran).toEqual([
        'changed name to "a"',
        'changed amount to "0"',
        'changed password to "short"',
        'changed name to "Ada"',
      ]);
    },
  },
  {
    id: "F9.11",
    must: "a change of a field that the schema does not have changes nothing and reaches no handler",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      for (const _field of [
        "nobody",
        "",
        "address.street",
        "items[0].nobody",
        "tags.new",
        undefined,
        "form",
        "state",
      ]) {
        const answer = await stage.send(order, "field_change", {
          ...entered(),
          nobody: "x",
          _form: "1",
          ...(_field === undefined ? {} : { _field }),
        });
        expect([_field, answer.status, messagesIn(answer.html)]).toEqual([_field, 200, {}]);
        expect(await rememberedBy(stage, answer)).toMatchObject({ touched: [], submitted: false });
      }
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "F9.12",
    must: "fields beside those of the schema, and those of the form itself, are neither remembered nor handed on",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const order = await stage.mount("order");
      const more = {
        isAdmin: "true",
        orders: "99",
        formData: { name: "x" },
        submitted: "true",
        errors: { name: ["x"] },
        touched: ["name"],
        "address.admin": "1",
      };
      const refused = await stage.send(order, "submit", entered({ ...more, name: "a" }));
      const remembered = await rememberedBy(stage, refused);
      expect(new Set(Object.keys(remembered.formData as object))).toEqual(
        new Set([
          "address",
          "amount",
          "colour",
          "day",
          "email",
          "items",
          "name",
          "news",
          "note",
          "price",
          "tags",
          "terms",
          "words",
        ]),
      );
      expect(remembered).toMatchObject({ orders: 0, touched: [] });
      const { status } = await stage.send(refused, "submit", entered(more));
      expect([status, stage.journal.payloads[0]]).toEqual([200, TAKEN]);
    },
  },
  {
    id: "F9.13",
    must: "a form whose time is over is 409 and keeps what was typed; it can be sent again",
    async run(open) {
      const stage = await open({ ...WITH_FORMS, sealMs: 60_000 });
      const order = await stage.mount("order");
      stage.clock.advance(60_000);
      const late = await stage.send(order, "submit", ENTERED);
      expect([late.status, late.code]).toEqual([409, "state_expired"]);
      expect(enteredIn(late.html)).toEqual(shown());
      expect(load(late.html)('[data-component-error] [data-code="state_expired"]').length).toBe(1);
      expect(stage.journal.ran).toEqual([]);
      expect((await stage.send(late, "submit", ENTERED)).status).toBe(200);
    },
  },
];
