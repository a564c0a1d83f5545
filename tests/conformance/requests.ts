import { load } from "cheerio";
import { expect } from "vitest";
import type { Audit } from "./audit.js";
import { outputIn } from "./html.js";
import type { Reply } from "./stage.js";

/** A name the protocol does not allow, and that must not come back in an answer. */
const WRONG_NAMES = [
  "Desk",
  "desk!",
  "d\u0435sk",
  "__proto__",
  "constructor",
  "toString",
  "9lives",
  "..",
  "a".repeat(65),
];

/** The ticket a lazy child carries. */
export function ticketIn(html: string): string {
  const address = load(html)("[data-lazy]").attr("hx-get") ?? "";
  return new URL(address, "http://here.example").searchParams.get("ticket") ?? "";
}

export const everyRequest: Audit[] = [
  {
    id: "R1.3",
    must: "a sealed ticket mounts the component it was written for, with the params it was written with",
    async run(open) {
      const stage = await open();
      const shelf = await stage.mount("shelf");
      const later = await stage.mountTicket("bell", ticketIn(shelf.html));
      expect(later.status).toBe(200);
      expect(later.component_id).toBe("c-shelf__later");
      expect(outputIn(later)).toBe("7");
    },
  },
  {
    id: "R1.4",
    must: "a ticket does not open for another component, another person, or after a change, and ends with its time",
    async run(open) {
      const stage = await open();
      const ticket = ticketIn((await stage.mount("shelf")).html);
      const flipped = `${ticket.slice(0, -2)}${ticket.endsWith("AA") ? "BB" : "AA"}`;
      const refused = [
        await stage.mountTicket("kiosk", ticket),
        await stage.mountTicket("bell", ticket, "bob"),
        await stage.mountTicket("bell", flipped),
        await stage.mountTicket("bell", (await stage.mount("bell")).state),
      ];
      expect(refused.map(({ status, code }) => [status, code])).toEqual(Array(4).fill([400, "state_invalid"]));
      stage.clock.advance(86_400_000);
      const late = await stage.mountTicket("bell", ticket);
      expect([late.status, late.code]).toEqual([409, "state_expired"]);
    },
  },
  {
    id: "R1.8",
    must: "a name that is not a name is not found, before any work, and is never echoed",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      stage.journal.ran.length = 0;
      for (const name of WRONG_NAMES) {
        for (const reply of [
          await stage.send({ ...desk, component: name }, "add", { by: 1 }),
          await stage.send(desk, name, { by: 1 }),
        ]) {
          expect([reply.status, reply.code]).toEqual([404, "not_found"]);
          expect(JSON.stringify({ ...reply, component: "" })).not.toContain(name === ".." ? "..." : name);
        }
      }
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "R1.13",
    must: "the same Idempotency-Key with the same payload gets the stored answer, and the handler runs once",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      const first = await stage.send(desk, "add", { by: 2 }, { idempotencyKey: "one" });
      const again = await stage.send(desk, "add", { by: 2 }, { idempotencyKey: "one" });
      const withNewerSeal = await stage.send(first, "add", { by: 2 }, { idempotencyKey: "one" });
      expect(again).toEqual(first);
      expect(withNewerSeal).toEqual(first);
      expect(stage.journal.ran.filter((line) => line === "add 2")).toHaveLength(1);
      await stage.send(first, "add", { by: 2 }, { idempotencyKey: "two" });
      expect(stage.journal.ran.filter((line) => line === "add 2")).toHaveLength(2);
    },
  },
  {
    id: "R1.14",
    must: "two requests with one Idempotency-Key at the same time run the handler once and get the same answer",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      const both = [1, 2].map(() => stage.send(desk, "wait", {}, { idempotencyKey: "at-once" }));
      await expect.poll(() => stage.journal.ran).toContain("wait");
      stage.journal.gate.open();
      const [one, other] = (await Promise.all(both)) as [Reply, Reply];
      expect(one.status).toBe(200);
      expect(other).toEqual(one);
      expect(stage.journal.ran.filter((line) => line === "wait")).toHaveLength(1);
    },
  },
  {
    id: "R1.15",
    must: "the same Idempotency-Key with another payload is 409",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      await stage.send(desk, "add", { by: 2 }, { idempotencyKey: "one" });
      const other = await stage.send(desk, "add", { by: 3 }, { idempotencyKey: "one" });
      expect([other.status, other.code]).toEqual([409, "key_reused"]);
      expect(stage.journal.ran).not.toContain("add 3");
    },
  },
  {
    id: "R1.16",
    must: "one person's Idempotency-Key means nothing for another person or another instance",
    async run(open) {
      const stage = await open();
      const [ann, bob, stand] = [
        await stage.mount("desk"),
        await stage.mount("desk", {}, "bob"),
        await stage.mount("stand"),
      ];
      await stage.send(ann, "add", { by: 2 }, { idempotencyKey: "one" });
      const hers = await stage.send(bob, "add", { by: 3 }, { idempotencyKey: "one", user: "bob" });
      const elsewhere = await stage.send(stand, "add", { by: 4 }, { idempotencyKey: "one" });
      expect([hers.status, elsewhere.status]).toEqual([200, 200]);
    },
  },
];
