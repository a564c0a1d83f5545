import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { browserPattern, refusesEmpty } from "../../../../src/core/form/pattern.js";

describe("a pattern for browsers", () => {
  it.each(["^[a-z]+$", "^\\d{4}$", "^(?:a|b)$", "^a$|^b$", "^[\\]$^]$", "^\\(x\\)$", "^[a\\-b]+$"])(
    "%s is one as it stands",
    (pattern) => {
      expect(browserPattern(pattern)).toBe(pattern);
    },
  );

  it.each([
    ["[a-z]+", "matches a part of the text"],
    ["^a", "has no end"],
    ["^a|b$", "is anchored on one side of each alternative only"],
    ["^a\\$", "ends with a dollar sign, not with the end"],
    ["^(a$", "cannot be compiled"],
    ["^[a-z&&b]$", "means something else under the v flag"],
    ["^[a[b]]$", "means something else under the v flag"],
    ["^[(]$", "cannot be compiled under the v flag"],
    ["", "says nothing"],
  ])("%j is none: it %s", (pattern) => {
    expect(browserPattern(pattern)).toBeUndefined();
  });

  it("never refuses what the pattern itself accepts", () => {
    const pattern = fc
      .array(fc.constantFrom("^", "$", "|", "(?:", ")", "a", "b", "[ab]", "[^a]", "\\$", "+", "*", "?", "."), {
        maxLength: 8,
      })
      .map((parts) => `^${parts.join("")}$`);
    const text = fc.string({ unit: fc.constantFrom("a", "b", "$", "|"), maxLength: 4 });
    fc.assert(
      fc.property(pattern, text, (source, typed) => {
        const safe = browserPattern(source);
        fc.pre(safe !== undefined && new RegExp(source).test(typed));
        expect(new RegExp(`^(?:${safe})$`, "v").test(typed)).toBe(true);
      }),
    );
  });

  it("tells whether it refuses an empty text", () => {
    expect(refusesEmpty("^[a-z]+$")).toBe(true);
    expect(refusesEmpty("^[a-z]*$")).toBe(false);
    expect(refusesEmpty("(")).toBe(false);
  });
});
