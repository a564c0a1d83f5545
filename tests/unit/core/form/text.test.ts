import { describe, expect, it } from "vitest";
import { textOf } from "../../../../src/core/form/text.js";

const noon = new Date("2026-01-02T12:00:00Z");
const exact = new Date("2026-01-02T12:00:05.678Z");

describe("a value as its control shows it", () => {
  it.each([
    ["date", noon, "2026-01-02"],
    ["datetime", noon, "2026-01-02T12:00"],
    ["datetime", exact, "2026-01-02T12:00:05.678"],
    ["datetime", new Date("2026-01-02T12:00:05Z"), "2026-01-02T12:00:05"],
    ["time", noon, "12:00"],
    ["text", noon, "2026-01-02T12:00"],
    ["date", new Date("0050-01-02"), "0050-01-02"],
    ["date", new Date("+012026-01-02"), "12026-01-02"],
    ["date", new Date("-000001-01-02"), ""],
    ["date", new Date(Number.NaN), ""],
    ["time", new Date(Number.NaN), ""],
    ["datetime", "2026-01-02T03:04:00Z", "2026-01-02T03:04"],
    ["datetime", "2026-01-02T03:04:00+02:00", "2026-01-02T01:04"],
    ["date", "1970-01-01T00:00:00.000Z", "1970-01-01"],
    ["date", "2026-02-31", "2026-02-31"],
    ["datetime", "yesterday", "yesterday"],
    ["text", "2026-01-02T03:04:00Z", "2026-01-02T03:04:00Z"],
    ["text", " as typed ", " as typed "],
    ["number", 0.1, "0.1"],
    ["number", 1e21, "1e+21"],
    ["number", -0, "0"],
    ["number", Number.NaN, ""],
    ["number", 9007199254740993n, "9007199254740993"],
    ["number", "12abc", "12abc"],
    ["boolean", true, "true"],
    ["choice", false, "false"],
    ["text", null, ""],
    ["text", undefined, ""],
    ["list", ["a"], ""],
    ["group", { a: 1 }, ""],
  ] as const)("%s %s is %j", (kind, value, text) => {
    expect(textOf({ kind }, value)).toBe(text);
  });
});
