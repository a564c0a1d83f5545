import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HydrantError } from "../../../../src/core/errors.js";
import { at, formatName, nest, parseName, put } from "../../../../src/core/form/names.js";

const KB = 1024;

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof HydrantError ? error.code : String(error);
  }
  return "accepted";
}

const word = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/).filter((name) => !(name in {}) && name !== "prototype");

describe("the name of a field", () => {
  it.each([
    ["title", ["title"]],
    ["address.city", ["address", "city"]],
    ["items[0].name", ["items", 0, "name"]],
    ["items[0][name]", ["items", 0, "name"]],
    ["items[007].name", ["items", 7, "name"]],
    ["prices.2024", ["prices", "2024"]],
    ["tags[]", ["tags"]],
    ["users[1].tags[]", ["users", 1, "tags"]],
    ["settings[de.at]", ["settings", "de.at"]],
  ])("%s is read as %j", (name, path) => {
    expect(parseName(name)).toEqual(path);
  });

  it.each(["", ".", "a..b", "a.", ".a", "a[", "a]", "a[b", "a[]b", "a[][]", "[0]", "[]", "a[[0]]", "a[0]b"])(
    "%j follows no form and is one part as it stands",
    (name) => {
      expect(parseName(name)).toEqual([name]);
    },
  );

  it("has one spelling", () => {
    expect(formatName(parseName("items[0][name]"))).toBe("items[0].name");
    expect(formatName(["items", 12, "name", 0])).toBe("items[12].name[0]");
    expect(formatName([0, "name"])).toBe("[0].name");
    expect(formatName([])).toBe("");
  });

  it("is the same after it was read and written", () => {
    const part = fc.oneof(word, fc.nat(), fc.stringMatching(/^[a-z0-9]{1,3}\.[a-z0-9]{1,3}$/));
    fc.assert(
      fc.property(word, fc.array(part, { maxLength: 15 }), (head, rest) => {
        expect(parseName(formatName([head, ...rest]))).toEqual([head, ...rest]);
      }),
    );
  });

  it("keeps its spelling once it has it, whatever it was", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "0", "1", ".", "[", "]") });
    fc.assert(
      fc.property(name, (text) => {
        const spelling = formatName(parseName(text));
        expect(formatName(parseName(spelling))).toBe(spelling);
      }),
      { numRuns: 1_000 },
    );
  });

  it("may have 16 parts and no more", () => {
    expect(parseName(`a${".b".repeat(15)}`)).toHaveLength(16);
    expect(refusal(() => parseName(`a${".b".repeat(16)}`))).toBe("malformed");
    expect(refusal(() => parseName(`a${"[1]".repeat(20_000)}`))).toBe("malformed");
  });
});

describe("nested data from flat fields", () => {
  it("follows the names", () => {
    const data = nest({
      title: "x",
      "address.city": "Graz",
      "items[0].name": "a",
      "items[1][name]": "b",
      "tags[]": "t",
    });
    expect(data).toEqual({
      title: "x",
      address: { city: "Graz" },
      items: [{ name: "a" }, { name: "b" }],
      tags: ["t"],
    });
  });

  it("takes lists and nested values as they are", () => {
    const items = [{ name: "a" }];
    const data = nest({ tags: ["a", "b"], "more[]": ["c"], items, "deep.value": { x: 1 } });
    expect(data).toEqual({ tags: ["a", "b"], more: ["c"], items: [{ name: "a" }], deep: { value: { x: 1 } } });
    expect(data.items).toBe(items);
  });

  it("orders rows by number and leaves no gaps", () => {
    const data = nest({ "items[7].name": "late", "items[10].name": "last", "items[2].name": "early" });
    expect(data).toEqual({ items: [{ name: "early" }, { name: "late" }, { name: "last" }] });
  });

  it("is no longer than what was sent, however large a number is", () => {
    expect(nest({ "items[99999999]": "a", "items[999999999999999]": "b" })).toEqual({ items: ["a", "b"] });
    expect(nest({ "items[9999999999999999999999]": "a" })).toEqual({ items: { "9999999999999999999999": "a" } });
  });

  it("takes apart whatever was flat and puts it together again", () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.array(tie("value"), { minLength: 1, maxLength: 4 }),
        fc.dictionary(word, tie("value"), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    const flat = (data: unknown, path: readonly (string | number)[], into: Record<string, unknown>): typeof into => {
      if (typeof data !== "object" || data === null) into[formatName(path)] = data;
      else if (Array.isArray(data)) for (const [index, row] of data.entries()) flat(row, [...path, index], into);
      else for (const [name, member] of Object.entries(data)) flat(member, [...path, name], into);
      return into;
    };
    fc.assert(
      fc.property(fc.dictionary(word, value, { noNullPrototype: true }), (data) => {
        expect(nest(flat(data, [], {}))).toEqual(data);
      }),
    );
  });

  it.each([
    ["a value and a group", { a: "x", "a.b": "y" }],
    ["a group and a value", { "a.b": "y", a: "x" }],
    ["a group and nested data", { a: { c: 1 }, "a.b": "y" }],
    ["a list and a group", { "a[0]": "x", "a.b": "y" }],
    ["a list and a value", { "a[0]": "x", "a[]": "y" }],
    ["one value twice", { "a[0].b": "x", "a[0][b]": "y" }],
    ["one row twice", { "a[1]": "x", "a[01]": "y" }],
  ])("refuses a name that stands for %s", (_what, fields) => {
    expect(refusal(() => nest(fields))).toBe("malformed");
  });

  it.each(["__proto__", "a.__proto__.b", "a[__proto__]", "constructor.prototype.x", "a[0].constructor", "prototype"])(
    "refuses %s",
    (name) => {
      expect(refusal(() => nest(JSON.parse(`{${JSON.stringify(name)}: "x"}`)))).toBe("malformed");
    },
  );

  it("has records without a prototype", () => {
    const data = nest({ "toString.valueOf": "x" });
    expect(Object.getPrototypeOf(data)).toBeNull();
    expect(Object.getPrototypeOf(data.toString)).toBeNull();
    expect(data).toEqual({ toString: { valueOf: "x" } });
  });

  it("bears many long names and a very long one", () => {
    const many = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [`rows[${index}].${"n".repeat(KB)}`, "x"]),
    );
    expect(nest(many).rows).toHaveLength(2_000);
    for (const long of ["a".repeat(64 * KB), "[".repeat(64 * KB), `a${"[x".repeat(32 * KB)}`, "a..".repeat(20 * KB)]) {
      expect(Object.keys(nest({ [long]: "x" }))).toEqual([long]);
    }
  });
});

describe("a value at a path", () => {
  const data = { items: [{ name: "a" }], when: new Date(0) };

  it("is found, and nothing that is inherited", () => {
    expect(at(data, ["items", 0, "name"])).toBe("a");
    expect(at(data, [])).toBe(data);
    for (const path of [
      ["items", 1],
      ["items", "length"],
      ["items", "0"],
      ["toString"],
      ["when", "getTime"],
      ["x", 0],
    ]) {
      expect(at(data, path as string[])).toBeUndefined();
    }
    expect(at(null, ["a"])).toBeUndefined();
  });

  it("can be set, with what is missing on the way", () => {
    const target: Record<string, unknown> = { empty: null };
    put(target, ["items", 0, "name"], "a");
    put(target, ["items", 1, "name"], "b");
    put(target, ["items", 0, "name"], "c");
    put(target, ["empty", "x"], 1);
    expect(target).toEqual({ items: [{ name: "c" }, { name: "b" }], empty: { x: 1 } });
  });

  it.each([
    ["a prototype", ["__proto__", "polluted"]],
    ["the constructor of a row", ["items", 0, "constructor", "x"]],
    ["a row far beyond the end", ["items", 99_999_999]],
    ["half a row", ["items", 0.5]],
    ["a name in a list", ["items", "length"]],
    ["a row of a record", [0]],
    ["what lies behind a text", ["items", 0, "name", "x"]],
  ])("is not set at %s", (_what, path) => {
    expect(refusal(() => put({ items: [{ name: "a" }] }, path, true))).toBe("malformed");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
