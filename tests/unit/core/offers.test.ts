import { describe, expect, it } from "vitest";
import { isOffered, offersIn } from "../../../src/core/offers.js";

const ADDRESS = "/components/list/";
const written = new Set(["remove?id=5", "move?id=5&to=a%26b", "pick?ids=1&ids=2", "add", "save?id=5"]);
const post = (offer: string) => `hx-post="${ADDRESS}${offer.replaceAll("&", "&amp;")}"`;

/** Whether a piece of HTML that offers one event lets a payload through. */
function lets(html: string, event: string, payload: object): boolean {
  return isOffered(offersIn(html, ADDRESS, written), event, payload as Record<string, unknown>);
}

describe("what a render offered", () => {
  it.each([
    ["as the address has it", { id: "5" }, true],
    ["as JSON has it", { id: 5 }, true],
    ["of another thing", { id: "6" }, false],
    ["that is missing", {}, false],
    ["beside another one", { id: "5", force: "1" }, false],
    ["as a list", { id: ["5"] }, false],
    ["twice", { id: ["5", "5"] }, false],
    ["as a list in a list", { id: [["5"]] }, false],
    ["as an object", { id: { valueOf: "5" } }, false],
    ["as an object that has no text", { id: { toString: 1, valueOf: 1 } }, false],
    ["as null", { id: null }, false],
  ])("an argument %s: %o is taken: %s", (_how, payload, taken) => {
    expect(lets(`<button ${post("remove?id=5")}>x</button>`, "remove", payload)).toBe(taken);
  });

  it.each([
    [{ ids: ["1", "2"] }, true],
    [{ ids: [1, 2] }, true],
    [{ ids: ["2", "1"] }, false],
    [{ ids: ["1"] }, false],
    [{ ids: "1,2" }, false],
    [{ ids: [["1"], ["2"]] }, false],
  ])("several values are taken as they stood there: %o: %s", (payload, taken) => {
    expect(lets(`<button ${post("pick?ids=1&ids=2")}>x</button>`, "pick", payload)).toBe(taken);
  });

  it("is another event, or another argument of the same one", () => {
    const html = `<button ${post("move?id=5&to=a%26b")}>x</button>`;
    expect(lets(html, "move", { id: "5", to: "a&b" })).toBe(true);
    expect(lets(html, "move", { id: "5", to: "a" })).toBe(false);
    expect(lets(html, "remove", { id: "5", to: "a&b" })).toBe(false);
  });

  it.each([
    ["a button", `<button ${post("remove?id=5")}>x</button>`],
    ["a link", `<a ${post("remove?id=5")}>x</a>`],
    ["any other element", `<li ${post("remove?id=5")}>x</li>`],
    ["a button after a form", `<form><input></form><button ${post("remove?id=5")}>x</button>`],
    ["a button whose title speaks of a form", `<button title=" form=x name=y" ${post("remove?id=5")}>x</button>`],
  ])("%s sends nothing but its arguments", (_what, html) => {
    expect(lets(html, "remove", { id: "5" })).toBe(true);
    expect(lets(html, "remove", { id: "5", name: "a" })).toBe(false);
  });

  it.each([
    ["a form", `<form ${post("save?id=5")}><input name="name"></form>`],
    ["a control", `<input name="name" ${post("save?id=5")}>`],
    ["an element of somebody's own", `<star-rating ${post("save?id=5")}></star-rating>`],
    ["a button in a form", `<form><button ${post("save?id=5")}>x</button></form>`],
    ["a button with a value", `<button name="name" value="a" ${post("save?id=5")}>x</button>`],
    ["a button of a form that stands elsewhere", `<button form="other" ${post("save?id=5")}>x</button>`],
    ["a button that includes fields", `<button ${post("save?id=5")} hx-include="#other">x</button>`],
    ["a button that sends more values", `<button ${post("save?id=5")} hx-vals='{"name":"a"}'>x</button>`],
  ])("%s sends fields beside its arguments, which stay fixed", (_what, html) => {
    expect(lets(html, "save", { id: "5", name: "a" })).toBe(true);
    expect(lets(html, "save", { id: "6", name: "a" })).toBe(false);
    expect(lets(html, "save", { name: "a" })).toBe(false);
  });

  it("may stand on a line of its own in the tag", () => {
    for (const space of ["\n", "\t", "\r\n    ", "  "]) {
      expect(lets(`<button${space}${post("add")}${space}class="x">x</button>`, "add", {})).toBe(true);
    }
  });

  it("is only what on() wrote for this component", () => {
    const foreign = [
      'hx-post="/components/other/add"',
      'hx-post="/components/list/drop"',
      'data-hx-post="/components/list/add"',
    ];
    for (const attribute of foreign) expect(offersIn(`<button ${attribute}>x</button>`, ADDRESS, written)).toEqual([]);
    expect(offersIn(`<p>&lt;button ${post("add")}&gt;</p>`, ADDRESS, written)).toEqual([]);
  });
});
