import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { coerce } from "../../../../src/core/form/coerce.js";
import { shapeOf } from "../../../../src/core/form/shape.js";

const LONG = 64 * 1024;

/** The text the schema gets, or what else. */
function given(schema: z.ZodType, raw: string): unknown {
  return (coerce(shapeOf(z.object({ field: schema })), { field: raw }) as { field: unknown }).field;
}

describe("text that is too long", () => {
  it.each([
    ["letters", "a".repeat(LONG)],
    ["spaces", " ".repeat(LONG)],
    ["spaces around", `${" ".repeat(LONG)}a${" ".repeat(LONG)}`],
    ["what a hostile person sends", `${"a".repeat(LONG)}!`],
    ["emoji", "😀".repeat(LONG)],
  ])("reaches the schema with one unit more than could ever pass: %s", (_what, raw) => {
    const looks: number[] = [];
    const look = (text: string): boolean => looks.push(text.length) > 0;
    const schemas = [
      z.string().max(20).refine(look),
      z.string().trim().refine(look).max(20),
      z.string().refine(look).max(20).trim(),
      z.string().trim().toLowerCase().refine(look).length(20).optional(),
      z.string().max(30).refine(look).trim().max(20).nullable(),
      z.email().max(20).refine(look),
    ];
    for (const schema of schemas) schema.safeParse(given(schema, raw));
    expect(looks).toHaveLength(schemas.length);
    expect(Math.max(...looks)).toBeLessThanOrEqual(2 * 30 + 1);
    for (const schema of schemas) expect(schema.safeParse(given(schema, raw)).data).toEqual(schema.safeParse(raw).data);
  });

  it("is refused, or accepted as it is without cutting: the same verdict on the same data", () => {
    const space = fc.constantFrom(" ", "\t", "\u00a0", "a", "b", "é", "e\u0301", "-", "😀");
    const text = fc.string({ unit: space, maxLength: 30 });
    const squash = (value: string): string => value.replaceAll(/\s+/g, " ");
    const schemas: z.ZodType[] = [
      z.string().max(5),
      z.string().trim().max(5),
      z.string().max(5).trim(),
      z.string().trim().min(2).max(5).optional(),
      z.string().max(9).trim().max(5),
      z.string().length(5),
      z.string().min(8).trim().max(5),
      z.string().regex(/^\S/).trim().max(5),
      z.string().regex(/^a/).max(7).trim(),
      z.string().trim().max(3).toUpperCase().max(9),
      z.string().normalize().max(5),
      z.string().trim().toLowerCase().max(5),
      z.string().overwrite(squash).max(5),
      z
        .string()
        .overwrite((value) => value.slice(-4))
        .max(5),
      z
        .string()
        .overwrite((value) => value.replaceAll("-", ""))
        .length(5),
      z.preprocess((value) => squash(String(value)), z.string().max(5)),
      z.string().transform(squash).pipe(z.string().max(5)),
      z.string().max(5).catch("x"),
      z.string().meta({ maxLength: 5 }),
      z.string().max(5).or(z.string().min(8)),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...schemas), text, (schema, raw) => {
        fc.pre(raw !== "");
        expect(schema.safeParse(given(schema, raw)).data).toEqual(schema.safeParse(raw).data);
      }),
      { numRuns: 3_000 },
    );
  });

  it("is cut only by what the schema checks, not by what its description says", () => {
    const raw = "a".repeat(10);
    expect(given(z.string().meta({ maxLength: 5 }), raw)).toBe(raw);
  });

  it("stays whole where a schema's own step fails on it", () => {
    const raw = "a".repeat(10);
    const broken = z
      .string()
      .overwrite(() => {
        throw new TypeError("no");
      })
      .max(5);
    expect(given(broken, raw)).toBe(raw);
  });

  it("is no number, date or time, and is handed on unread", () => {
    const digits = "1".repeat(LONG);
    expect(given(z.number(), digits)).toBe(digits);
    expect(given(z.coerce.bigint(), digits)).toBeNaN();
    for (const schema of [z.date(), z.iso.datetime(), z.iso.time()]) expect(given(schema, digits)).toBe(digits);
  });
});
