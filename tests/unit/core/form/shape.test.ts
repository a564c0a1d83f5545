import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type FieldShape, shapeOf } from "../../../../src/core/form/shape.js";
import type { Schema } from "../../../../src/core/ports/schema.js";

function shapeOfField(schema: Schema, name = "field"): FieldShape {
  const field = shapeOf(z.object({ [name]: schema as z.ZodType }))?.fields?.get(name);
  if (field === undefined) throw new Error("the field has no shape");
  return field;
}

describe("the shape of a schema", () => {
  it("is a group with its fields in order", () => {
    const shape = shapeOf(z.object({ b: z.string(), a: z.object({ deep: z.array(z.number()) }) }));
    expect(shape?.kind).toBe("group");
    expect([...(shape?.fields?.keys() ?? [])]).toEqual(["b", "a"]);
    expect(shape?.fields?.get("a")?.fields?.get("deep")?.item?.kind).toBe("number");
  });

  it("is not known where the validator does not describe its schemas, or it is no object", () => {
    expect(shapeOf(v.object({ name: v.string() }))).toBeUndefined();
    expect(shapeOf(z.string())).toBeUndefined();
    expect(shapeOf(z.discriminatedUnion("a", [z.object({ a: z.literal(1) }), z.object({ a: z.literal(2) })]))).toBe(
      undefined,
    );
  });

  it("is read from any validator that describes its schemas, as far as that goes", () => {
    const described = {
      "~standard": {
        ...v.object({ name: v.string() })["~standard"],
        jsonSchema: {
          input: () => ({
            type: "object",
            properties: { name: { type: "string", minLength: 1 }, at: { type: "string", format: "date-time" } },
            required: ["name"],
          }),
        },
      },
    };
    const fields = shapeOf(described)?.fields;
    expect(fields?.get("name")).toMatchObject({ kind: "text", required: true, minLength: 1 });
    expect(fields?.get("at")).toMatchObject({ kind: "datetime", optional: true });
  });

  it("that cannot be described says why when the server starts", () => {
    const standard = v.object({ name: v.string() })["~standard"];
    const input = (): never => {
      throw new Error("the type date is unrepresentable");
    };
    expect(() => shapeOf({ "~standard": { ...standard, jsonSchema: { input } } } as Schema)).toThrow(
      "cannot be described as JSON Schema: the type date is unrepresentable",
    );
  });

  it.each<[string, z.ZodType, Partial<FieldShape>]>([
    ["text", z.string(), { kind: "text", required: false, empty: "" }],
    ["text that must be there", z.string().min(2).max(5), { required: true, minLength: 2, maxLength: 5 }],
    ["text of one length", z.string().length(4), { required: true, minLength: 4, maxLength: 4 }],
    ["text with a pattern", z.string().regex(/^[a-z]+$/), { required: true, pattern: "^[a-z]+$" }],
    ["text whose pattern allows nothing", z.string().regex(/^[a-z]*$/), { required: false, pattern: "^[a-z]*$" }],
    ["text with two patterns", z.string().regex(/^a/).regex(/b$/), { required: true, pattern: undefined }],
    ["a pattern that ignores case", z.string().regex(/^[a-z]+$/i), { required: true, pattern: undefined }],
    ["a pattern after trimming", z.string().trim().regex(/^a+$/), { required: true, pattern: undefined }],
    ["a pattern that begins anywhere", z.string().regex(/a$/), { required: true, pattern: undefined }],
    ["a UUID", z.uuid(), { kind: "text", required: true }],
    ["an email", z.email().max(50), { kind: "email", required: true, pattern: undefined, maxLength: 50 }],
    ["an address", z.url(), { kind: "url", required: true, pattern: undefined }],
    ["an ISO date", z.iso.date(), { kind: "date", required: true, pattern: undefined, empty: undefined }],
    ["an ISO date and time", z.iso.datetime(), { kind: "datetime", required: true, pattern: undefined }],
    ["a local date and time", z.iso.datetime({ local: true }), { kind: "datetime", required: true }],
    ["an ISO time", z.iso.time(), { kind: "time", required: true, pattern: undefined }],
    ["a date", z.date(), { kind: "date", required: true, reading: { as: "date", coerces: false } }],
    ["a coerced date", z.coerce.date(), { kind: "date", reading: { as: "date", coerces: true } }],
    ["a date with a time", z.date().meta({ format: "date-time" }), { kind: "datetime" }],
    ["a yes or no", z.boolean(), { kind: "boolean", required: false, optional: false }],
    ["a box that has to be ticked", z.literal(true), { kind: "boolean", required: true }],
    ["a box that may be ticked", z.literal(true).optional(), { kind: "boolean", required: false, optional: true }],
    ["a list", z.array(z.string()), { kind: "list", required: false }],
    ["a list with rows", z.array(z.string()).min(1).max(3), { required: true, minItems: 1, maxItems: 3 }],
    ["a file", z.file(), { kind: "file", required: true, accept: undefined }],
    [
      "an image",
      z.file().mime(["image/png", "image/gif"]).max(99),
      { kind: "file", accept: ["image/png", "image/gif"], maxBytes: 99 },
    ],
    ["an image that may be missing", z.file().mime("image/png").nullable(), { accept: ["image/png"], nullable: true }],
    ["a tuple", z.tuple([z.string(), z.number()]), { kind: "unknown", required: false }],
    ["a record", z.record(z.string(), z.number()), { kind: "unknown" }],
    ["text or number", z.union([z.string(), z.number()]), { kind: "unknown" }],
    ["a union of groups", z.xor([z.object({ a: z.string() }), z.object({ b: z.string() })]), { kind: "unknown" }],
    ["anything", z.any(), { kind: "unknown", required: false }],
    ["a set", z.set(z.string()), { kind: "unknown" }],
  ])("%s", (_what, schema, expected) => {
    const field = shapeOfField(schema);
    for (const [key, value] of Object.entries(expected)) expect(field[key as keyof FieldShape], key).toEqual(value);
  });

  it("keeps the time of day apart from the date in bounds", () => {
    const noon = new Date("2026-01-02T12:00:00Z");
    const later = new Date("2026-01-05T18:30:00Z");
    const dates = z.date().min(new Date("2020-01-01")).min(noon).max(later);
    expect(shapeOfField(dates)).toMatchObject({ min: "2026-01-03", max: "2026-01-05" });
    expect(shapeOfField(dates.meta({ format: "date-time" }))).toMatchObject({
      min: "2026-01-02T12:00",
      max: "2026-01-05T18:30",
    });
  });
});

describe("numbers", () => {
  it.each<[string, z.ZodType, Partial<FieldShape>]>([
    ["any", z.number(), { min: undefined, max: undefined, step: "any", integer: false, required: true }],
    ["coerced", z.coerce.number().min(1).max(3), { min: 1, max: 3, reading: { coerces: true } }],
    ["whole", z.int(), { min: undefined, max: undefined, step: 1, integer: true }],
    ["whole and not negative", z.int().nonnegative(), { min: 0, max: undefined, step: 1 }],
    ["whole and positive", z.int().positive(), { min: 1, step: 1 }],
    ["whole between broken numbers", z.int().min(0.5).max(9.5), { min: 1, max: 9 }],
    ["whole between others", z.int().gt(-3).lt(6), { min: -2, max: 5 }],
    ["above one", z.number().gt(1), { min: 1, step: "any" }],
    ["of 32 bits", z.int32(), { min: -2147483648, max: 2147483647, step: 1 }],
    ["of 32 bits, broken", z.float32(), { min: undefined, max: undefined, step: "any" }],
    ["in steps", z.int().multipleOf(5), { step: 5 }],
    ["in steps from one", z.int().min(1).multipleOf(5), { min: 5, step: 5 }],
    ["in small steps", z.number().min(0).multipleOf(0.25), { min: 0, step: 0.25 }],
    ["in small steps from elsewhere", z.number().min(0.1).multipleOf(0.25), { min: 0.1, step: "any" }],
    ["big", z.bigint().min(5n).max(7n), { kind: "number", min: 5, max: 7, step: 1, integer: true }],
    ["bigger than numbers", z.bigint().max(2n ** 64n), { max: undefined, reading: { as: "bigint", coerces: false } }],
  ])("%s", (_what, schema, expected) => {
    expect(shapeOfField(schema)).toMatchObject({ kind: "number", ...expected });
  });
});

describe("what may be missing", () => {
  it.each<[string, z.ZodType, Partial<FieldShape>]>([
    ["optional text", z.string().min(1).optional(), { optional: true, nullable: false, empty: undefined }],
    ["text or null", z.string().min(1).nullable(), { kind: "text", optional: false, nullable: true, empty: null }],
    ["bare text or null", z.string().nullable(), { kind: "text", nullable: true, empty: null }],
    ["either", z.email().nullish(), { kind: "email", optional: true, nullable: true, empty: null }],
    ["null in null", z.string().nullable().nullable(), { kind: "text", nullable: true }],
    ["a date or null", z.date().nullable(), { kind: "date", nullable: true, reading: { as: "date", coerces: false } }],
    ["a number with a default", z.number().default(3), { optional: true, default: 3, empty: undefined }],
    ["text with a default", z.string().default("x"), { optional: true, default: "x", empty: "" }],
    ["needed text with a default", z.string().min(1).default("x"), { default: "x", empty: undefined }],
    ["a number that falls back", z.number().catch(1), { optional: true, default: 1 }],
    ["a date with a default", z.date().default(new Date(0)), { kind: "date", default: "1970-01-01T00:00:00.000Z" }],
    ["a choice or null", z.enum(["a", "b"]).nullable(), { kind: "choice", nullable: true }],
  ])("%s is not required", (_what, schema, expected) => {
    expect(shapeOfField(schema)).toMatchObject({ required: false, ...expected });
  });
});

describe("choices", () => {
  it.each<[string, z.ZodType, readonly [unknown, string][]]>([
    [
      "named",
      z.enum(["inProgress", "done"]),
      [
        ["inProgress", "In progress"],
        ["done", "Done"],
      ],
    ],
    [
      "labelled",
      z.enum(["de", "at"]).meta({ choices: { de: "Germany" } }),
      [
        ["de", "Germany"],
        ["at", "At"],
      ],
    ],
    [
      "labelled and null",
      z
        .enum(["de"])
        .nullable()
        .meta({ choices: { de: "Germany" } }),
      [["de", "Germany"]],
    ],
    [
      "numbers",
      z.enum({ Low: 1, High: 2 }),
      [
        [1, "1"],
        [2, "2"],
      ],
    ],
    [
      "of each its own",
      z.union([z.literal("a").meta({ title: "Alpha" }), z.literal(2)]).nullable(),
      [
        ["a", "Alpha"],
        [2, "2"],
      ],
    ],
    [
      "mixed",
      z.literal(["a", 1, true, null]),
      [
        ["a", "A"],
        [1, "1"],
        [true, "True"],
      ],
    ],
    ["one", z.literal("x"), [["x", "X"]]],
  ])("%s", (_what, schema, expected) => {
    const { kind, choices } = shapeOfField(schema);
    expect(kind).toBe("choice");
    expect(choices?.map(({ value, label }) => [value, label])).toEqual(expected);
  });

  it("may hold an empty text, and null stands apart", () => {
    expect(shapeOfField(z.enum(["", "a"]))).toMatchObject({ required: false, empty: "" });
    expect(shapeOfField(z.enum(["a"]))).toMatchObject({ required: true, empty: undefined });
    expect(shapeOfField(z.literal(["a", null]))).toMatchObject({ nullable: true, required: false, empty: null });
    expect(shapeOfField(z.null())).toMatchObject({ kind: "unknown" });
  });
});

describe("words for people", () => {
  it("come from the schema, else from the name", () => {
    const titled = z.string().meta({ title: "Your name", description: "As in your passport" });
    expect(shapeOfField(titled)).toMatchObject({ title: "Your name", help: "As in your passport" });
    expect(shapeOfField(titled.optional())).toMatchObject({ title: "Your name", optional: true });
    expect(shapeOfField(z.string(), "firstName")).toMatchObject({ title: "First name", help: undefined });
    expect(shapeOfField(z.array(z.string()), "phone_numbers").item?.title).toBe("Phone numbers");
  });
});

describe("a preprocess step", () => {
  it("may accept anything, so that a browser refuses nothing", () => {
    const squeeze = (value: unknown): unknown => String(value).replaceAll(" ", "");
    expect(shapeOfField(z.preprocess(squeeze, z.string().length(16).regex(/^\d+$/)))).toMatchObject({
      kind: "text",
      required: false,
      minLength: undefined,
      maxLength: undefined,
      pattern: undefined,
      reading: { raw: true },
    });
    expect(shapeOfField(z.preprocess(squeeze, z.coerce.number().min(1)).optional())).toMatchObject({
      kind: "number",
      min: undefined,
      reading: { raw: true },
    });
  });

  it("counts for all that lies within", () => {
    const group = shapeOfField(z.preprocess((value) => value, z.object({ a: z.string().min(1) })));
    expect(group.fields?.get("a")).toMatchObject({ kind: "text", required: false, minLength: undefined });
  });
});

describe("schemas that refer to others", () => {
  it("are followed, as each field speaks for itself", () => {
    const Name = z.string().min(1).meta({ id: "Name" });
    const fields = shapeOf(z.object({ first: Name, last: Name.optional() }))?.fields;
    expect(fields?.get("first")).toMatchObject({ kind: "text", title: "First", required: true });
    expect(fields?.get("last")).toMatchObject({ kind: "text", title: "Last", required: false });
  });

  it("end where they contain themselves", () => {
    const Node = z.object({
      name: z.string(),
      get children() {
        return z.array(Node);
      },
      get parent() {
        return Node.optional();
      },
    });
    for (const schema of [Node, Node.meta({ id: "Node" }), z.object({ tree: Node })]) {
      const shape = shapeOf(schema);
      const top = shape?.fields?.get("tree") ?? shape;
      expect(top?.fields?.get("name")?.kind).toBe("text");
      expect(top?.fields?.get("children")).toMatchObject({ kind: "list", item: { kind: "unknown" } });
      expect(top?.fields?.get("parent")?.kind).toBe("unknown");
    }
  });

  it("end where they are too deep or too many", () => {
    let deep: z.ZodType = z.string();
    for (let level = 0; level < 40; level++) deep = z.object({ a: deep });
    let shape = shapeOf(deep);
    let levels = 0;
    while (shape?.kind === "group") {
      shape = shape.fields?.get("a");
      levels++;
    }
    expect(shape?.kind).toBe("unknown");
    expect(levels).toBe(17);

    let wide: z.ZodType = z.string();
    for (let level = 0; level < 14; level++) wide = z.object({ a: wide, b: wide }).meta({ id: `Wide${level}` });
    const count = (one: FieldShape): number =>
      [...(one.fields?.values() ?? [])].reduce((sum, field) => sum + count(field), 1);
    expect(count(shapeOf(wide) as FieldShape)).toBeLessThan(5_000);
  });
});
