import { expect } from "vitest";
import { FORM, formBody, HTMX } from "../support/http.js";
import type { Audit, Chapter, Open } from "./audit.js";
import { cartClass, parcelClass, stallClass } from "./fixtures/cart.js";
import { Tray } from "./fixtures/components.js";
import { from } from "./koa-door.js";
import type { Held, HttpStage, Stage } from "./stage.js";

type Payload = Readonly<Record<string, unknown>>;

async function openCart<S extends Stage>(open: Open<S>) {
  const ran: string[] = [];
  const components = {
    cart: cartClass(ran),
    free: cartClass(ran, "open"),
    stall: stallClass(ran),
    tray: Tray,
    parcel: parcelClass(ran),
  };
  const stage = await open({ components, people: { staff: { isStaff: true } } });
  return { stage, ran };
}

async function expectRuns(stage: Stage, ran: string[], to: Held, event: string, payload: Payload, user = "ann") {
  ran.length = 0;
  const reply = await stage.send(to, event, payload, { user });
  expect([event, payload, reply.status, ran.length]).toEqual([event, payload, 200, 1]);
  return reply;
}

async function expectRefused(stage: Stage, ran: string[], to: Held, event: string, payload: Payload, user = "ann") {
  ran.length = 0;
  const reply = await stage.send(to, event, payload, { user });
  expect([event, payload, reply.status, reply.code, reply.html, ran]).toEqual([
    event,
    payload,
    403,
    "forbidden",
    "",
    [],
  ]);
}

const every: Audit[] = [
  {
    id: "O11.1",
    must: "what the render offered runs with the arguments that stood there, as text or as JSON has them",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const cart = await stage.ask("cart");
      for (const id of [5, "5", 7]) await expectRuns(stage, ran, cart, "remove", { id });
      await expectRuns(stage, ran, cart, "pick", { ids: [1, 2] });
      await expectRuns(stage, ran, cart, "pick", { ids: ["1", "2"] });
    },
  },
  {
    id: "O11.2",
    must: "anything else is forbidden: another value, one more, one less, another shape, another event",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const cart = await stage.ask("cart");
      for (const payload of [
        { id: 6 },
        { id: "05" },
        { id: "5 " },
        { id: "" },
        {},
        { id: 5, force: true },
        { id: 5, ids: [1, 2] },
        { id: [5] },
        { id: [[5]] },
        { id: [5, 7] },
        { id: { $: "number", v: 5 } },
        { id: { toString: "5", valueOf: "5" } },
        { id: null },
        { ID: 5 },
      ]) {
        await expectRefused(stage, ran, cart, "remove", payload);
      }
      for (const payload of [{ ids: [2, 1] }, { ids: [1] }, { ids: "1,2" }, { ids: [1, 2, 2] }, { ids: 1 }, {}]) {
        await expectRefused(stage, ran, cart, "pick", payload);
      }
      await expectRefused(stage, ran, cart, "stamp", {});
      expect(stage.log.at("error")).toEqual([]);
    },
  },
  {
    id: "O11.3",
    must: "a form takes what is entered in it, and its fixed arguments stay as they stood there",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const cart = await stage.ask("cart");
      await expectRuns(stage, ran, cart, "save", { id: 5, name: "Ann", note: "free" });
      for (const payload of [
        { id: 6, name: "Ann" },
        { name: "Ann" },
        { id: [5], name: "Ann" },
        { id: null, name: "Ann" },
      ]) {
        await expectRefused(stage, ran, cart, "save", payload);
      }
    },
  },
  {
    id: "O11.4",
    must: "what a template offers only to some runs only for them",
    async run(open) {
      const { stage, ran } = await openCart(open);
      await expectRefused(stage, ran, await stage.ask("cart"), "stamp", {});
      await expectRuns(stage, ran, await stage.ask("cart", {}, "staff"), "stamp", {}, "staff");
    },
  },
  {
    id: "O11.5",
    must: "an offer does not outlive its render: a newer seal brings only what was offered with it",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const removed = await expectRuns(stage, ran, await stage.ask("cart"), "remove", { id: 5 });
      await expectRefused(stage, ran, removed, "remove", { id: 5 });
      const empty = await expectRuns(stage, ran, removed, "remove", { id: 7 });
      await expectRefused(stage, ran, empty, "remove", { id: 7 });
      await expectRuns(stage, ran, empty, "pick", { ids: [1, 2] });
    },
  },
  {
    id: "O11.6",
    must: "an offer of another instance means nothing",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const [fives, nines] = [await stage.ask("cart", { items: "5" }), await stage.ask("cart", { items: "9" })];
      await expectRuns(stage, ran, nines, "remove", { id: 9 });
      await expectRefused(stage, ran, fives, "remove", { id: 9 });
    },
  },
  {
    id: "O11.7",
    must: "the render that shows why something was refused offers what stands in it",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const refused = await stage.send(await stage.ask("cart"), "save", { id: 5, name: "A" });
      expect([refused.status, ran]).toEqual([422, []]);
      await expectRuns(stage, ran, refused, "save", { id: 5, name: "Ann" });
      await expectRuns(stage, ran, refused, "remove", { id: 7 });
      await expectRefused(stage, ran, refused, "remove", { id: 6 });
    },
  },
  {
    id: "O11.8",
    must: "an offer is no permission: who lost the right may not use what was offered before",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const cart = await stage.ask("cart", {}, "staff");
      await expectRuns(stage, ran, cart, "clear", {}, "staff");
      stage.people.staff = {};
      await expectRefused(stage, ran, cart, "clear", {}, "staff");
      await expectRefused(stage, ran, await stage.ask("cart"), "clear", {});
    },
  },
  {
    id: "O11.9",
    must: "what stands in another component's slot is offered by the one that wrote it",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const stall = await stage.mount("stall");
      await expectRuns(stage, ran, stall, "sell", { id: 3 });
      await expectRefused(stage, ran, stall, "sell", { id: 4 });
    },
  },
  {
    id: "O11.10",
    must: "a form's own events are offers as well: only fields that are checked can be asked about",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const parcel = await stage.mount("parcel");
      await expectRuns(stage, ran, parcel, "field_change", { _field: "title", title: "a", amount: "" });
      await expectRefused(stage, ran, parcel, "field_change", { _field: "amount", amount: "1" });
      await expectRefused(stage, ran, parcel, "add_row", { _field: "title" });
      await expectRefused(stage, ran, parcel, "remove_file", { _field: "title", _key: "x" });
      await expectRuns(stage, ran, parcel, "submit", { title: "a", amount: "1" });
    },
  },
  {
    id: "O11.11",
    must: "an instance whose time is over starts anew and carries nothing out, offered or not",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const cart = await stage.ask("cart");
      stage.clock.advance(86_400_000);
      const late = await stage.send(cart, "remove", { id: 5 });
      expect([late.status, ran]).toEqual([409, []]);
      await expectRuns(stage, ran, late, "remove", { id: 5 });
    },
  },
  {
    id: "O11.12",
    must: "a component that does not seal its offers takes whatever its schema takes",
    async run(open) {
      const { stage, ran } = await openCart(open);
      await expectRuns(stage, ran, await stage.ask("free"), "remove", { id: 6, force: true });
    },
  },
];

const BROWSER = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } as const;
type Sent = readonly [query: string, fields: readonly (readonly [string, string])[]];

/** Sends an event as a button or a form does. */
async function post(stage: HttpStage, { state }: Held, event: string, [query, fields]: Sent, headers: object) {
  const answer = await stage.http.request({
    method: "POST",
    path: `${stage.prefix}/cart/${event}${query}`,
    headers: { ...from("ann"), ...FORM, ...headers },
    body: formBody([["state", state], ...fields]),
  });
  return answer.status;
}

const http: Audit<HttpStage>[] = [
  {
    id: "O11.21",
    must: "forms and buttons run what was offered and nothing else, with and without JavaScript",
    async run(open) {
      const { stage, ran } = await openCart(open);
      for (const headers of [HTMX, BROWSER]) {
        const table: readonly (readonly [number, string, Sent])[] = [
          [200, "remove", ["?id=5", []]],
          // The same argument, wherever it stands.
          [200, "remove", ["", [["id", "5"]]]],
          [403, "remove", ["?id=6", []]],
          [403, "remove", ["", [["id", "6"]]]],
          [403, "remove", ["?id=5&force=1", []]],
          [403, "remove", ["?id=5", [["force", "1"]]]],
          [403, "remove", ["?id=5&id=5", []]],
          [
            403,
            "remove",
            [
              "",
              [
                ["id", "5"],
                ["id", "7"],
              ],
            ],
          ],
          [403, "remove", ["", []]],
          [200, "pick", ["?ids=1&ids=2", []]],
          [403, "pick", ["?ids=2&ids=1", []]],
          [403, "pick", ["?ids=1", [["ids", "3"]]]],
          [403, "stamp", ["", []]],
          [200, "save", ["?id=5", [["name", "Ann"]]]],
          [403, "save", ["?id=6", [["name", "Ann"]]]],
          [403, "save", ["", [["name", "Ann"]]]],
        ];
        for (const [status, event, sent] of table) {
          // A new instance each time: without JavaScript one render carries the same thing out once.
          const cart = await stage.ask("cart");
          ran.length = 0;
          const answered = await post(stage, cart, event, sent, headers);
          expect([event, sent, answered, ran.length]).toEqual([event, sent, status, status === 200 ? 1 : 0]);
        }
      }
    },
  },
  {
    id: "O11.22",
    must: "what stands in the address goes before what is entered, so a field cannot change a fixed argument",
    async run(open) {
      const { stage, ran } = await openCart(open);
      const cart = await stage.ask("cart");
      expect(
        await post(
          stage,
          cart,
          "save",
          [
            "?id=5",
            [
              ["id", "6"],
              ["name", "Ann"],
            ],
          ],
          HTMX,
        ),
      ).toBe(200);
      expect(ran).toEqual(['save {"name":"Ann","id":"5"}']);
    },
  },
];

export const offers: Chapter = { every, http };
