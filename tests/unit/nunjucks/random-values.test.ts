import fc from "fast-check";
import nunjucks from "nunjucks";
import { expect, it } from "vitest";
import { nunjucksRenderer } from "../../../src/adapters/nunjucks/index.js";
import { folderOf } from "./both-ways.js";

const TEMPLATE = `<p title="{{ value }}" data-x='{{ value }}'>{{ value }}{{ value | upper }}{{ "a" ~ value }}</p>
{% set copy = value %}{{ copy }}{{ value if value else "none" }}{{ object[value] }}{{ object.key }}
{% macro m(a, b="x") %}<b>{{ a }}{{ b }}</b>{% endmacro %}{{ m(value, b=value) }}`;

const TRAVERSAL = `{{ value.a }}|{{ value.a.b }}|{{ value[0] }}|{{ value.length }}|{{ value | dump }}|{{ value is defined }}
{% for item in value %}{{ loop.index }}/{{ loop.length }}:{{ item }},{{ item.a }};{% else %}-{% endfor %}
{% for k, v in value %}{{ k }}={{ v }}{{ loop.last }}{% endfor %}`;
// A list that holds null fails in the last line, with either.

const FAILS = Symbol("fails");

function attempt(render: () => string | undefined): string | symbol {
  try {
    return render() as string;
  } catch {
    return FAILS;
  }
}

function bothWays(template: string): (data: Record<string, unknown>) => readonly [unknown, unknown] {
  const folders = folderOf({ "main.njk": template });
  const ours = nunjucksRenderer(folders).compilePage?.("main.njk");
  const theirs = new nunjucks.Environment(new nunjucks.FileSystemLoader(folders), { autoescape: true });
  return (data) => [attempt(() => ours?.(data)), attempt(() => theirs.render("main.njk", data))];
}

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("&", "<", ">", '"', "'", "\\", "`", "=", "\u2028", "\u2029", "\0", "{{", "}}", "a"),
  }),
  fc.constantFrom(
    "</script>",
    "js:alert(1)",
    "javascript:x",
    "&amp;",
    "<!--",
    "]]>",
    "constructor",
    "__proto__",
    "\ud800",
  ),
);

it("prints any text in every place as Nunjucks does, and never an open special character", () => {
  const render = bothWays(TEMPLATE);
  fc.assert(
    fc.property(text, (value) => {
      const [ours, theirs] = render({ value, object: { [value]: value, key: value } });
      expect(ours).toBe(theirs);
      const title = /^<p title="([^"]*)"/.exec(ours as string)?.[1];
      expect(title).not.toMatch(/[<>'"\\]/);
    }),
    { numRuns: 500 },
  );
});

it("walks and prints any plain data as Nunjucks does", () => {
  const render = bothWays(TRAVERSAL);
  const key = fc.oneof(
    fc.constantFrom("a", "b", "0"),
    fc.string().filter((name) => name !== "length"),
  );
  const values = [fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined)];
  fc.assert(
    fc.property(
      fc.object({ key, values, maxDepth: 3, withNullPrototype: false }),
      fc.array(fc.anything({ key, values })),
      (object, list) => {
        for (const value of [object, list, object.a, object.b]) {
          const [ours, theirs] = render({ value });
          expect(ours).toBe(theirs);
        }
      },
    ),
    { numRuns: 300 },
  );
});
