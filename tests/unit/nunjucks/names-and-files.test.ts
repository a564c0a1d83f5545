import { describe } from "vitest";
import type { Files } from "./both-ways.js";
import { type Case, compareBytes } from "./same-bytes.js";

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

const added: readonly Case[] = [
  ["own filters", "{{ nasty | shout }}{{ 1 | shout('<?>') }}{{ 'x' | bold }}{{ 2 | twice }}", /<b>x<\/b>220$/],
  [
    "own tags",
    "{% for r in rows %}{% box 'p' %}{{ r.name }}{{ loop.index }}{% endbox %}{% endfor %}BOXED",
    /^<p 01.5>Ann1<\/p>.*<b 01.5>boxed/,
  ],
  ["a filter that renders text of its own", "{{ nasty | first | inner }}", "[&amp;lt;]"],
  ["own globals", "{{ site }}{{ add(1, 2) }}{{ nasty | first }}", "&lt;Site&gt;3&lt;"],
  ["own filters on finished HTML", "{{ safe | shout }}{{ safe }}{{ safe | upper }}{{ safe | e }}", /<i>&safe;<\/i>/],
];

describe("the same bytes as Nunjucks alone", () => {
  describe("for names and macros", () => compareBytes(scopes));
  describe("for several files", () => compareBytes(between, files));
  describe("for added filters and globals", () => compareBytes(added));
});
