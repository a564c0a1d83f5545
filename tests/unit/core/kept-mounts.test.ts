import { describe, expect, it } from "vitest";
import { Component, type ComponentClass, DefinitionError, type MountCache } from "../../../src/core/index.js";
import { start } from "./fixture.js";

class Connection {}

function newsClass(vary: MountCache["vary"]): ComponentClass {
  return class extends Component<{ number: number }> {
    static override template = "show";
    static override cache = { seconds: 30, ...(vary && { vary }) };
    static made = 0;
    override mount() {
      this.state = { number: ++(this.constructor as unknown as { made: number }).made };
    }
  };
}

/** How many were made for callers with these values in one field. */
async function madeFor(vary: MountCache["vary"], values: readonly unknown[]): Promise<number> {
  const news = newsClass(vary);
  const { server } = start({ news });
  for (const field of values) {
    await server.mount({ component: "news", id: "c-news", caller: { user: { id: 1 }, session: null, field } });
  }
  return (news as unknown as { made: number }).made;
}

describe("what a kept mount depends on beside the caller and the params", () => {
  it.each([
    ["texts", ["de", "en", "de"], 2],
    ["a text and a number", ["1", 1], 2],
    ["nothing and a text", [undefined, "undefined", null, "null"], 4],
    ["objects", [{ id: 1 }, { id: 2 }, { id: 1 }], 2],
    ["lists", [["a", "b"], ["a,b"], ["a", "b"]], 2],
    ["sets", [new Set(["a"]), new Set(["b"])], 2],
  ])("may be %s in a field of the caller", async (_what, values, made) => {
    expect(await madeFor(["field"], values)).toBe(made);
    expect(await madeFor(undefined, values)).toBe(1);
  });

  it.each<[string, MountCache["vary"], unknown]>([
    ["an object of a class", ["field"], new Connection()],
    ["a function", ["field"], () => "x"],
    ["nothing that a function gave", () => undefined as unknown as string, 1],
  ])("cannot be %s: two callers would be taken for one", async (_what, vary, value) => {
    await expect(madeFor(vary, [value])).rejects.toThrow(DefinitionError);
    await expect(madeFor(vary, [value])).rejects.toThrow(/news: `static cache` varies by something/);
  });

  it("and what a function throws is told as it is", async () => {
    const fail = (): string => {
      throw new RangeError("no tenant");
    };
    await expect(madeFor(fail, [1])).rejects.toThrow(RangeError);
  });
});
