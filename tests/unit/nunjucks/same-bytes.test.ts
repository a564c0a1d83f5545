import { describe, expect, it } from "vitest";
import { SafeHtml } from "../../../src/core/index.js";
import { type Configure, type Data, type Files, hydrantRender, stockRender } from "./both-ways.js";

type Case = readonly [name: string, template: string, expected: string | RegExp];

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

const data = (): Data => ({
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

const values: readonly Case[] = [
  ["strings are escaped", "{{ nasty }}", /^&lt;b title=&quot;x&quot;.*&#92; ` = &lt;\/script&gt;/],
  ["in attributes too", `<p title="{{ nasty }}" data-x='{{ nasty }}'>`, /^<p title="&lt;b/],
  ["missing values are empty", "[{{ missing }}{{ none }}{{ nothing }}{{ missing.deep.er }}{{ none.x }}]", "[]"],
  ["numbers", "{{ zero }} {{ minusZero }} {{ float }} {{ nan }} {{ big }} {{ 1.25 }}", "0 0 1.5 NaN 12 1.25"],
  ["booleans", "{{ yes }} {{ no }}", "true false"],
  ["dates", "{{ date }}", /1970/],
  ["arrays", "{{ list }} {{ nested }}", /^a,&lt;b&gt;,3,,,true a,1,b,2/],
  ["objects", "{{ object }} {{ map }} {{ set }}", "[object Object] [object Map] [object Set]"],
  ["literals", `{{ "<lit>" }} {{ 'it\\'s' }} {{ [1, "<x>"] }} {{ {a: 1}.a }} {{ none }}`, /&lt;lit&gt;/],
  [
    "computed keys",
    `{{ inline["key-with-dash"] }} {{ inline["a.b"] }} {{ list[1] }} {{ object[("a")] }}`,
    /^dash dotted/,
  ],
  ["a computed key inside a computed key", "{{ nested[nested[0][1]][0] }} {{ object[nested[0][0]] }}", "b 1"],
  ["deep properties", "{{ inline.deep.er.value }}", "deepest"],
  [
    "methods keep their object",
    `{{ person.greet() }} {{ person.greet("<me>") }} {{ person.loud }}`,
    /&lt;Pat&gt; greets/,
  ],
  [
    "methods of built-in values",
    `{{ nasty.length }} {{ list.slice(1, 3).join("<>") }} {{ "a,b".split(",")[1] }}`,
    /b$/,
  ],
  ["a method that is printed, not called", "{{ person.greet }}", /function/],
  ["a method in a variable", "{% set greet = person.greet %}{{ greet('x') }}", "&lt;Pat&gt; greets x"],
  ["plain functions are escaped", "{{ plain('<x>') }}", "plain &lt;x&gt;"],
];

const output: readonly Case[] = [
  ["helpers write HTML", "{{ helper('a', x=1, y='<') }}", '<h a {"x":1,"y":"<"}>'],
  [
    "filters on what helpers write",
    "{{ helper('b') | trim | upper }} {{ helper('b') | escape }} {{ helper('c') | safe }}",
    "&lt;H B NULL&gt; <h b null> <h c null>",
  ],
  ["joined to text it is escaped again", "{{ 'x' ~ helper('d') }}", "x&lt;h d null&gt;"],
  ["helpers in conditions", "{% if helper('e') %}y{% endif %}{{ helper('f') if yes }}", "y<h f null>"],
  [
    "string filters",
    "{{ nasty | upper }} {{ nasty | replace('<', '[') }} {{ nasty | truncate(12) }} {{ nasty | e }}",
    /\[b title/,
  ],
  [
    "filters on missing values",
    "{{ missing | default('<d>') }} {{ empty | default('e', true) }} {{ none | length }}",
    /^&lt;d&gt; e 0/,
  ],
  [
    "list filters",
    "{{ list | join('<br>') }} {{ list | list | length }} {{ object | dictsort | first }}",
    /^a&lt;br&gt;&lt;b&gt;.* 6 a,1$/,
  ],
  [
    "filters with keyword arguments",
    "{{ rows | sort(attribute='name', reverse=true) | join(',', 'name') }}",
    /^Cy,Ann/,
  ],
  [
    "groupby, batch, slice, sum",
    "{% for k, g in rows | groupby('active') %}{{ k }}={{ g | length }} {% endfor %}{{ rows | sum('id') }}{{ rows | batch(2) | length }}",
    /6/,
  ],
  [
    "selectattr and rejectattr",
    "{{ rows | selectattr('active') | length }}{{ rows | rejectattr('active') | length }}",
    "21",
  ],
  ["dump", "{{ object | dump }} {{ object | dump | safe }}", /&quot;a&quot;:1/],
  [
    "safe and striptags",
    "{{ nasty | safe }} {{ nasty | striptags }} {{ nasty | nl2br }} {{ 'a\nb' | nl2br }}",
    /<b title="x"/,
  ],
  [
    "urlencode, urlize, wordcount, indent",
    "{{ nasty | urlencode }} {{ 'see http://a.b/?x=<y>' | urlize }} {{ 'a\nb' | indent }}",
    /%3Cb/,
  ],
  ["number filters", "{{ '42' | int + 1 }} {{ 2.567 | round(1) }} {{ '1.5' | float }} {{ -3 | abs }}", "43 2.6 1.5 3"],
  ["filter blocks", "{% filter upper %}a <b> {{ nasty }}{% endfilter %}", /^A &lt;B&gt; &amp;LT;B/],
  ["a filter in a condition", "{% if list | length > 3 %}many{% else %}few{% endif %}", "many"],
  [
    "random-free chains",
    "{{ list | first }}{{ list | last }}{{ 'abc' | reverse }}{{ [3,1,2] | sort }}",
    "atruecba1,2,3",
  ],
];

const control: readonly Case[] = [
  [
    "if, elif, else",
    "{% if no %}1{% elif zero %}2{% elif yes %}3{% else %}4{% endif %}{% if none %}{% else %}5{% endif %}",
    "35",
  ],
  ["inline if", "{{ 'a' if yes }}{{ 'b' if no }}{{ 'c' if no else '<d>' }}", "a&lt;d&gt;"],
  [
    "operators",
    "{{ 1 + 2 }} {{ '1' ~ 2 }} {{ 7 // 2 }} {{ 2 ** 3 }} {{ 7 % 4 }} {{ -float }} {{ 1 / 4 }} {{ 3 * 2 - 1 }}",
    "3 12 3 8 3 -1.5 0.25 5",
  ],
  ["comparisons", "{{ 1 < 2 }} {{ 1 == '1' }} {{ 1 === '1' }} {{ 2 >= 3 }} {{ 1 != 2 }}", "true true false false true"],
  ["logic", "{{ yes and no }} {{ none or '<x>' }} {{ not yes }} {{ (yes or no) and 'z' }}", "false &lt;x&gt; false z"],
  ["in", "{{ 'a' in list }} {{ 'q' not in list }} {{ 'b' in object }} {{ 'x' in 'xyz' }}", "true true true true"],
  [
    "tests",
    "{{ missing is defined }} {{ none is defined }} {{ zero is defined }} {{ 4 is even }} {{ 4 is divisibleby(2) }} {{ none is none }} {{ yes is not callable }} {{ plain is callable }}",
    /^false/,
  ],
  [
    "switch",
    "{% switch float %}{% case 1 %}one{% case 1.5 %}{{ nasty | first }}{% default %}other{% endswitch %}",
    /&lt;/,
  ],
  ["loops", "{% for x in list %}[{{ x }}]{% endfor %}", "[a][&lt;b&gt;][3][][][true]"],
  [
    "loop bookkeeping",
    "{% for x in rows %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}",
    /^1032truefalse3;/,
  ],
  [
    "nested loops",
    "{% for r in rows %}{{ loop.index }}:{% for t in r.tags %}{{ loop.index }}/{{ loop.length }}{{ t }}{{ r.id }}{% else %}none{{ loop.index }}{% endfor %}{{ loop.last }} {% endfor %}",
    /^1:1\/2x12\/2y1false 2:none2false/,
  ],
  [
    "the loop object kept",
    "{% for x in list %}{% set kept = loop %}{{ kept.index }}{% endfor %}{{ kept.index }}",
    /^123456/,
  ],
  ["loop outside a loop", "{{ loop.index }}{% for x in rows %}{% endfor %}{{ loop.index }}|", "|"],
  [
    "over objects, maps and pairs",
    "{% for k, v in object %}{{ loop.index }}{{ k }}={{ v }} {% endfor %}{% for k, v in map %}{{ k }}={{ v }}{{ loop.last }} {% endfor %}{% for a, b in nested %}{{ a }}{{ b }}{% endfor %}",
    /^1a=1 2b=&lt;two&gt;/,
  ],
  [
    "over sets and strings",
    "{% for x in set %}{{ x }}{% endfor %}{% for c in 'abc' %}{{ c }}-{% endfor %}",
    "s1s2a-b-c-",
  ],
  [
    "over nothing",
    "{% for x in missing %}x{% else %}e1{% endfor %}{% for x in [] %}x{% else %}e2{% endfor %}{% for k, v in {} %}x{% else %}e3{% endfor %}{% for x in 0 %}x{% else %}e4{% endfor %}",
    "e1e2e3e4",
  ],
  [
    "range, cycler, joiner",
    "{% set c = cycler('<o>', 'e') %}{% set j = joiner() %}{% for i in range(0, 6, 2) %}{{ j() }}{{ i }}{{ c.next() }}{% endfor %}{{ c.current }}",
    "0&lt;o&gt;,2e,4&lt;o&gt;&lt;o&gt;",
  ],
  ["whitespace control", "a  {%- if yes -%}  b  {%- endif %}  c {{- yes -}} d {#- gone -#} e", "ab  ctruede"],
  [
    "raw and verbatim",
    "{% raw %}{{ x }} <&>{% endraw %}{% verbatim %}{% if %}{% endverbatim %}{# no #}",
    "{{ x }} <&>{% if %}",
  ],
  ["text as it is", 'back\\slash "q" \u2028\u2029\t`$x` </script>', 'back\\slash "q" \u2028\u2029\t`$x` </script>'],
];

const scopes: readonly Case[] = [
  ["set", "{% set a = nasty %}{{ a }}{% set a, b = 2 %}{{ a }}{{ b }}", /22$/],
  ["block set", "{% set html %}<b>{{ nasty }}</b>{% endset %}{{ html }}|{{ html | safe }}", /&lt;b&gt;/],
  [
    "set in a loop stays in it, or changes what is outside",
    "{% set n = 0 %}{% for x in rows %}{% set n = n + x.id %}{% set inner = 1 %}{{ n }}{% endfor %}{{ n }}{{ inner }}",
    /^136/,
  ],
  [
    "set of the loop's own name",
    "{% set x = 'out' %}{% for x in list %}{% set x = 'in' %}{{ x }}{% endfor %}{{ x }}",
    /in/,
  ],
  [
    "set in nested loops",
    "{% set n = '' %}{% for r in rows %}{% for t in r.tags %}{% set n = n ~ t %}{% endfor %}{% endfor %}{{ n }}",
    "xyz",
  ],
  ["set to nothing uncovers", "{% set yes = none %}[{{ yes }}]{% set object = missing %}[{{ object }}]", /^\[/],
  ["set in if", "{% if yes %}{% set q = 1 %}{% endif %}{{ q }}", "1"],
  [
    "macros",
    "{% macro m(a, b='<d>', c=3) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m() }}{{ m('<') }}{{ m(1, c=4) }}{{ m(a=5) }}{{ m(1, 2, 3, 4) }}{{ m(b=yes, a=no) }}",
    /^\[&lt;d&gt;3\]/,
  ],
  [
    "macros see what is global",
    "{% macro m() %}{{ nasty | first }}{{ person.greet(1) }}{{ helper('m', x=1) }}{% endmacro %}{{ m() }}",
    /<h m/,
  ],
  [
    "macros in macros and recursion",
    "{% macro tree(n) %}{{ n }}{% if n > 0 %}({{ tree(n - 1) }}){% endif %}{% endmacro %}{{ tree(3) }}",
    "3(2(1(0)))",
  ],
  [
    "macros in loops",
    "{% macro cell(x) %}<td>{{ x.name }}{{ loop.index }}</td>{% endmacro %}{% for r in rows %}{{ cell(r) }}{% endfor %}",
    /^<td>Ann<\/td>/,
  ],
  [
    "what a macro returns is safe",
    "{% macro b(x) %}<b>{{ x }}</b>{% endmacro %}{% set v = b(nasty) %}{{ v }}{{ v | upper }}{{ v ~ '' }}",
    /^<b>&lt;/,
  ],
  [
    "call blocks",
    "{% macro box(t) %}<{{ t }}>{{ caller('<arg>') }}{% endmacro %}{% for r in rows %}{% call(x) box('p') %}{{ r.name }}{{ x }}{{ loop.index }}{% endcall %}{% endfor %}",
    /^<p>Ann&lt;arg&gt;<p>&lt;Bob/,
  ],
  [
    "call blocks without arguments",
    "{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}{{ nasty | first }}{% endcall %}",
    "[&lt;]",
  ],
];

const files: Files = {
  "part.njk": "<{{ nasty | first }}{{ row.name }}{{ loop.index }}{{ local }}>{% set local = 'changed' %}",
  "sets.njk": "{% set n = 9 %}{% for i in [1] %}{% set up = 'up' %}{% endfor %}{{ n }}",
  "deep/one.njk": "one {% include './two.njk' %}",
  "deep/two.njk": "two {% include '../part.njk' %}",
  "macros.njk":
    "{% set exported = '<exp>' %}{% set _private = 1 %}{% macro m(x, y='d') %}({{ x }}{{ y }}{{ nasty }}){% endmacro %}{% macro _hidden() %}h{% endmacro %}",
  "layout.njk":
    "<html>{% block title %}<t>{{ name }}{% endblock %}{% for r in rows %}{% block row %}{{ r.id }}{{ loop.index }}{% endblock %}{% endfor %}{% block body %}base{% block inner %}inner{% endblock %}{% endblock %}</html>{{ late }}",
  "middle.njk": "{% extends 'layout.njk' %}{% block body %}mid[{{ super() }}]{% endblock %}{% set late = 'late!' %}",
};

const between: readonly Case[] = [
  ["include", "{% include 'part.njk' %}{{ local }}", /^<&lt;>/],
  [
    "include in a loop sees the loop",
    "{% set local = 'mine' %}{% for row in rows %}{% include 'part.njk' %}{% endfor %}{{ local }}",
    /^<&lt;Ann1mine>/,
  ],
  [
    "include of what changes names",
    "{% set n = 1 %}{% for x in [1] %}{% include 'sets.njk' %}{% endfor %}{{ n }}{{ up }}",
    /^9/,
  ],
  ["relative names", "{% include 'deep/one.njk' %}", /^one two </],
  ["a name worked out", "{% set p = 'part' %}{% include p ~ '.njk' %}{% include ('sets.njk' if yes else 'x') %}", /^</],
  ["ignore missing", "a{% include 'gone.njk' ignore missing %}b", "ab"],
  [
    "import",
    "{% import 'macros.njk' as k %}{{ k.m(1) }}{{ k.m('<', y=2) }}{{ k.exported }}{{ k._hidden }}{{ k._private }}",
    /^\(1da global that data hides\)\(&lt;2a.*\)&lt;exp&gt;$/,
  ],
  ["import with context", "{% import 'macros.njk' as k with context %}{{ k.m(1) }}", /^\(1d&lt;b/],
  [
    "from import",
    "{% from 'macros.njk' import m, exported as e %}{{ m(1) }}{{ e }}",
    "(1da global that data hides)&lt;exp&gt;",
  ],
  [
    "from import with context in a loop",
    "{% for r in rows %}{% from 'macros.njk' import m with context %}{{ m(r.id) }}{% endfor %}",
    /^\(1d/,
  ],
  [
    "extends",
    "{% extends 'layout.njk' %}{% block title %}new {{ super() }}{% endblock %}{% block row %}<{{ r.name }}>{% endblock %}",
    /^<html>new <t>/,
  ],
  [
    "extends twice with super",
    "{% extends 'middle.njk' %}{% block body %}top[{{ super() }}{{ super() }}]{% endblock %}{% block inner %}<in>{% endblock %}ignored{{ nasty }}",
    /^<html><t>.*top\[mid\[base<in>\]mid/,
  ],
  ["extends by a name worked out", "{% extends 'lay' ~ 'out.njk' %}{% block body %}b{% endblock %}", /b<\/html>$/],
  [
    "blocks without extends",
    "{% block a %}{{ nasty | first }}{% block b %}b{% endblock %}{% endblock %}{% set x = 1 %}{{ x }}",
    "&lt;b1",
  ],
  ["set before a block", "{% set x = 1 %}{% block a %}{{ x }}{% set x = 2 %}{{ x }}{% endblock %}{{ x }}", /^12/],
  [
    "a block set in a block",
    "{% block a %}{% set h %}<i>{{ nasty | first }}</i>{% endset %}{{ h | safe }}{% endblock %}",
    "<i>&lt;</i>",
  ],
];

const ways: Configure = (environment) => {
  environment.addFilter("shout", (value: unknown, mark = "!") => `${String(value)}${String(mark)}`);
  environment.addFilter("bold", (value: unknown) => environment.getFilter("safe")(`<b>${String(value)}</b>`));
  environment.addFilter("twice", function (this: { lookup(name: string): unknown }, value: unknown) {
    return `${String(value)}${String(value)}${String(this.lookup("zero"))}`;
  });
  environment.addGlobal("site", "<Site>");
  environment.addGlobal("nasty", "a global that data hides");
  environment.addGlobal("add", (a: number, b: number) => a + b);
};

const added: readonly Case[] = [
  ["own filters", "{{ nasty | shout }}{{ 1 | shout('<?>') }}{{ 'x' | bold }}{{ 2 | twice }}", /<b>x<\/b>220$/],
  ["own globals", "{{ site }}{{ add(1, 2) }}{{ nasty | first }}", "&lt;Site&gt;3&lt;"],
  ["own filters on finished HTML", "{{ safe | shout }}{{ safe }}{{ safe | upper }}{{ safe | e }}", /<i>&safe;<\/i>/],
];

describe("a template prints the same bytes as with Nunjucks alone", () => {
  const all = { values, output, control, scopes, between, added };
  for (const [group, cases] of Object.entries(all)) {
    it.each(cases)(`${group}: %s`, (_name, template, expected) => {
      const all = { ...files, "main.njk": template };
      const html = hydrantRender(all, data(), ways);
      expect(html).toBe(stockRender(all, data(), ways));
      if (typeof expected === "string") expect(html).toBe(expected);
      else expect(html).toMatch(expected);
    });
  }
});
