import { describe } from "vitest";
import { type Case, compareBytes } from "./same-bytes.js";

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

describe("the same bytes as Nunjucks alone", () => {
  describe("for values", () => compareBytes(values));
  describe("for filters and helpers", () => compareBytes(output));
  describe("for conditions, operators and loops", () => compareBytes(control));
});
