import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { coerce } from "../../../../src/core/form/coerce.js";
import { shapeOf } from "../../../../src/core/form/shape.js";

/** What the schema gets for one field, `gone` when it is missing. */
function given(schema: z.ZodType, raw: unknown): unknown {
  const data = coerce(shapeOf(z.object({ field: schema })), raw === undefined ? {} : { field: raw }) as object;
  return "field" in data ? data.field : "gone";
}

function accepted(schema: z.ZodType, raw: unknown): unknown {
  const object = z.object({ field: schema });
  const result = object.safeParse(coerce(shapeOf(object), raw === undefined ? {} : { field: raw }));
  return result.success ? result.data.field : "refused";
}

const NUMBERS = [z.number(), z.coerce.number()] as const;
const DATES = [z.date(), z.coerce.date()] as const;

describe("numbers", () => {
  it.each([
    ["5", 5],
    [" -0.5 ", -0.5],
    [".5", 0.5],
    ["5.", 5],
    ["+5", 5],
    ["1e3", 1000],
    ["1E-2", 0.01],
    [7, 7],
  ])("%j is %d", (raw, number) => {
    for (const schema of NUMBERS) expect(accepted(schema, raw)).toBe(number);
  });

  it.each(["12abc", "0x10", "0b1", "1e999", "1,5", "1_000", "Infinity", "NaN", "--1", "٣", null, true, ["5"], {}])(
    "%j is refused, by a schema that coerces as well",
    (raw) => {
      for (const schema of NUMBERS) expect(accepted(schema, raw)).toBe("refused");
    },
  );

  it("stay as they are where they cannot be read, for the schema's message", () => {
    expect(given(z.number(), "12abc")).toBe("12abc");
    expect(given(z.number(), ["5"])).toEqual(["5"]);
  });

  it("are missing, not 0, when nothing was entered", () => {
    for (const schema of NUMBERS) {
      expect(accepted(schema, "")).toBe("refused");
      expect(accepted(schema, undefined)).toBe("refused");
      expect(accepted(schema.optional(), " ")).toBeUndefined();
      expect(accepted(schema.optional(), undefined)).toBeUndefined();
      expect(accepted(schema.nullable(), "")).toBeNull();
      expect(accepted(schema.nullable(), null)).toBeNull();
      expect(accepted(schema.default(3), "")).toBe(3);
    }
  });

  it("of any size are read from whole text", () => {
    for (const schema of [z.bigint(), z.coerce.bigint()]) {
      expect(accepted(schema, "9007199254740993")).toBe(9007199254740993n);
      expect(accepted(schema, 5)).toBe(5n);
      expect(accepted(schema, 5n)).toBe(5n);
      for (const raw of ["1.5", "0x10", "", "1".repeat(2_000), ["5"], true, 0.5]) {
        expect(accepted(schema, raw)).toBe("refused");
      }
    }
  });
});

describe("yes or no", () => {
  it.each([
    ["on", true],
    ["true", true],
    ["1", true],
    [true, true],
    ["off", false],
    ["false", false],
    ["0", false],
    ["", false],
    [undefined, false],
    [false, false],
    ["maybe", "refused"],
    [["on", "on"], "refused"],
    [1, "refused"],
  ])("%j is %j", (raw, value) => {
    expect(accepted(z.boolean(), raw)).toBe(value);
  });

  it("is no when a box is not ticked, whatever the default", () => {
    expect(accepted(z.boolean().default(true), undefined)).toBe(false);
    expect(accepted(z.boolean().optional(), undefined)).toBe(false);
    expect(accepted(z.literal(true), undefined)).toBe("refused");
  });

  it("can be left open where it may be null", () => {
    expect(accepted(z.boolean().nullable(), "")).toBeNull();
    expect(accepted(z.boolean().nullable(), "0")).toBe(false);
  });
});

describe("dates", () => {
  it.each([
    ["2026-02-28", "2026-02-28T00:00:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["0050-01-01", "0050-01-01T00:00:00.000Z"],
    ["12026-01-01", "+012026-01-01T00:00:00.000Z"],
    ["2026-02-28T13:45", "2026-02-28T13:45:00.000Z"],
    ["2026-02-28T13:45:10.5Z", "2026-02-28T13:45:10.500Z"],
    ["2026-02-28T00:30:00+02:00", "2026-02-27T22:30:00.000Z"],
  ])("%s is %s", (raw, instant) => {
    for (const schema of DATES) expect(accepted(schema, raw)).toEqual(new Date(instant));
  });

  it.each(["2026-02-31", "2026-02-29", "2026-13-01", "2026-02-28T24:00", "02/03/2026", "1", "tomorrow", 0, true, null])(
    "%j is refused, by a schema that coerces as well",
    (raw) => {
      for (const schema of DATES) expect(accepted(schema, raw)).toBe("refused");
    },
  );

  it("are missing when nothing was entered", () => {
    for (const schema of DATES) {
      expect(accepted(schema, "")).toBe("refused");
      expect(accepted(schema.optional(), "")).toBeUndefined();
      expect(accepted(schema.nullable(), "")).toBeNull();
    }
    expect(given(z.iso.date(), "")).toBe("gone");
  });

  it("stay as they are where they cannot be read, and where they are dates", () => {
    const date = new Date(0);
    expect(given(z.date(), date)).toBe(date);
    expect(given(z.date(), "2026-02-31")).toBe("2026-02-31");
    expect(accepted(z.iso.date(), "2026-02-31")).toBe("refused");
  });
});

describe("dates and times as text", () => {
  it.each<[string, z.ZodType, string, string]>([
    ["a date", z.iso.date(), "2026-01-02", "2026-01-02"],
    ["with seconds and zone", z.iso.datetime(), "2026-01-02T03:04", "2026-01-02T03:04:00Z"],
    ["with a zone", z.iso.datetime(), "2026-01-02T03:04:05", "2026-01-02T03:04:05Z"],
    ["with any zone", z.iso.datetime({ offset: true }), "2026-01-02T03:04", "2026-01-02T03:04:00Z"],
    ["with thousandths", z.iso.datetime({ precision: 3 }), "2026-01-02T03:04", "2026-01-02T03:04:00.000Z"],
    ["with minutes only", z.iso.datetime({ precision: -1 }), "2026-01-02T03:04", "2026-01-02T03:04Z"],
    ["without a zone", z.iso.datetime({ local: true }), "2026-01-02T03:04", "2026-01-02T03:04"],
    ["a time", z.iso.time(), "03:04", "03:04"],
    ["a time with seconds", z.iso.time({ precision: 0 }), "03:04", "03:04:00"],
    ["whole already", z.iso.datetime(), "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"],
    ["none", z.iso.datetime(), "yesterday", "refused"],
  ])("are brought into the form the schema takes: %s", (_what, schema, raw, value) => {
    expect(accepted(schema, raw)).toBe(value);
  });

  it("become dates where a codec makes them", () => {
    const codec = z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    });
    expect(accepted(codec, "2026-01-02T03:04")).toEqual(new Date("2026-01-02T03:04:00Z"));
  });
});

describe("choices", () => {
  it("get the value their text stands for", () => {
    expect(accepted(z.enum({ Low: 1, High: 2 }), "2")).toBe(2);
    expect(accepted(z.literal(["a", 1, true]), "true")).toBe(true);
    expect(accepted(z.union([z.literal("x"), z.literal(2)]), "2")).toBe(2);
    expect(accepted(z.enum(["a", "b"]), "b")).toBe("b");
    expect(accepted(z.enum({ Low: 1 }), 1)).toBe(1);
  });

  it("are refused when they are none", () => {
    for (const raw of ["3", "", undefined, ["1"], "1.0", "toString"]) {
      expect(accepted(z.enum({ Low: 1 }), raw)).toBe("refused");
    }
  });

  it("can be left open where they may be", () => {
    expect(accepted(z.enum(["a"]).optional(), "")).toBeUndefined();
    expect(accepted(z.enum(["a"]).nullable(), "")).toBeNull();
    expect(accepted(z.enum(["a", ""]).optional(), "")).toBe("");
  });
});

describe("text", () => {
  it("is taken as it was typed", () => {
    expect(accepted(z.string(), " x ")).toBe(" x ");
    expect(accepted(z.string(), "")).toBe("");
    expect(accepted(z.string().min(1), "")).toBe("refused");
    expect(accepted(z.string(), ["a"])).toBe("refused");
  });

  it("that is empty is missing or null where it may be", () => {
    expect(given(z.email().optional(), "")).toBe("gone");
    expect(given(z.string().optional(), "")).toBe("gone");
    expect(given(z.string().nullable(), "")).toBeNull();
    expect(given(z.string().nullish(), "")).toBeNull();
  });

  it("can be cleared although there is a default", () => {
    expect(accepted(z.string().default("x"), "")).toBe("");
    expect(accepted(z.string().default("x"), undefined)).toBe("x");
    expect(accepted(z.string().min(1).default("x"), "")).toBe("x");
  });

  it("that is not there does not become the word undefined", () => {
    for (const raw of [undefined, null, ["a", "b"], { a: "b" }]) {
      expect(accepted(z.coerce.string(), raw)).toBe("refused");
    }
    expect(accepted(z.coerce.string(), "x")).toBe("x");
    expect(accepted(z.coerce.string(), 5)).toBe("5");
    expect(accepted(z.coerce.string().optional(), undefined)).toBeUndefined();
  });
});

describe("lists and groups", () => {
  const order = z.object({
    items: z.array(z.object({ name: z.string().min(1), count: z.number().int(), gift: z.boolean() })),
    tags: z.array(z.string()),
  });

  it("are read through all levels", () => {
    const raw = { items: [{ name: "a", count: "2", gift: "on" }, { count: "1" }], tags: "one", more: "x" };
    expect(coerce(shapeOf(order), raw)).toEqual({
      items: [
        { name: "a", count: 2, gift: true },
        { count: 1, gift: false },
      ],
      tags: ["one"],
      more: "x",
    });
  });

  it("that are not there are empty", () => {
    expect(coerce(shapeOf(order), {})).toEqual({ items: [], tags: [] });
    expect(accepted(z.object({ a: z.boolean() }), undefined)).toEqual({ a: false });
    expect(accepted(z.array(z.string()).optional(), undefined)).toEqual([]);
  });

  it("that may be missing are missing where empty ones would be refused", () => {
    expect(accepted(z.array(z.string()).min(1).optional(), undefined)).toBeUndefined();
    expect(accepted(z.array(z.string()).min(1).nullable(), undefined)).toBeNull();
    expect(accepted(z.object({ city: z.string() }).optional(), undefined)).toBeUndefined();
    expect(accepted(z.object({ city: z.string() }).nullable(), undefined)).toBeNull();
  });

  it("keep rows in which nothing was entered", () => {
    expect(accepted(z.array(z.string()), ["a", ""])).toEqual(["a", ""]);
    expect(accepted(z.array(z.string()), "")).toEqual([""]);
    expect(accepted(z.array(z.number()), ["1", ""])).toBe("refused");
  });

  it.each([["text"], [5], [null], [["a"]]])("are refused where %j stands for a group", (raw) => {
    expect(accepted(z.object({ a: z.string().optional() }), raw)).toBe("refused");
  });

  it.each([[{ 0: "a" }], [null]])("are refused where %j stands for a list", (raw) => {
    expect(accepted(z.array(z.string()), raw)).toBe("refused");
  });

  it("hand on fields the schema does not know", () => {
    const raw = { a: "x", stranger: "y" };
    const strict = z.strictObject({ a: z.string() });
    expect(strict.safeParse(coerce(shapeOf(strict), raw)).success).toBe(false);
    const loose = z.object({ a: z.string() });
    expect(loose.parse(coerce(shapeOf(loose), raw))).toEqual({ a: "x" });
  });

  it("take a file that came alone as a row", () => {
    const file = new File(["x"], "x.txt");
    expect(accepted(z.array(z.file()), file)).toEqual([file]);
    expect(accepted(z.file(), file)).toBe(file);
    expect(accepted(z.file().optional(), "")).toBeUndefined();
  });
});

describe("what is not known", () => {
  it("stays as it is", () => {
    const raw = { name: "x", count: "5" };
    expect(coerce(undefined, raw)).toBe(raw);
    expect(coerce(shapeOf(v.object({ name: v.string() })), raw)).toBe(raw);
    expect(given(z.record(z.string(), z.string()), raw)).toBe(raw);
  });

  it("reaches a preprocess step as it was sent", () => {
    const ticked = z.preprocess((value) => value === "on", z.boolean());
    expect(accepted(ticked, "on")).toBe(true);
    expect(accepted(ticked, undefined)).toBe(false);
    const comma = z.preprocess((value) => Number((value as string).replace(",", ".")), z.number());
    expect(accepted(comma, "1,5")).toBe(1.5);
    expect(accepted(comma, "15")).toBe(15);
  });
});
