import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HttpStage } from "../conformance/stage.js";
import { openDesk, sendForm, stillAnswers } from "../support/desk-stage.js";

const EVENTS = [
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "mount",
  "render",
  "hydrated",
  "derive",
  "on_add",
  "ADD",
  "Add",
  "add ",
  "add%20",
  "add%00",
  "%61dd",
  "add;x=1",
  "add.json",
  "\u0430dd",
  "a\u0501d",
  "add\u200b",
  "ａｄｄ",
  "add/",
  "add/more",
  "-add",
  "_add",
  "0",
  "a".repeat(65),
  "a".repeat(8192),
] as const;

const COMPONENTS = [
  "..",
  ".",
  "../desk",
  "desk/../desk",
  "%2e%2e",
  "..%2f..%2fetc%2fpasswd",
  "desk%2f..",
  "desk%5c..",
  "desk%00",
  "%00",
  "%",
  "%zz",
  "%c0%ae%c0%ae",
  "__proto__",
  "constructor",
  "toString",
  "Desk",
  "d\u0435sk",
  "desk:",
  "desk ",
  "_ws",
  "_assets",
  "x".repeat(8192),
] as const;

const shortened = (name: string): string => (name.length > 70 ? `${name.slice(0, 8)}… (${name.length})` : name);

describe("a name that is not one of ours", () => {
  let stage: HttpStage;
  let state: string;
  let unknown: string;

  beforeAll(async () => {
    stage = await openDesk();
    ({ state } = await stage.mount("desk"));
    unknown = (await sendForm(stage, "/components/desk/unknown", { state })).body;
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    stage.journal.ran.length = 0;
  });

  async function expectUnknown(path: string): Promise<void> {
    const answer = await sendForm(stage, encodeURI(path).replaceAll("%25", "%"), { state, by: "1" });
    expect([answer.status, answer.body]).toEqual([404, unknown]);
    expect(stage.journal.ran).toEqual([]);
    expect(await stillAnswers(stage)).toBe(true);
  }

  it.each(EVENTS.map((name) => [shortened(name), name]))("is not found as an event: %s", (_short, name) =>
    expectUnknown(`/components/desk/${name}`),
  );

  it.each(COMPONENTS.map((name) => [shortened(name), name]))("is not found as a component: %s", (_short, name) =>
    expectUnknown(`/components/${name}/add`),
  );

  it("is not found when it is mounted either", async () => {
    for (const name of [...COMPONENTS.filter((one) => !one.includes("/") && !one.startsWith(".")), "desk", "stand"]) {
      const answer = await stage.http.request({
        path: encodeURI(`/components/${name}?start=1`).replaceAll("%25", "%"),
        headers: { "HX-Request": "true" },
      });
      expect([shortened(name), answer.status, answer.body]).toEqual([shortened(name), 404, unknown]);
    }
    expect(stage.journal.ran).toEqual([]);
  });

  it("leaves only its place in the log, never the name itself", async () => {
    await sendForm(stage, "/components/desk/%3Cscript%3E", { state });
    expect(JSON.stringify(stage.log.lines)).not.toContain("script");
  });
});
