import { load } from "cheerio";
import { expect } from "vitest";
import type { Audit, Open } from "./audit.js";
import { olderComponents } from "./fixtures/components.js";
import { newJournal } from "./fixtures/journal.js";
import { textIn } from "./html.js";
import { type Held, KEY, type Reply, type Stage } from "./stage.js";

/** Every audit of a fresh start looks the same: the whole root, a new seal that works, and the reason in its error place. */
async function expectFreshStart(stage: Stage, answer: Reply, code: string, event: string, payload: object) {
  expect([answer.status, answer.code]).toEqual([409, code]);
  expect(answer.html).toContain(`data-component="${answer.component}"`);
  expect(load(answer.html)(`[data-component-error] [data-code="${code}"]`).attr("role")).toBe("alert");
  expect((await stage.send(answer, event, { ...payload })).status).toBe(200);
}

/** A seal made before the application was updated, and the application after it, with the same key. */
async function acrossUpdate(open: Open, component: string): Promise<{ stage: Stage; held: Held }> {
  const older = await open({ components: olderComponents(newJournal()) });
  const held = await older.mount(component);
  const stage = await open({ clock: older.clock });
  return { stage, held: await older.send(held, "note", { line: "second" }) };
}

export const staleAnswer: Audit[] = [
  {
    id: "A3.9",
    must: "an expired seal answers 409 with a fresh root and a notice",
    async run(open) {
      const stage = await open({ sealMs: 3_600_000 });
      const desk = await stage.send(await stage.mount("desk", { start: 3 }), "add", { by: 4 });
      stage.clock.advance(3_600_000);
      stage.journal.ran.length = 0;
      const answer = await stage.send(desk, "add", { by: 1 });
      expect(textIn(answer, "output")).toBe("3");
      expect(stage.journal.ran).toEqual(["mount"]);
      await expectFreshStart(stage, answer, "state_expired", "add", { by: 1 });
    },
  },
  {
    id: "A3.10",
    must: "a seal of a retired key answers 409 with a fresh root and a notice; one of a second key opens",
    async run(open) {
      const before = await open();
      const desk = await before.mount("desk");
      const fresh = "fresh-key-8sD3fG6hJ1kL4zX7cV2bN5m";
      const both = await open({ keys: [fresh, KEY], clock: before.clock });
      expect((await both.send(desk, "add", { by: 1 })).status).toBe(200);
      const stage = await open({ keys: [fresh], retiredKeys: [KEY], clock: before.clock });
      await expectFreshStart(stage, await stage.send(desk, "add", { by: 1 }), "state_expired", "add", { by: 1 });
    },
  },
  {
    id: "A3.11",
    must: "older state that no migration lifts answers 409 with a fresh root and a notice",
    async run(open) {
      const { stage, held } = await acrossUpdate(open, "relic");
      const answer = await stage.send(held, "note", { line: "third" });
      expect(textIn(answer, "li:not([data-component-error])")).toBe("anew");
      await expectFreshStart(stage, answer, "state_outdated", "note", { line: "third" });
    },
  },
  {
    id: "A3.12",
    must: "older state that a migration lifts goes on as if nothing had happened",
    async run(open) {
      const { stage, held } = await acrossUpdate(open, "ledger");
      const answer = await stage.send(held, "note", { line: "third" });
      expect([answer.status, textIn(answer, "ol")]).toEqual([200, "firstsecondthird"]);
    },
  },
  {
    id: "A3.13",
    must: "a stored state that somebody else changed answers 409 and shows how things stand now",
    async run(open) {
      const stage = await open();
      const vault = await stage.mount("vault");
      const first = await stage.send(vault, "put", { item: "a" });
      const late = await stage.send(vault, "put", { item: "b" });
      expect(first.status).toBe(200);
      expect([late.status, late.code, textIn(late, "li")]).toEqual([409, "state_conflict", "a"]);
      expect(textIn(await stage.send(late, "put", { item: "c" }), "ul")).toContain("ac");
    },
  },
];
