import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "cheerio";
import * as hydrant from "hydrant";
import {
  type ComponentServer,
  createComponentServer,
  DEFAULT_LIMITS,
  ERRORS,
  FormComponent,
  type View,
  WizardComponent,
} from "hydrant";
import { kyselyRecordStore } from "hydrant/kysely";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor } from "hydrant/testing";
import type { Kysely } from "kysely";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ROOT, readPages } from "./fences.js";
import { rows, section, source } from "./tables.js";

/** Every literal in the documentation and the examples that a reader could copy as a key. */
function printedKeys(): string[] {
  const examples = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ts|md|json|env)$/.test(path))
    .map((path) => readFileSync(join(ROOT, "examples", path), "utf8"));
  const printed = [...readPages().map(({ text }) => text), ...examples].flatMap((text) => [
    ...[...text.matchAll(/HYDRANT_\w*KEY=["']?([^\s"'`$]+)/g)].map(([, key]) => key as string),
    ...[...text.matchAll(/keys: \[([^\]]*)\]/gi)].flatMap(([, list]) =>
      [...(list as string).matchAll(/["']([^"']{32,})["']/g)].map(([, key]) => key as string),
    ),
  ]);
  return [...new Set(printed)];
}

function serverWith(key: string): ComponentServer {
  return createComponentServer({ components: {}, renderer: taggedRenderer({ templates: {} }), keys: [key] });
}

/** A form with these fields, and what its template shows and sees. */
async function formOf(fields: Record<string, z.ZodType>) {
  const schema = z.object(fields);
  class Form extends FormComponent<typeof schema> {
    static override template = "form";
    static override schema = schema;
    on_submit(): void {}
  }
  const steps = [{ name: "one", title: "One", schema }] as const;
  class Wizard extends WizardComponent<typeof steps> {
    static override template = "form";
    static override steps = steps;
    on_submit(): void {}
  }
  let view: View | undefined;
  const form = (given: View) => {
    view = given;
    const { field } = given as View & { field(name: string): unknown };
    return html`<div ${given.root()}>${Object.keys(fields).map((name) => html`<div>${field(name)}</div>`)}</div>`;
  };
  const server = createComponentServer({
    components: { form: Form, wizard: Wizard },
    renderer: taggedRenderer({ templates: { form } }),
    keys: [randomBytes(32).toString("base64url")],
  });
  const door = createTestDoor(server);
  const instance = await door.mount("form");
  return { server, door, html: instance.html, view: view as View };
}

/** The first control of a field as the documentation writes it: what the schema gave, and nothing else. */
function controlOf(field: string): string {
  const $ = load(field);
  const control = $("input,select,textarea").first();
  for (const name of ["name", "id", "value"]) control.removeAttr(name);
  return /^<[^>]+>/.exec($.html(control))?.[0].replace(/ (required)=""/, " $1") ?? "";
}

describe("the documentation", () => {
  test("lists every limit with its default", () => {
    const listed = rows("docs/security.md", "## Caps").map(([name, value]) => [
      name,
      Number(value.replaceAll(",", "")),
    ]);
    expect(Object.fromEntries(listed)).toEqual(DEFAULT_LIMITS);
  });

  test("lists every error code with its status", () => {
    const listed = rows("docs/protocol.md", "### Error codes").map(([code, status]) => [code, Number(status)]);
    const known = Object.entries(ERRORS).map(([code, { status }]) => [code, status]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(known));
  });

  test("prints no key that a server in production would take", () => {
    const keys = printedKeys();
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(() => serverWith(key), key).toThrow("stands in the documentation");
    expect(() => serverWith(randomBytes(32).toString("base64url"))).not.toThrow();
  });
});

describe("the documentation of forms", () => {
  test("shows the control that each schema gives", async () => {
    const listed = rows("docs/forms.md", "## What the schema gives");
    const schemas = listed.map(([code]) => new Function("z", `return ${code}`)(z) as z.ZodType);
    const { html } = await formOf(Object.fromEntries(schemas.map((schema, at) => [`field${at}`, schema])));
    const $ = load(html);
    const shown = $("[data-component] > div")
      .slice(1)
      .map((_at, one) => controlOf($.html(one)))
      .get();
    expect(listed.length).toBeGreaterThan(10);
    expect(listed.map(([code], at) => [code, `\`${shown[at]}\``])).toEqual(listed);
  });

  test("lists every word of a template", async () => {
    const { view } = await formOf({ name: z.string() });
    const listed = [
      ...rows("docs/forms.md", "## The words in a form's template"),
      ...rows("docs/renderers.md", "## Words in every template"),
    ].map(([word]) => /^\w+/.exec(word)?.[0]);
    // These three share a row.
    expect(new Set([...listed, "id", "state", "params"])).toEqual(new Set(Object.keys(view)));
  });

  test("lists every event", async () => {
    const { server } = await formOf({ name: z.string() });
    const part = section("docs/protocol.md", "### Forms");
    const listed = [...part.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell]) => cell?.match(/\w+/g) ?? []);
    expect(new Set(listed)).toEqual(server.describe("wizard")?.events);
  });

  test("lists what a form remembers", async () => {
    const { door } = await formOf({ name: z.string() });
    const listed = rows("docs/forms.md", "## What a form remembers").map(([name]) => name);
    expect(new Set(listed)).toEqual(new Set(Object.keys(await door.resolve("form"))));
  });

  test("lists the types of files whose first bytes are looked at", () => {
    const known = source("src/core/file-signatures.ts").match(/(?<=")\w+\/\w+(?=":)/g);
    expect(section("docs/security.md", "## Files").match(/(?<=`)(?:image|application)\/\w+(?=`[,.])/g)).toEqual(known);
  });

  test("lists the kinds of columns", () => {
    const listed = rows("docs/records.md", "## Databases").map(([name]) => name);
    const kinds = listed.filter((name) => !["table", "id", "version", "columns", "readOnly"].includes(name));
    const define = (columns: Record<string, string>) =>
      kyselyRecordStore({} as Kysely<Record<string, never>>, { table: "t", columns } as never);
    expect(() => define(Object.fromEntries(kinds.map((kind) => [`a_${kind}`, kind])))).not.toThrow();
    expect(() => define({ other: "other" })).toThrow(`Known: ${kinds.join(", ")}.`);
  });
});

describe("the documentation of people", () => {
  test("lists permissions that are there", () => {
    const listed = rows("docs/people.md", "## Permission").map(([name]) => name);
    expect(listed).toHaveLength(8);
    expect(listed.filter((name) => !(name in hydrant))).toEqual([]);
  });

  test("writes limits that can be followed", () => {
    const texts = section("docs/people.md", "## Limits").match(/"\d+\/\w+"/g) ?? [];
    class Limited extends hydrant.Component {
      static override template = "limited";
      static override limits = texts.map((text) => JSON.parse(text) as string);
    }
    const renderer = taggedRenderer({ templates: { limited: ({ root }) => html`<p ${root()}></p>` } });
    const limitStore = { consume: () => Promise.resolve({ allowed: true, remaining: 1, resetMs: 0 }) };
    expect(texts.length).toBeGreaterThan(4);
    expect(() =>
      createComponentServer({
        components: { limited: Limited },
        renderer,
        limitStore,
        keys: [randomBytes(32).toString("hex")],
      }),
    ).not.toThrow();
  });
});
