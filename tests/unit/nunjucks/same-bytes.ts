import type nunjucks from "nunjucks";
import { expect, it } from "vitest";
import { SafeHtml } from "../../../src/core/index.js";
import { type Configure, type Data, type Files, hydrantRender, stockRender } from "./both-ways.js";

interface Parser {
  nextToken(): { value: string };
  parseSignature(tolerant: null, noParens: boolean): unknown;
  advanceAfterBlockEnd(name?: string): void;
  parseUntilBlocks(name: string): unknown;
}

/** What a template prints, as text or as a pattern, so that two empty pages do not pass for a success. */
export type Case = readonly [name: string, template: string, expected: string | RegExp];

class Person {
  constructor(readonly name: string) {}
  greet(other = "you") {
    return `<${this.name}> greets ${other}`;
  }
  get loud() {
    return this.name.toUpperCase();
  }
}

const nasty = `<b title="x" data-y='z'>&amp; \\ \` = </script>\u2028\u2029 js:alert(1) {{ x }} é 😀`;

export const data = (): Data => ({
  nasty,
  safe: new SafeHtml("<i>&safe;</i>"),
  empty: "",
  none: null,
  nothing: undefined,
  zero: 0,
  minusZero: -0,
  float: 1.5,
  nan: Number.NaN,
  big: 12n,
  yes: true,
  no: false,
  date: new Date(0),
  list: ["a", "<b>", 3, null, undefined, true],
  nested: [
    ["a", 1],
    ["b", 2],
    ["<c>", 3],
  ],
  object: { a: 1, b: "<two>", c: null },
  map: new Map<string, unknown>([
    ["k1", "v1"],
    ["<k2>", "v2"],
  ]),
  set: new Set(["s1", "s2"]),
  rows: [
    { id: 1, name: "Ann", tags: ["x", "y"], active: true, on: "1" },
    { id: 2, name: "<Bob>", tags: [], active: false },
    { id: 3, name: "Cy", tags: ["z"], active: true },
  ],
  person: new Person("Pat"),
  helper: (name: string, named?: object) => new SafeHtml(`<h ${name} ${JSON.stringify(named ?? null)}>`),
  plain: (text: string) => `plain ${text}`,
  inline: { "key-with-dash": "dash", "a.b": "dotted", deep: { er: { value: "deepest" } } },
});

const ways: Configure = (environment) => {
  environment.addFilter("shout", (value: unknown, mark = "!") => `${String(value)}${String(mark)}`);
  environment.addFilter("bold", (value: unknown) => environment.getFilter("safe")(`<b>${String(value)}</b>`));
  environment.addFilter("twice", function (this: { lookup(name: string): unknown }, value: unknown) {
    return `${String(value)}${String(value)}${String(this.lookup("zero"))}`;
  });
  environment.addFilter("inner", (value: unknown) => environment.renderString("[{{ v }}]", { v: value } as object));
  environment.addExtension("box", boxTag());
  environment.addGlobal("site", "<Site>");
  environment.addGlobal("nasty", "a global that data hides");
  environment.addGlobal("add", (a: number, b: number) => a + b);
};

/** A tag as applications write them: `{% box "p" %}…{% endbox %}`, its result being finished HTML. */
function boxTag(): nunjucks.Extension {
  const tag = {
    tags: ["box"],
    autoescape: false,
    preprocess: (source: string) => source.replaceAll("BOXED", "{% box 'b' %}boxed{% endbox %}"),
    parse(parser: Parser, nodes: { CallExtension: new (...parts: readonly unknown[]) => unknown }) {
      const token = parser.nextToken();
      const args = parser.parseSignature(null, true);
      parser.advanceAfterBlockEnd(token.value);
      const body = parser.parseUntilBlocks("endbox");
      parser.advanceAfterBlockEnd();
      return new nodes.CallExtension(tag, "run", args, [body]);
    },
    run(context: { lookup(name: string): unknown; ctx: Record<string, unknown> }, name: string, body: () => string) {
      return `<${name} ${String(context.lookup("zero"))}${String(context.ctx.float)}>${body()}</${name}>`;
    },
  };
  return tag;
}

/** Renders each template as Hydrant does and with Nunjucks alone, and compares the bytes. */
export function compareBytes(cases: readonly Case[], files: Files = {}): void {
  it.each(cases)("%s", (_name, template, expected) => {
    const all = { ...files, "main.njk": template };
    const html = hydrantRender(all, data(), ways);
    expect(html).toBe(stockRender(all, data(), ways));
    if (typeof expected === "string") expect(html).toBe(expected);
    else expect(html).toMatch(expected);
  });
}
