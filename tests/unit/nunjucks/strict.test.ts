import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nunjucksRenderer } from "../../../src/adapters/nunjucks/index.js";
import { DefinitionError, HydrantError, SafeHtml } from "../../../src/core/index.js";
import { type Configure, type Files, folderOf, hydrantRender } from "./both-ways.js";

interface Nodes {
  readonly CallExtensionAsync: new (...parts: readonly unknown[]) => unknown;
}

function refusal(files: Files | string, configure?: Configure): Error {
  try {
    hydrantRender(typeof files === "string" ? { "main.njk": files } : files, {}, configure);
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

describe("what cannot work is refused when the server starts", () => {
  it("names the folders that were searched for a template that does not exist", () => {
    const folders = [folderOf({}), folderOf({})];
    const compile = () => nunjucksRenderer({ folders }).compile("gone.njk");
    expect(compile).toThrow(DefinitionError);
    expect(compile).toThrow(`there is no template "gone.njk"; looked in ${folders.join(", ")}.`);
  });

  it.each([
    "{% include 'gone.njk' %}",
    "{% extends 'gone.njk' %}",
    "{% import 'gone.njk' as m %}",
    "{% from 'gone.njk' import m %}",
  ])("names the line and the folders when a template cannot %s", (tag) => {
    const error = refusal({ "main.njk": "{% include 'part.njk' %}", "part.njk": `<p>\n\n${tag}` });
    expect(error).toBeInstanceOf(DefinitionError);
    expect(error.message).toMatch(
      /main\.njk, line 1: .*part\.njk, line 3: there is no template "gone\.njk"; looked in /,
    );
  });

  it.each([
    ["{% if x %}", /main\.njk: the template cannot be compiled: parseIf/],
    ["a\n{{ x | nonsense }}", /line 2: there is no filter "nonsense"/],
    ["{{ x | constructor }}", /there is no filter "constructor"/],
    ["\n\n{% if x is nonsense %}{% endif %}", /line 3: there is no test "nonsense"/],
    ["{% if x is toString %}{% endif %}", /there is no test "toString"/],
    ["{% autoescape false %}{{ x }}{% endautoescape %}", /unknown block tag: autoescape/],
    ["{% asyncEach x in y %}{% endeach %}", /synchronously and cannot use asyncEach \(write `for`\)/],
    ["{% asyncAll x in y %}{% endall %}", /asyncAll/],
    ["{% ifAsync x %}{% endif %}", /ifAsync/],
  ])("refuses %j", (template, message) => {
    const error = refusal(template);
    expect(error).toBeInstanceOf(DefinitionError);
    expect(error.message).toMatch(message);
  });

  it.each(["{{ 'x' | later }}", "{% macro m() %}{{ 'x' | later }}{% endmacro %}", "{% set y = 'x' | later %}"])(
    "refuses an asynchronous filter in %s",
    (template) => {
      const error = refusal(template, (environment) => {
        environment.addFilter(
          "later",
          (value: string, done: (error: null, result: string) => void) => done(null, value),
          true,
        );
      });
      expect(error).toBeInstanceOf(DefinitionError);
      expect(error.message).toMatch(/line 1: the filter "later" is asynchronous/);
    },
  );

  it("refuses an asynchronous tag", () => {
    const tag = {
      tags: ["later"],
      parse(parser: { nextToken(): { value: string }; advanceAfterBlockEnd(name: string): void }, nodes: Nodes) {
        parser.advanceAfterBlockEnd(parser.nextToken().value);
        return new nodes.CallExtensionAsync(tag, "run", null, []);
      },
    };
    const error = refusal("\n{% later %}", (environment) => environment.addExtension("later", tag));
    expect(error).toBeInstanceOf(DefinitionError);
    expect(error.message).toMatch(/main\.njk: templates run synchronously and cannot use an asynchronous tag/);
  });

  it("refuses a configuration that switches autoescape off", () => {
    const off: Configure = (environment) =>
      Object.assign((environment as unknown as { opts: object }).opts, { autoescape: false });
    expect(refusal("x", off)).toBeInstanceOf(DefinitionError);
    expect(refusal("x", off).message).toMatch(/switched autoescape off/);
  });

  it.each(["../outside.njk", "../templates-secret/x.njk", "/etc/hostname", "a\0b"])(
    "finds no template outside its folders: %j",
    (name) => {
      const folder = folderOf({ "templates/x.njk": "x", "outside.njk": "secret", "templates-secret/x.njk": "secret" });
      expect(() => nunjucksRenderer(join(folder, "templates")).compile(name)).toThrow(/there is no template/);
    },
  );

  it("does not mind templates that include each other", () => {
    const files = {
      "main.njk": "{% if depth %}{{ depth }}{% set depth = depth - 1 %}{% include 'main.njk' %}{% endif %}",
    };
    expect(hydrantRender(files, { depth: 3 })).toBe("321");
  });
});

describe("what a template sees", () => {
  it.each(["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"])(
    "has nothing inherited: %s",
    (name) => {
      const files = {
        "main.njk": `[{{ ${name} }}]{% include "part.njk" %}{% import "macros.njk" as k with context %}{{ k.m() }}`,
        "part.njk": `[{{ ${name} }}]`,
        "macros.njk": `{% macro m() %}[{{ ${name} }}]{% endmacro %}`,
      };
      expect(hydrantRender(files, {})).toBe("[][][]");
      expect(hydrantRender(files, { [Symbol.iterator]: 1, other: 1 })).toBe("[][][]");
    },
  );

  it("is not changed by the template, and nothing stays for the next run", () => {
    const render = nunjucksRenderer(
      folderOf({ "main.njk": "{{ count }}{% set count = 5 %}{% set more = 1 %}{{ count }}" }),
    ).compilePage?.("main.njk");
    const data = Object.freeze({ count: 1 });
    expect([render?.(data), render?.(data)]).toEqual(["15", "15"]);
    expect(data).toEqual({ count: 1 });
  });

  it("is finished HTML also when it comes as data", () => {
    const data = { html: new SafeHtml("<b>&</b>"), list: [new SafeHtml("<i>")], text: "<u>" };
    const template =
      "{{ html }}{{ list[0] }}{{ html | e }}{{ html | safe }}{% for h in list %}{{ h }}{% endfor %}{{ text }}";
    expect(hydrantRender({ "main.njk": template }, data)).toBe("<b>&</b><i><b>&</b><b>&</b><i>&lt;u&gt;");
  });

  it("gives helpers plain keyword arguments", () => {
    const seen: unknown[] = [];
    const helper = (...args: readonly unknown[]) => void seen.push(...args.map((arg) => ({ ...(arg as object) })));
    hydrantRender({ "main.njk": "{{ helper(a=1, b='x') }}" }, { helper });
    expect(seen).toEqual([{ a: 1, b: "x" }]);
  });
});

describe("a template that fails while it runs", () => {
  const fail = (error: unknown) => () => {
    throw error;
  };

  function failure(files: Files, data: Record<string, unknown> = {}): Error {
    try {
      hydrantRender(files, data);
    } catch (error) {
      return error as Error;
    }
    throw new Error("nothing failed");
  }

  it("names the template and the line, and keeps the cause", () => {
    const cause = new RangeError("too far");
    const error = failure({ "main.njk": "a\n{% if true %}\n{{ boom() }}{% endif %}" }, { boom: fail(cause) });
    expect(error.message).toMatch(/main\.njk, line 3: too far$/);
    expect(error.cause).toBe(cause);
  });

  it("names the included template, once", () => {
    const files = { "main.njk": "\n{% include 'part.njk' %}", "part.njk": "\n\n{{ missing() }}" };
    expect(failure(files).message).toMatch(
      /^[^:]*part\.njk, line 3: Unable to call `missing`, which is undefined or falsey$/,
    );
  });

  it("names the parent, and the line after a block", () => {
    const files = {
      "main.njk": "{% extends 'layout.njk' %}{% block a %}x{% endblock %}",
      "layout.njk": "{% block a %}{% endblock %}\n{{ x.y.z() }}",
    };
    expect(failure(files).message).toMatch(/layout\.njk, line 2: Unable to call `x\["y"\]\["z"\]`/);
  });

  it("names no line when none is known", () => {
    expect(failure({ "main.njk": "{% include name %}" }, { name: "gone.njk" }).message).toMatch(
      /main\.njk, line 1: there is no template "gone.njk"; looked in /,
    );
  });

  it("keeps the kind of an author's mistake and of a refusal for the browser", () => {
    const files = { "main.njk": "\n{{ boom() }}" };
    expect(failure(files, { boom: fail(new DefinitionError("mend it")) })).toBeInstanceOf(DefinitionError);
    expect(failure(files, { boom: fail(new DefinitionError("mend it")) }).message).toMatch(/line 2: mend it/);
    const refused = new HydrantError("forbidden");
    expect(failure(files, { boom: fail(refused) })).toBe(refused);
  });

  it("prints no promise", () => {
    expect(failure({ "main.njk": "{{ later }}" }, { later: Promise.resolve(1) }).message).toMatch(
      /line 1: a promise cannot be printed; await it/,
    );
  });
});
