import { describe, expect, it } from "vitest";
import { z } from "zod";
import { nunjucksRenderer } from "../../../src/adapters/nunjucks/index.js";
import { Component, type ComponentServer, createComponentServer, DefinitionError } from "../../../src/core/index.js";
import { type Files, folderOf } from "./both-ways.js";

class Card extends Component {
  static override readonly template = "card.njk";
  static override readonly events = { open: null, close: z.object({ id: z.string() }) };
  static override readonly slots = ["default", "footer"];
  override mount() {
    this.state = {};
  }
  on_open() {}
  on_close() {}
}

class Other extends Component {
  static override readonly template = "other.njk";
  override mount() {
    this.state = {};
  }
}

function start(files: Files): ComponentServer {
  return createComponentServer({
    components: { card: Card, other: Other },
    renderer: nunjucksRenderer(folderOf({ "other.njk": "<i {{ root() }}></i>", ...files })),
    mode: "development",
    log: { info() {}, warn() {}, error() {} },
  });
}

const refusals: readonly (readonly [name: string, template: string, message: string])[] = [
  [
    "an event that the component does not have",
    "{{ on('opne') }}",
    'card: card.njk offers the event "opne", which card does not have. It has: "close", "open".',
  ],
  ["an event in a macro", "{% macro b() %}{{ on('x', id=1) }}{% endmacro %}", 'offers the event "x"'],
  ["an event in slot content", "{% component 'other' %}{{ on('x') }}{% endcomponent %}", 'offers the event "x"'],
  [
    "an event in a condition and in a block set",
    "{% if a %}{% set b %}{{ on('x') }}{% endset %}{% endif %}",
    'offers the event "x"',
  ],
  ["an event in an included template", "{% include 'part.njk' %}", 'card: card.njk offers the event "part-event"'],
  [
    "a slot that is not declared",
    "{{ slot('header') }}",
    'card: card.njk has a slot "header" that card does not declare. Add it to `static slots`, which holds: "default", "footer".',
  ],
  [
    "a component that is not registered",
    "{{ component('crad') }}",
    'card: card.njk places the component "crad", which is not registered. Registered: "card", "other".',
  ],
  ["a lazy component that is not registered", "{{ lazy('nobody', when='revealed') }}", 'places the component "nobody"'],
  [
    "a component tag for one that is not registered",
    "{% component 'nobody' %}{% endcomponent %}",
    'places the component "nobody"',
  ],
];

describe("a wrong name in a template is refused when the server starts", () => {
  it.each(refusals)("%s", (_name, template, message) => {
    const files = { "card.njk": `<p {{ root() }}>${template}</p>`, "part.njk": "{{ on('part-event') }}" };
    expect(() => start(files)).toThrow(DefinitionError);
    expect(() => start(files)).toThrow(message);
  });

  it("also in a page of the application, when it is compiled", () => {
    const server = start({
      "card.njk": "<p {{ root() }}></p>",
      "page.njk": "{{ component('crad') }}",
      "good.njk": "{{ component('card') }}",
    });
    expect(() => server.pageTemplate("page.njk")).toThrow(
      'page.njk places the component "crad", which is not registered.',
    );
    expect(server.pageTemplate("good.njk")).toBe(server.pageTemplate("good.njk"));
  });

  it.each([
    "{{ on('open') }}{{ on('close', id=1) }}{{ slot('footer') }}{{ slot() }}{{ lazy('other') }}",
    "{{ on(name) }}{{ component(name) }}{{ slot('foo' ~ 'ter') }}",
    "{% macro on(x) %}{% endmacro %}{{ on('anything') }}",
    "{% import 'macros.njk' as on %}{{ on.on('anything') }}",
    "{% from 'macros.njk' import m as component %}{{ component('anything') }}",
    "{% for slot in [] %}{{ slot('anything') }}{% endfor %}",
    "{% macro button(on) %}{{ on('anything') }}{% endmacro %}",
    "{% set lazy = 1 %}{{ lazy('anything') }}",
    "{% extends 'layout.njk' %}{% block a %}{% endblock %}",
    "{{ other.on('anything') }}",
  ])("but not what is right or means something else: %s", (template) => {
    const files = {
      "card.njk": template,
      "macros.njk": "{% macro m() %}{{ on('other-event') }}{% endmacro %}",
      "layout.njk": "<p {{ root() }}>{% block a %}{{ on('replaced') }}{% endblock %}</p>",
    };
    expect(start(files).describe("card")?.events.size).toBe(2);
  });

  it("the slot without a name has to be declared too", () => {
    const files = { "card.njk": "<p {{ root() }}></p>", "other.njk": "<p {{ root() }}>{{ slot() }}</p>" };
    expect(() => start(files)).toThrow('other: other.njk has a slot "default" that other does not declare.');
  });

  it("templates that include each other are looked through once", () => {
    const files = {
      "card.njk": "{% include 'a.njk' %}",
      "a.njk": "{% include 'b.njk' %}",
      "b.njk": "{% include 'a.njk' %}{{ on('x') }}",
    };
    expect(() => start(files)).toThrow('offers the event "x"');
  });
});
