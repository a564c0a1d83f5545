import { type ComponentClass, FormComponent, type FormHelpers, type Schema, type View } from "hydrant";
import { html, type TaggedTemplate, taggedRenderer } from "hydrant/tagged";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { forms } from "../conformance/fixtures/forms.js";
import type { Journal } from "../conformance/fixtures/journal.js";
import { ENTERED, entered } from "../conformance/fixtures/orders.js";
import { TAGGED } from "../conformance/fixtures/tagged-templates.js";
import { koaDoor } from "../conformance/koa-door.js";
import { type Held, type HttpStage, type Reply, type StageOptions, stageParts } from "../conformance/stage.js";
import { sendBody, sendForm, stillAnswers } from "../support/desk-stage.js";
import { enteredIn, messagesIn } from "../support/form-html.js";
import { FORM } from "../support/http.js";
import { MULTIPART, multipart } from "../support/multipart.js";

/** What reached the schema of `letter`, whatever it said to it. */
const seen: unknown[] = [];

/** The same schema, watched. */
function watched<S extends Schema>(schema: S): S {
  const { validate, ...rest } = schema["~standard"];
  const watching = (value: unknown): ReturnType<typeof validate> => {
    seen.push(value);
    return validate(value);
  };
  return { "~standard": { ...rest, validate: watching } } as unknown as S;
}

const letterSchema = watched(
  z.object({
    // Each takes time that grows with the square of a text's length, or worse.
    trimmed: z.string().max(40).regex(/\s+$/),
    repeated: z
      .string()
      .max(40)
      .regex(/x*x*x*y$/),
    plain: z.string().max(100),
    rows: z.array(z.string().max(10)).max(5),
  }),
);

const looseSchema = v.object({ name: v.string(), tick: v.optional(v.string()), pick: v.optional(v.string()) });

function own(journal: Journal): Record<string, ComponentClass> {
  class Letter extends FormComponent<typeof letterSchema> {
    static override template = "letter";
    static override schema = letterSchema;
    on_submit() {
      journal.ran.push("letter");
    }
  }
  class Loose extends FormComponent<typeof looseSchema> {
    static override template = "loose";
    static override schema = looseSchema;
    static override sensitive = ["secret"];
    on_submit() {
      journal.ran.push("loose");
    }
  }
  class Sealed extends Letter {
    static override offers = "sealed" as const;
  }
  return { ...forms(journal), letter: Letter, sealed: Sealed, loose: Loose };
}

type FormView = View & FormHelpers;

const templates: Readonly<Record<string, TaggedTemplate>> = {
  ...TAGGED.templates,
  letter: (view) => {
    const { root, form, form_errors, field } = view as FormView;
    const names = ["trimmed", "repeated", "plain", "rows"];
    return html`<section ${root()}><form ${form({ check: true })}>${form_errors()}${names.map((name) => field(name))}</form></section>`;
  },
  loose: (view) => {
    const { root, form, form_errors, field } = view as FormView;
    return html`<section ${root()}><form ${form()}>${form_errors()}${field("name")}${field("name", { type: "textarea" })}
      ${field("tick", { type: "checkbox" })}${field("pick", { choices: ["a", "b"] })}${field("pick", { type: "radio", choices: ["a", "b"] })}</form></section>`;
  },
};

let stage: HttpStage;
let order: Held;
let booking: Held;

beforeAll(async () => {
  const options: StageOptions = { also: own };
  stage = await koaDoor.open(stageParts(taggedRenderer({ ...TAGGED, templates }), options), options);
  order = await stage.mount("order");
  booking = await stage.mount("booking");
});
afterAll(() => stage.close());

/** Whatever was sent: nothing went wrong on the server, nothing ran, nothing reached a prototype. */
afterEach(async () => {
  expect(stage.log.lines.splice(0).filter(({ level }) => level === "error")).toEqual([]);
  expect(stage.journal.ran.splice(0).filter((line) => !line.startsWith("changed"))).toEqual([]);
  stage.journal.payloads.length = 0;
  seen.length = 0;
  expect([Object.keys(Object.prototype), "polluted" in {}]).toEqual([[], false]);
  expect(await stillAnswers(stage)).toBe(true);
  stage.journal.ran.length = 0;
});

function expectRefused(answer: Reply, ...names: readonly string[]): void {
  expect([answer.status, answer.code]).toEqual([422, "invalid"]);
  expect(Object.keys(answer.fields)).toEqual(expect.arrayContaining([...names]));
}

const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  "",
  " ",
  "x",
  [],
  [[]],
  [null],
  ["x", ["y"]],
  {},
  { a: 1 },
  { toString: 1, valueOf: 1 },
  { toJSON: 1, hasOwnProperty: 1 },
  { length: 3, 0: "x" },
  { "~standard": {}, $: "Date", v: 0 },
  [{ toString: 1 }],
  [{ title: { toString: 1 }, count: [[1]] }],
];

describe("fields", () => {
  it("that are missing are each asked for, and none of them is made up", async () => {
    const answer = await stage.send(order, "submit", {});
    expectRefused(answer, "name", "email", "password", "amount", "day", "terms", "colour", "items");
    expect(Object.keys(messagesIn(answer.html))).toContain("address.city");
    expectRefused(await stage.send(await stage.mount("letter"), "submit", {}), "trimmed", "repeated", "plain");
  });

  it("that nobody asked for are passed over, a thousand of them as well", async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`extra${index}.a[${index}]`, "x"]));
    const answer = await stage.send(order, "submit", { ...entered({ name: "a" }), ...many });
    expectRefused(answer, "name");
    expect(answer.html).not.toContain("extra");
    expect(answer.state.length).toBeLessThan(2000);
  });

  it.each([
    "name",
    "password",
    "amount",
    "price",
    "day",
    "news",
    "terms",
    "colour",
    "tags",
    "words",
    "words[0]",
    "address",
    "address.city",
    "items",
    "items[0]",
    "items[0].title",
    "note",
  ])("of every type where %s is asked for are refused or read, and shown again without harm", async (name) => {
    const others = Object.entries(entered({ name: name === "name" ? "Ada" : "a" }));
    const apart = others.filter(([one]) => one !== name && !one.startsWith(`${name}.`) && !one.startsWith(`${name}[`));
    const rest = Object.fromEntries(apart.filter(([one]) => !name.startsWith("items[") || !one.startsWith("items[0]")));
    for (const value of ODD) {
      const wrong = name === "name" ? { email: "nobody" } : {};
      const answer = await stage.send(order, "submit", { ...rest, ...wrong, [name]: value });
      expect([name, value, answer.status]).toEqual([name, value, 422]);
      const changed = await stage.send(answer, "field_change", { ...rest, [name]: value, _field: name, _form: "1" });
      expect([name, value, changed.status]).toEqual([name, value, 200]);
      const added = await stage.send(changed, "add_row", { [name]: value, _field: "items" });
      expect([name, value, added.status]).toEqual([name, value, 200]);
    }
  });

  it.each(["__proto__", "constructor", "prototype", "address.__proto__", "items[0][constructor]", "a[prototype].b"])(
    "that reach for a prototype are refused in every kind of body: %s",
    async (name) => {
      const fields = { state: order.state, ...ENTERED, tags: "new", [name]: "polluted" };
      const path = "/components/order/submit";
      const parts = Object.entries(fields).map(([one, value]) => ({ name: one, value: String(value) }));
      const json = JSON.stringify({ state: order.state, name: "Ada", ...JSON.parse(`{"${name}":{"polluted":true}}`) });
      const nested = `{"state":"${order.state}","address":{"${name}":{"polluted":true}}}`;
      for (const answer of [
        await sendForm(stage, path, Object.entries(fields) as [string, string][]),
        await sendBody(stage, path, multipart(parts), MULTIPART),
        await sendBody(stage, path, json, { "Content-Type": "application/json" }),
        await sendBody(stage, path, nested, { "Content-Type": "application/json" }),
        await sendForm(stage, `${path}?${encodeURIComponent(name)}=x`, { state: order.state }),
      ]) {
        expect([answer.status, /data-code="(\w+)"/.exec(answer.body)?.[1]]).toEqual([400, "malformed"]);
      }
    },
  );

  it.each([
    { items: [], "items[0].title": "x" },
    { address: "x", "address.city": "y" },
    { "address.city": "x", "address[city]": "y" },
    { "items[0].title": "x", "items.title": "y" },
    { "items[0]": "x", "items[0].title": "y" },
    { tags: ["new"], "tags[]": ["new"] },
    { [`a${".a".repeat(16)}`]: "x" },
    { [`a${"[0]".repeat(16)}`]: "x" },
    { [`items${"[0]".repeat(10_000)}`]: "x" },
    { [`${"x.".repeat(30_000)}x`]: "x" },
  ])("that contradict each other, or are nested too deep, are refused: %#", async (fields) => {
    const answer = await stage.send(order, "submit", fields);
    expect([answer.status, answer.code]).toEqual([400, "malformed"]);
  });

  it.each([
    "",
    ".",
    "..",
    "[",
    "]",
    "[]",
    "a[",
    "a]",
    "a..b",
    "a[[0]]",
    "items[-1].title",
    "items[1e9].title",
    "items[ 0 ]",
    "\u0000",
    "\ud800",
    "name\n",
    "%",
  ])("with a name that is none are passed over: %j", async (name) => {
    const answer = await stage.send(order, "submit", { ...entered({ name: "a", items: undefined }), [name]: "x" });
    expect([422, 400]).toContain(answer.status);
    const changed = await stage.send(order, "field_change", { [name]: "x", _field: name });
    expect([200, 400]).toContain(changed.status);
  });
});

describe("values", () => {
  it.each([
    "2026-02-30",
    "2026-13-01",
    "0000-00-00",
    "-2026-01-01",
    "2026-1-1",
    "26-01-01",
    "2026-01-01T25:00",
    "2026-W01-1",
    "now",
    "Thu, 01 Jan 1970",
    "99999999999999",
    "+275761-01-01",
    "２０２６-０１-０１",
    "2026-01-01\u0000",
  ])("that are no date are refused and shown as they were typed: %j", async (day) => {
    const answer = await stage.send(order, "submit", entered({ day }));
    expectRefused(answer, "day");
    expect(enteredIn(answer.html).day).toBe(day.replace("\u0000", "\ufffd"));
  });

  it.each([
    "1e400",
    "-1e400",
    "9".repeat(400),
    `0.${"0".repeat(400)}1`,
    "Infinity",
    "NaN",
    "0x10",
    "0b1",
    "1_000",
    "1,5",
    "１２",
    "१२",
    "--1",
    "1e",
    "e1",
    ".",
    "1 2",
    "1n",
    "null",
    "-0",
  ])("that are no number that fits are refused: %j", async (amount) => {
    expectRefused(await stage.send(order, "submit", entered({ amount })), "amount");
  });

  it("that are half a pair of surrogates go through and come back", async () => {
    const odd = { name: "\ud800abc\udfff", "address.city": "\udc00", note: "\ud83d" };
    const answer = await stage.send(order, "submit", entered({ ...odd, email: "x" }));
    expectRefused(answer, "email");
    // JSON can say them; as bytes of HTML they are replacement characters.
    expect(enteredIn(answer.html)).toMatchObject(odd);
    const again = await stage.send(answer, "field_change", { _field: "email", email: "ada@example.org" });
    expect([again.status, messagesIn(again.html)]).toEqual([200, {}]);
  });

  it("of 64 KB in every field are refused beside the field", async () => {
    for (const [name, text] of Object.entries({
      name: "x".repeat(65_536),
      email: "@".repeat(65_536),
      amount: "1".repeat(65_536),
      price: `1e${"0".repeat(65_536)}x`,
      day: "2026-01-01".repeat(6554),
      colour: "red".repeat(20_000),
      terms: "on".repeat(30_000),
      note: "\u0000".repeat(65_536),
      "items[1].count": " ".repeat(65_536),
    })) {
      const answer = await stage.send(order, "submit", entered({ [name]: text }));
      expectRefused(answer, name);
      const live = await stage.send(order, "field_change", { [name]: text, _field: name });
      expect([name, live.status]).toEqual([name, 200]);
    }
  });

  it.each([
    ["spaces before a letter", `${" ".repeat(65_535)}x`],
    ["one letter", "x".repeat(65_536)],
    ["spaces between letters", `x${" ".repeat(65_534)}x`],
    ["letters that almost fit", `${"x".repeat(65_535)}z`],
    ["half pairs", "\ud800".repeat(20_000)],
  ])("that are costly for a pattern reach it cut short: %s", async (_what, text) => {
    const letter = await stage.mount("letter");
    const answer = await stage.send(letter, "submit", { trimmed: text, repeated: text, plain: text, rows: [text] });
    expectRefused(answer, "trimmed", "repeated", "plain", "rows[0]");
    await stage.send(answer, "field_change", { trimmed: text, repeated: text, _field: "trimmed" });
    expect(seen).toHaveLength(2);
    // A character may be two of JavaScript's units; no text that is accepted is longer.
    for (const value of seen as Record<string, string>[]) {
      expect([value.trimmed?.length, value.repeated?.length, value.plain?.length]).toEqual([81, 81, 201]);
    }
  });
});

describe("rows", () => {
  const none = entered(Object.fromEntries(Object.keys(ENTERED).map((name) => [name, undefined])));

  it("by the ten thousand are refused in every kind of body before any schema sees them", async () => {
    const letter = await stage.mount("letter");
    const rows = Array.from({ length: 10_000 }, (_, index) => [`rows[${index}]`, "x"] as const);
    const path = "/components/letter/submit";
    const answers = [
      await sendForm(stage, path, [["state", letter.state], ...rows]),
      await sendForm(stage, path, [["state", letter.state], ...rows.map(() => ["rows", "x"] as const)]),
      await sendBody(stage, path, JSON.stringify({ state: letter.state, rows: rows.map(() => "x") }), {
        "Content-Type": "application/json",
      }),
      await sendBody(
        stage,
        path,
        multipart([{ name: "state", value: letter.state }, ...rows.map(([name, value]) => ({ name, value }))]),
        MULTIPART,
      ),
    ];
    for (const { status, body } of answers) {
      expect([status, /data-code="(\w+)"/.exec(body)?.[1]]).toEqual([400, "malformed"]);
    }
    expect(seen).toEqual([]);
  });

  it("that are many, but not too many to read, are refused for their number", async () => {
    const items = Array.from({ length: 600 }, () => ({ title: "Tea", count: 1 }));
    const answer = await stage.send(order, "submit", { ...none, items });
    expectRefused(answer, "items");
    const words = await stage.send(order, "submit", { ...none, words: Array.from({ length: 1900 }, () => "ab") });
    expectRefused(words, "words");
    const more = await stage.send(words, "add_row", { _field: "words" });
    expect(more.status).toBe(200);
  });

  it("with numbers of their own only say in what order they come", async () => {
    const rows = { "rows[999999999999999]": "b", "rows[7]": "a", "rows[1e3]": "x", "rows[-1]": "x", "rows[0x1]": "x" };
    const answer = await stage.send(await stage.mount("letter"), "submit", {
      "rows[999999999999999]": "b",
      "rows[7]": "a",
    });
    expect((seen[0] as { rows: unknown }).rows).toEqual(["a", "b"]);
    expect(enteredIn(answer.html)).toMatchObject({ "rows[0]": "a", "rows[1]": "b" });
    expect((await stage.send(answer, "submit", rows)).status).toBe(400);
  });
});

const HOSTILE: readonly unknown[] = [
  "__proto__",
  "constructor",
  "__proto__.polluted",
  "items[0].__proto__.polluted",
  "toString",
  "x".repeat(65_536),
  `items${".x".repeat(16)}`,
  `items${"[0]".repeat(10_000)}`,
  "items[1e9]",
  "items[1000000000].title",
  "items[-1]",
  "items[NaN]",
  "",
  "\u0000",
  "\ud800",
  "<script>",
  '"><img src=x onerror=alert(1)>',
  null,
  true,
  Number.MAX_SAFE_INTEGER,
  -1,
  1e9,
  1e308,
  "NaN",
  "-1",
  "1e9",
  "0x0",
  [],
  ["items"],
  [["items"]],
  {},
  { toString: 1, valueOf: 1 },
  { length: 1 },
];

describe("what a form's own buttons send, forged", () => {
  it.each(HOSTILE)("as _field, _index, _key, _step and _form: %j", async (value) => {
    for (const [event, more] of [
      ["field_change", { _field: value }],
      ["field_change", { _form: value, _field: "name" }],
      ["upload", { _field: value }],
      ["add_row", { _field: value }],
      ["remove_row", { _field: value, _index: 0 }],
      ["remove_row", { _field: "items", _index: value }],
      ["remove_file", { _field: value, _key: value }],
    ] as const) {
      const answer = await stage.send(order, event, { ...more, name: "Ada" });
      expect([event, more, answer.status === 200 || answer.status === 400]).toEqual([event, more, true]);
      expect(answer.html).not.toMatch(/<script|<img/);
    }
    for (const event of ["go", "back", "next"]) {
      const answer = await stage.send(booking, event, { _step: value, step: value });
      expect([event, [200, 422].includes(answer.status)]).toEqual([event, true]);
      expect(answer.html).toContain("Your trip");
    }
    const query = new URLSearchParams([
      ["_field", String(typeof value === "object" ? "items" : value).slice(0, 500)],
      ["_field", "items"],
      ["_index", "0"],
      ["_index", "1"],
    ]);
    const twice = await sendForm(stage, `/components/order/remove_row?${query}`, { state: order.state });
    expect([200, 400]).toContain(twice.status);
  });

  it("for rows where a list stands in no list's place is refused", async () => {
    const nested = await stage.send(order, "add_row", { _field: "items[5].title" });
    expect(nested.status).toBe(200);
    const contradiction = await stage.send(order, "add_row", { _field: "items", "items.x": "1" });
    expect([200, 400]).toContain(contradiction.status);
  });

  it("is refused where only what was offered can be called", async () => {
    const sealed = await stage.mount("sealed");
    for (const [event, payload, status] of [
      ["add_row", { _field: "rows" }, 200],
      ["add_row", { _field: "plain" }, 403],
      ["add_row", {}, 403],
      ["remove_row", { _field: "rows", _index: 0 }, 403],
      ["field_change", { _field: "plain", plain: "x" }, 200],
      ["field_change", { _field: "rows" }, 403],
      ["submit", { plain: "x" }, 422],
      ["remove_file", { _field: "plain", _key: "x" }, 403],
      ["upload", { _field: "plain" }, 403],
    ] as const) {
      const answer = await stage.send(sealed, event, payload);
      expect([event, payload, answer.status]).toEqual([event, payload, status]);
    }
  });

  it.each([
    ["order", "next"],
    ["order", "go"],
    ["order", "back"],
    ["order", "reset"],
    ["order", "on_submit"],
    ["order", "saved"],
    ["booking", "saved"],
  ])("is not found where the form has no such event: %s/%s", async (component, event) => {
    const answer = await stage.send(component === "order" ? order : booking, event, {});
    expect([answer.status, answer.code]).toEqual([404, "not_found"]);
  });

  it("with the seal of another form, another person or none is refused", async () => {
    const bobs = await stage.mount("order", {}, "bob");
    for (const state of [booking.state, bobs.state, (await stage.mount("letter")).state, "", "x", `${order.state}x`]) {
      for (const event of ["submit", "field_change", "add_row", "upload"]) {
        const answer = await stage.send({ ...order, state }, event, entered());
        expect([answer.status, answer.code]).toEqual([400, "state_invalid"]);
      }
    }
  });
});

describe("a form whose schema does not describe itself", () => {
  it.each(ODD)("takes and shows whatever comes: %j", async (value) => {
    const loose = await stage.mount("loose");
    for (const name of ["name", "tick", "pick", "other"]) {
      const answer = await stage.send(loose, "submit", { [name]: value, secret: "hidden-one" });
      if (answer.status === 200) expect([name, stage.journal.ran.splice(0)]).toEqual(["name", ["loose"]]);
      else expect([name, answer.status]).toEqual([name, 422]);
      const changed = await stage.send(answer, "field_change", { [name]: value, _field: name });
      expect([name, changed.status]).toEqual([name, 200]);
      expect(JSON.stringify([answer, changed])).not.toContain("hidden-one");
    }
  });
});

describe("a body that is no form", () => {
  it.each(["", "&&&", "=", "=x", "a", "%", "%00=%00", "_field", "_form=1&_form=1"])(
    "is refused for its seal: %j",
    async (body) => {
      const answer = await sendBody(stage, "/components/order/submit", body, FORM);
      expect([answer.status, /data-code="(\w+)"/.exec(answer.body)?.[1]]).toEqual([400, "malformed"]);
    },
  );
});
