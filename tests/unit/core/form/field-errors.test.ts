import * as v from "valibot";
import { expect, it } from "vitest";
import { z } from "zod";
import { fieldErrors, type Schema } from "../../../../src/core/ports/schema.js";

const row = { name: 1 };

it.each<[string, Schema]>([
  ["Zod", z.object({ items: z.array(z.object({ name: z.string("Text, please") })) })],
  ["Valibot", v.object({ items: v.array(v.object({ name: v.pipe(v.string("Text, please")) })) })],
])("messages of %s stand under the name of their control", async (_vendor, schema) => {
  const result = await schema["~standard"].validate({ items: [{ name: "a" }, row] });
  expect({ ...fieldErrors(result.issues ?? []) }).toEqual({ "items[1].name": ["Text, please"] });
});

it("messages about the whole value stand under an empty name, several of one field together", () => {
  const issues = [
    { message: "a" },
    { message: "b", path: [] },
    { message: "c", path: ["__proto__"] },
    { message: "d", path: [{ key: "x" }, { key: 0 }] },
  ];
  const errors = fieldErrors(issues);
  expect(Object.entries(errors)).toEqual([
    ["", ["a", "b"]],
    ["__proto__", ["c"]],
    ["x[0]", ["d"]],
  ]);
});
