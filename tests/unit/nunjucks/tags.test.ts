import { describe, expect, it } from "vitest";
import { nunjucksRenderer } from "../../../src/adapters/nunjucks/index.js";
import { SafeHtml } from "../../../src/core/index.js";
import { type Data, type Files, folderOf, hydrantRender, stockRender, writeFiles } from "./both-ways.js";

function helpers(): Data {
  const show = (value: unknown) => (value instanceof SafeHtml ? value.value : JSON.stringify(value));
  const slots = (given: Readonly<Record<string, unknown>> = {}) =>
    Object.entries(given).map(([name, content]) => `<s ${name}>${show(content)}</s>`);
  return {
    title: "<T>",
    rows: [{ id: 1 }, { id: 2 }],
    component: (name: string, args?: object, given?: Record<string, unknown>) =>
      new SafeHtml(`<c ${name} ${JSON.stringify(args ?? {})}>${slots(given).join("")}</c>`),
    on: (event: string, args: object = {}) => new SafeHtml(`hx-post="/${event}?${JSON.stringify(args)}"`),
  };
}

const cases: readonly (readonly [name: string, template: string, expected: string])[] = [
  ["without content", '{% component "card" %}{% endcomponent %}', "<c card {}></c>"],
  ["with params", '{% component "card", title=title, n=1 %} {% endcomponent %}', '<c card {"title":"<T>","n":1}></c>'],
  [
    "with content",
    '{% component "card" %} <b>{{ title }}</b> {% endcomponent %}',
    "<c card {}><s default><b>&lt;T&gt;</b></s></c>",
  ],
  [
    "with named slots",
    '{% component "card" %}body{% slot "footer" %}<f>{{ title }}{% endslot %}{% endcomponent %}',
    "<c card {}><s default>body</s><s footer><f>&lt;T&gt;</s></c>",
  ],
  [
    "nested, each with its own slots",
    '{% component "a" %}{% slot "x" %}{% component "b" %}{% slot "y" %}in{% endslot %}{% endcomponent %}{% endslot %}{% endcomponent %}',
    "<c a {}><s x><c b {}><s y>in</s></c></s></c>",
  ],
  [
    "in loops, with helpers inside",
    '{% for r in rows %}{% component "c", key=r.id %}<i {{ on("go", id=r.id) }}>{{ loop.index }}{% endcomponent %}{% endfor %}',
    '<c c {"key":1}><s default><i hx-post="/go?{"id":1}">1</s></c><c c {"key":2}><s default><i hx-post="/go?{"id":2}">2</s></c>',
  ],
  [
    "in a macro of the same file",
    '{% macro m(t) %}{% component "c", t=t %}{{ t }}{% endcomponent %}{% endmacro %}{{ m("<") }}',
    '<c c {"t":"<"}><s default>&lt;</s></c>',
  ],
  [
    "in a macro that is imported with context",
    '{% import "macros.njk" as k with context %}{{ k.card(1) }}',
    '<c card {"n":1}><s default>1</s></c>',
  ],
  [
    "with an include inside",
    '{% component "c" %}{% include "part.njk" %}{% endcomponent %}',
    "<c c {}><s default>part &lt;T&gt;</s></c>",
  ],
  ["as a helper", '{{ component("c", n=1) }}', '<c c {"n":1}></c>'],
];

const files: Files = {
  "macros.njk": '{% macro card(n) %}{% component "card", n=n %}{{ n }}{% endcomponent %}{% endmacro %}',
  "part.njk": "part {{ title }}",
  "layout.njk": '{% component "shell" %}<main>{% block body %}old{% endblock %}</main>{% endcomponent %}',
};

describe("the tags for components and slots", () => {
  it.each(cases)("work %s", (_name, template, expected) => {
    const all = { ...files, "main.njk": template };
    expect(hydrantRender(all, helpers())).toBe(expected);
    expect(stockRender(all, helpers())).toBe(expected);
  });

  it("let a layout put a block into a component", () => {
    const main = '{% extends "layout.njk" %}{% block body %}new, not {{ super() }}{% endblock %}';
    expect(hydrantRender({ ...files, "main.njk": main }, helpers())).toBe(
      "<c shell {}><s default><main>new, not old</main></s></c>",
    );
  });

  it("say what is wrong with a slot outside a component", () => {
    expect(() => hydrantRender({ "main.njk": '\n{% slot "x" %}{% endslot %}' }, helpers())).toThrow(
      /main\.njk, line 2: {% slot "x" %} stands outside {% component %}; in a component's own template write {{ slot\("x"\) }}/,
    );
  });

  it("say what is wrong in a macro that was imported without context", () => {
    const main = '{% import "macros.njk" as k %}{{ k.card(1) }}';
    expect(() => hydrantRender({ ...files, "main.njk": main }, helpers())).toThrow(/imported `with context`/);
  });
});

describe("in development", () => {
  const before = { "main.njk": "{% include 'part.njk' %} one", "part.njk": "part" };

  it("a template is read again when it, or one that it includes, changes", () => {
    const folders = folderOf(before);
    const render = nunjucksRenderer({ folders, watch: true }).compilePage?.("main.njk");
    expect(render?.({})).toBe("part one");
    writeFiles(folders, { "part.njk": "another part" });
    expect(render?.({})).toBe("another part one");
    writeFiles(folders, { "main.njk": "{% include 'part.njk' %} three" });
    expect(render?.({})).toBe("another part three");
  });

  it("a broken template fails until it is mended", () => {
    const folders = folderOf(before);
    const render = nunjucksRenderer({ folders, watch: true }).compilePage?.("main.njk");
    writeFiles(folders, { "part.njk": "{% if %}" });
    expect(() => render?.({})).toThrow(/part\.njk/);
    writeFiles(folders, { "part.njk": "mended" });
    expect(render?.({})).toBe("mended one");
  });

  it("a template in an earlier folder takes the place of a later one", () => {
    const folders = [folderOf({}), folderOf(before)];
    const render = nunjucksRenderer({ folders, watch: true }).compilePage?.("main.njk");
    writeFiles(folders[0] as string, { "part.njk": "mine" });
    expect(render?.({})).toBe("mine one");
  });
});

it("in production nothing is read after the start", () => {
  const folders = folderOf({
    "main.njk": "{% extends 'layout.njk' %}",
    "layout.njk": "{% include 'part.njk' %}",
    "part.njk": "part",
  });
  const render = nunjucksRenderer(folders).compilePage?.("main.njk");
  writeFiles(folders, { "main.njk": "changed", "layout.njk": "changed", "part.njk": "changed" });
  expect(render?.({})).toBe("part");
});
