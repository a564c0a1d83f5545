import { describe, expect, it } from "vitest";
import { and, BasePermission, Component, HasPermission, IsStaff, not, or } from "../../../src/core/index.js";
import { admitsAll, decidesByObject, type Question } from "../../../src/core/permissions.js";

class Thing extends Component {}
const request = { caller: { user: null, session: "s" }, component: "thing", action: "event", event: "act" } as const;
const before: Question = { request, componentClass: Thing, instance: undefined };
const known: Question = { ...before, instance: {} as Component };

/** A permission that answers the same every time, whatever its type. */
function says(byClass: unknown, byObject?: unknown): BasePermission {
  class Fixed extends BasePermission {
    override hasPermission(): boolean {
      return byClass as boolean;
    }
  }
  if (byObject === undefined) return new Fixed();
  return new (class extends Fixed {
    override hasObjectPermission(): boolean {
      return byObject as boolean;
    }
  })();
}

const YES = says(true);
const NO = says(false);
const LATER = (answer: unknown) => says(Promise.resolve(answer));
/** What is neither yes nor no. */
const UNCLEAR: readonly unknown[] = [1, 0, "yes", "", {}, [], null, undefined, Promise.resolve(1), Promise.resolve()];

describe("permissions together", () => {
  it.each([
    ["and", [YES, YES], true],
    ["and", [YES, NO], false],
    ["and", [NO, YES], false],
    ["and", [LATER(true), YES], true],
    ["and", [YES, LATER(false)], false],
    ["or", [NO, YES], true],
    ["or", [NO, NO], false],
    ["or", [LATER(false), YES], true],
    ["or", [LATER(false), LATER(false)], false],
  ] as const)("%s(%o) lets through: %s", async (how, parts, admitted) => {
    const together = how === "and" ? and(...parts) : or(...parts);
    expect(await admitsAll([together], before)).toBe(admitted);
    expect(await admitsAll([together], known)).toBe(admitted);
    expect(await admitsAll([not(together)], known)).toBe(!admitted);
    expect(await admitsAll([not(not(together))], known)).toBe(admitted);
  });

  it("are not asked once the answer is clear", async () => {
    const asked: string[] = [];
    const noting = (name: string, answer: boolean) =>
      new (class extends BasePermission {
        override hasPermission(): boolean {
          asked.push(name);
          return answer;
        }
      })();
    await admitsAll([or(noting("a", true), noting("b", true))], before);
    await admitsAll([and(noting("c", false), noting("d", true))], before);
    expect(asked).toEqual(["a", "c"]);
  });

  it("refuse whoever gets an answer that is neither true nor false, however they are combined", async () => {
    for (const answer of UNCLEAR) {
      const unclear = says(answer);
      for (const rule of [
        unclear,
        and(YES, unclear),
        or(NO, unclear),
        not(unclear),
        not(and(unclear, YES)),
        not(or(unclear, NO)),
        not(not(unclear)),
      ]) {
        expect([answer, await admitsAll([rule], before), await admitsAll([rule], known)]).toEqual([
          answer,
          false,
          false,
        ]);
      }
      const byObject = says(true, answer);
      if (answer === undefined) continue;
      for (const rule of [byObject, not(byObject), or(byObject, NO)])
        expect(await admitsAll([rule], known)).toBe(false);
    }
  });

  it("decide by the instance when one of them does, and hold nobody back before it is known", async () => {
    const owner = says(true, true);
    const stranger = says(true, false);
    for (const rule of [owner, not(stranger), and(owner, YES), or(stranger, not(stranger)), not(not(owner))]) {
      expect(decidesByObject(rule)).toBe(true);
      expect([await admitsAll([rule], before), await admitsAll([rule], known)]).toEqual([true, true]);
    }
    for (const rule of [stranger, not(owner), and(owner, stranger), or(stranger, not(owner)), not(not(stranger))]) {
      expect([await admitsAll([rule], before), await admitsAll([rule], known)]).toEqual([true, false]);
    }
    expect(decidesByObject(and(YES, not(new IsStaff())))).toBe(false);
  });
});

describe("HasPermission", () => {
  const asking = (permissions: Iterable<string> | undefined): Question => ({
    ...before,
    request: { ...request, caller: { user: { id: 1, ...(permissions && { permissions }) }, session: null } },
  });

  it.each([
    [new HasPermission("a"), ["a", "b"], true],
    [new HasPermission("a"), [], false],
    [new HasPermission("a"), undefined, false],
    [new HasPermission(["a", "b"]), ["a"], false],
    [new HasPermission(["a", "b"]), new Set(["b", "a"]), true],
    [new HasPermission(["a", "b"], "one"), new Set(["b"]), true],
    [new HasPermission(["a", "b"], "one"), ["c"], false],
    [new HasPermission("a"), ["A", "a.b", "constructor"], false],
  ])("%# asks for names that are held", async (permission, held, admitted) => {
    expect(await admitsAll([permission], asking(held))).toBe(admitted);
  });
});
