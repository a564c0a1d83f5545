import { describe, expect, it } from "vitest";
import { humanise, labelOf } from "../../../../src/core/form/labels.js";

describe("a label from a name", () => {
  it.each([
    ["firstName", "First name"],
    ["first_name", "First name"],
    ["first-name", "First name"],
    ["userID", "User ID"],
    ["HTMLTitle", "HTML title"],
    ["IN_PROGRESS", "In progress"],
    ["USD", "USD"],
    ["addressLine2", "Address line2"],
    ["step_1", "Step 1"],
    ["10-20", "10-20"],
    ["4K", "4K"],
    ["straßenName", "Straßen name"],
    ["United States", "United States"],
    ["not yet", "Not yet"],
    ["_", "_"],
    ["", ""],
  ])("%j reads %j", (name, label) => {
    expect(humanise(name)).toBe(label);
  });

  it("is that of the last name on the way", () => {
    expect(labelOf(["items", 0, "unitPrice"])).toBe("Unit price");
    expect(labelOf(["phoneNumbers", 0])).toBe("Phone numbers");
    expect(labelOf([])).toBe("");
  });
});
