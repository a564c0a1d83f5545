import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { keep } from "../../../../src/core/form/coerce.js";
import { shapeOf } from "../../../../src/core/form/shape.js";

const NOTHING: ReadonlySet<string> = new Set();
const schema = z.object({
  name: z.string(),
  age: z.number(),
  news: z.boolean(),
  password: z.string(),
  tags: z.array(z.string()),
  users: z.array(z.object({ name: z.string(), pin: z.string() })),
  address: z.object({ city: z.string(), home: z.boolean() }),
  other: z.object({ a: z.boolean() }).optional(),
  extra: z.any(),
  born: z.date(),
  photo: z.file(),
  photos: z.array(z.file()),
});
const shape = shapeOf(schema);

describe("what a form remembers", () => {
  it("is what was typed, as it was typed, in fields the schema has", () => {
    const raw = { name: " x ", age: "12abc", stranger: "y", users: [{ name: "a", role: "admin" }], tags: ["", "b"] };
    expect(keep(shape, raw, NOTHING)).toEqual({ name: " x ", age: "12abc", users: [{ name: "a" }], tags: ["", "b"] });
  });

  it("is what the fields hold at first as well, with its types", () => {
    const born = new Date(0);
    expect(keep(shape, { age: 5, news: true, born, extra: { list: [1n, null] } }, NOTHING)).toEqual({
      age: 5,
      news: true,
      born,
      extra: { list: [1n, null] },
    });
  });

  it.each([
    ["a field", ["password"], { password: "x" }],
    ["a field of every row", ["users[0].pin"], { users: [{ pin: "1" }, { pin: "2" }] }],
    ["one without row numbers", ["users.pin"], { users: [{ pin: "1" }] }],
    ["a group", ["address"], { address: { city: "Graz" } }],
    ["a list by its mark", ["tags[]"], { tags: ["a"] }],
    ["something in an unknown field", ["extra.secret"], { extra: { secret: 1 } }],
  ])("leaves out %s", (_what, names, raw) => {
    const kept = JSON.stringify(keep(shape, raw, new Set(names)));
    expect(kept).toMatch(/^\{(?:"\w+":(?:\[(?:\{\},?)+\]|\{\}))?\}$/);
    expect(JSON.stringify(keep(undefined, raw, new Set(names)))).toBe(kept);
  });

  it("does not leave out a field of the same name elsewhere", () => {
    expect(keep(shape, { name: "x", users: [{ name: "y" }] }, new Set(["name"]))).toEqual({ users: [{ name: "y" }] });
  });

  it("has no files and nothing that no control sends", () => {
    const file = new File(["x"], "x.txt");
    const raw = {
      photo: file,
      photos: [file],
      name: ["a"],
      age: { x: 1 },
      address: "Graz",
      extra: { file, f: () => 1 },
    };
    expect(keep(shape, raw, NOTHING)).toEqual({ extra: {} });
    expect(keep(undefined, { file, list: [file, "a"] }, NOTHING)).toEqual({ list: [null, "a"] });
  });

  it("keeps the places of rows", () => {
    expect(keep(shape, { users: ["x", { name: "a" }], tags: [{}, "b"] }, NOTHING)).toEqual({
      users: [null, { name: "a" }],
      tags: [null, "b"],
    });
    expect(keep(shape, { tags: "alone" }, NOTHING)).toEqual({ tags: ["alone"] });
  });

  it("says what was emptied when all of a form came", () => {
    expect(keep(shape, { name: "x" }, NOTHING, true)).toEqual({
      name: "x",
      news: false,
      tags: [],
      users: [],
      address: { home: false },
    });
  });

  it("is all plain data where the fields are not known", () => {
    const raw = { name: "x", deep: { list: [{ a: "b" }] } };
    expect(keep(shapeOf(v.object({ name: v.string() })), raw, NOTHING)).toEqual(raw);
  });

  it("ends where data is deeper than any form", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 100_000; level++) deep = { a: deep };
    let kept: unknown = keep(undefined, deep as object, NOTHING);
    let levels = 0;
    for (; kept !== undefined; levels++) kept = (kept as { a?: unknown }).a;
    expect(levels).toBe(17);
  });

  it("reaches no prototype", () => {
    const kept = keep(undefined, JSON.parse('{"__proto__": {"polluted": true}}'), NOTHING);
    expect(Object.getPrototypeOf(kept)).toBeNull();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
