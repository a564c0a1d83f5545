import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Groups } from "../../../src/core/live/groups.js";

const change = fc.record({ joins: fc.boolean(), key: fc.constantFrom("a", "b", "__proto__", ""), member: fc.nat(5) });

describe("groups", () => {
  it("hold what joined and did not leave, each once, and forget a group without members", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const groups = new Groups<number>();
        const model = new Map<string, Set<number>>();
        for (const { joins, key, member } of changes) {
          if (joins) groups.join(key, member);
          else groups.leave(key, member);
          const members = model.get(key) ?? new Set();
          if (joins) members.add(member);
          else members.delete(member);
          if (members.size > 0) model.set(key, members);
          else model.delete(key);
          expect(new Map(groups)).toEqual(model);
        }
        for (const key of ["a", "b", "__proto__", "", "nobody"]) {
          expect(groups.of(key)).toEqual(model.get(key) ?? new Set());
        }
      }),
    );
  });

  it("may have keys that are no names", () => {
    const groups = new Groups<number, object>();
    const [one, other] = [{}, {}];
    groups.join(one, 1);
    expect([[...groups.of(one)], [...groups.of(other)]]).toEqual([[1], []]);
  });
});
