import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { coerce, keep } from "../../../../src/core/form/coerce.js";
import { formatName, nest } from "../../../../src/core/form/names.js";
import { type FieldShape, shapeOf } from "../../../../src/core/form/shape.js";
import { textOf } from "../../../../src/core/form/text.js";

const schema = z.object({
  title: z.string().trim().min(1).max(20),
  note: z.string(),
  nickname: z.string().min(2).optional(),
  remark: z.string().min(1).nullable(),
  mail: z.email().nullish(),
  price: z.number().min(-1e9),
  count: z.coerce.number().int().optional(),
  big: z.bigint(),
  news: z.boolean(),
  born: z.coerce.date().nullable(),
  starts: z.date().meta({ format: "date-time" }),
  day: z.iso.date(),
  opens: z.iso.time().optional(),
  level: z.enum({ Low: 1, High: 2 }),
  flag: z.literal(["a", 7, true]).nullable(),
  tags: z.array(z.string()),
  items: z.array(z.object({ name: z.string().min(1), size: z.number(), gift: z.boolean(), parts: z.array(z.int()) })),
  address: z.object({ city: z.string(), geo: z.object({ lat: z.number().nullable() }) }),
});
const shape = shapeOf(schema) as FieldShape;

const text = fc.string({ minLength: 2, maxLength: 20 }).filter((one) => one === one.trim() && one.length > 1);
const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9 }).filter((one) => !Object.is(one, -0));
const whole = fc.maxSafeInteger().filter((one) => !Object.is(one, -0));
const date = fc.date({ min: new Date("0001-01-01"), max: new Date("+020000-01-01"), noInvalidDate: true });
const day = date.map((one) => new Date(Math.floor(one.getTime() / 86_400_000) * 86_400_000));
const data: fc.Arbitrary<z.output<typeof schema>> = fc.record(
  {
    title: text,
    note: fc.string(),
    nickname: text,
    remark: fc.option(text),
    mail: fc.option(fc.constant("a.b@example.org")),
    price: number,
    count: whole,
    big: fc.bigInt(),
    news: fc.boolean(),
    born: fc.option(day.filter((one) => one.getUTCFullYear() > 0)),
    starts: date,
    day: fc.constantFrom("2026-01-02", "2024-02-29"),
    opens: fc.constantFrom("08:30", "23:59:59"),
    level: fc.constantFrom(1, 2),
    flag: fc.option(fc.constantFrom("a", 7, true)),
    tags: fc.array(fc.string(), { maxLength: 3 }),
    items: fc.array(
      fc.record({ name: text, size: number, gift: fc.boolean(), parts: fc.array(whole, { maxLength: 3 }) }),
      { maxLength: 3 },
    ),
    address: fc.record({ city: fc.string(), geo: fc.record({ lat: fc.option(number) }) }),
  },
  {
    requiredKeys: [
      ...(["title", "note", "remark", "price", "big", "news", "born", "starts", "day", "level", "flag"] as const),
      ...(["tags", "items", "address"] as const),
    ],
  },
) as never;

/** What a browser sends for a form that shows this data: flat names and texts. */
function sent(field: FieldShape, value: unknown, path: (string | number)[] = []): Record<string, unknown> {
  const name = formatName(path);
  if (field.kind === "boolean") return value === true ? { [name]: "on" } : {};
  if (field.kind === "group") {
    const members = [...(field.fields ?? [])];
    return Object.assign({}, ...members.map(([key, one]) => sent(one, (value as never)[key], [...path, key])));
  }
  if (field.kind !== "list") return { [name]: textOf(field, value) };
  const rows = value as unknown[];
  const item = field.item as FieldShape;
  if (item.kind === "group") return Object.assign({}, ...rows.map((row, index) => sent(item, row, [...path, index])));
  return rows.length === 0 ? {} : { [`${name}[]`]: rows.map((row) => textOf(item, row)) };
}

describe("valid data", () => {
  it("is accepted just as it is after it was shown and sent", () => {
    fc.assert(
      fc.property(data, (valid) => {
        expect(schema.parse(coerce(shape, nest(sent(shape, valid))))).toEqual({ mail: null, ...valid });
      }),
      { numRuns: 500 },
    );
  });

  it("passes untouched where it comes with its types", () => {
    fc.assert(
      fc.property(data, (valid) => {
        expect(coerce(shape, valid)).toEqual(valid);
      }),
    );
  });

  it("is accepted from what the form remembers of it", () => {
    fc.assert(
      fc.property(data, (valid) => {
        const remembered = keep(shape, nest(sent(shape, valid)), new Set(), true);
        expect(schema.parse(coerce(shape, remembered))).toEqual({ mail: null, ...valid });
      }),
    );
  });

  it("of a validator that describes nothing is what was sent", () => {
    const plain = v.object({ title: v.string(), items: v.array(v.object({ name: v.string() })) });
    const raw = nest({ title: "x", "items[3].name": "a" });
    expect(v.parse(plain, coerce(shapeOf(plain), raw))).toEqual({ title: "x", items: [{ name: "a" }] });
  });
});

describe("anything else", () => {
  it("never makes reading, remembering or the schema fail otherwise than by a refusal", () => {
    const names = [...(shape.fields?.keys() ?? [])];
    const anything = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), fc.jsonValue()));
    fc.assert(
      fc.property(anything, (raw) => {
        const read = coerce(shape, raw);
        expect(schema.safeParse(read).success).toBeTypeOf("boolean");
        const remembered = typeof raw === "object" && raw !== null ? keep(shape, raw, new Set(["title"])) : {};
        expect(() => JSON.stringify(remembered)).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it("is no nearer to being accepted by what a browser checks than by the schema", () => {
    const texts: z.ZodType[] = [
      z.string().min(2).max(4),
      z.string().regex(/^[ab]+$/),
      z.string().regex(/^a|b$/),
      z.string().regex(/^[ab]*$/i),
      z.string().trim().regex(/^a*$/),
      z.string().toLowerCase().max(4).startsWith("a"),
      z.preprocess((value) => String(value).trim(), z.string().min(2).max(3)),
      z.string().default("a"),
      z.string().min(1).nullable(),
    ];
    const typed = fc.string({ unit: fc.constantFrom("a", "b", "A", " "), maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...texts), typed, (one, value) => {
        const field = shapeOf(z.object({ field: one }))?.fields?.get("field") as FieldShape;
        fc.pre(one.safeParse(coerce(field, value)).success);
        if (value === "") expect(field.required).toBe(false);
        else {
          expect(value.length).toBeGreaterThanOrEqual(field.minLength ?? 0);
          if (field.pattern !== undefined) expect(value).toMatch(new RegExp(`^(?:${field.pattern})$`, "v"));
        }
      }),
    );
  });
});
