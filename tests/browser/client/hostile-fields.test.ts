import { FormComponent, type FormHelpers, type UploadedFile, type View } from "hydrant";
import { diskUploadStore } from "hydrant/disk";
import { html, type TaggedTemplate } from "hydrant/tagged";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hostileStrings } from "./hostile-strings.js";
import { stage } from "./stage.js";

const STRINGS = hostileStrings(5000);
const BATCH = 200;
const BATCHES = STRINGS.length / BATCH;
/** What the structure of every other instance is compared with. */
const PLAIN = "plain";

const schema = z.object({
  text: z.string(),
  search: z.string(),
  tel: z.string(),
  hidden: z.string(),
  odd: z.string(),
  secret: z.string(),
  area: z.string(),
  mail: z.email(),
  link: z.url(),
  number: z.number(),
  day: z.date(),
  moment: z.iso.datetime(),
  time: z.iso.time(),
  tick: z.boolean(),
  colour: z.enum(["red", "green"]),
  shade: z.enum(["a", "b", "c", "d", "e"]),
  pick: z.string(),
  radio: z.string(),
  many: z.array(z.string()),
  boxes: z.array(z.enum(["red", "green"])),
  list: z.array(z.string()),
  rows: z.array(z.object({ title: z.string(), note: z.string() })),
  group: z.object({ inner: z.string() }),
  files: z.array(z.custom<UploadedFile>()),
});

const params = z.object({ index: z.coerce.number() });
type Params = z.output<typeof params>;

function stringAt({ index }: Params): string {
  return STRINGS[index] ?? PLAIN;
}

function everywhere(s: string): Record<string, unknown> {
  const texts = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, s]));
  const file: UploadedFile = { key: "abcdefghijklmnopqrstuvwx01", name: s, size: 5, type: "image/png" };
  return {
    ...texts,
    many: [s],
    boxes: [s],
    list: [s],
    rows: [{ title: s, note: s }],
    group: { inner: s },
    files: [file],
  };
}

/** A form in which one text stands wherever a text can stand. */
class Typed extends FormComponent<typeof schema, { s: string }, Params> {
  static override template = "typed";
  // Keeps the pages small.
  static override storage = "store" as const;
  static override schema = schema;
  static override params = params;
  static override sensitive = ["secret"];
  static override uploads = { files: { maxBytes: 1000, maxFiles: 2 } };
  static override events = { again: null };
  override async mount(given: Params) {
    const s = stringAt(given);
    const names = [
      "text",
      "form",
      "tick",
      "area",
      "radio",
      "pick",
      "rows",
      "rows[0].title",
      "list[0]",
      "group",
      "files",
    ];
    const errors = Object.fromEntries(names.map((name, at) => [name, at % 2 === 0 ? [s] : [s, s]]));
    this.state = { formData: everywhere(s), errors, submitted: true, touched: [], refused: {}, isValid: false, s };
  }
  override getContext() {
    return { conflicts: { [this.state.s]: this.state.s } };
  }
  on_again() {}
  on_submit() {}
}

const looseSchema = v.object({ anything: v.optional(v.string()) });

/** A form in which fields are called by that text: its schema does not say which there are. */
class Named extends FormComponent<typeof looseSchema, { s: string }, Params> {
  static override template = "named";
  static override schema = looseSchema;
  static override params = params;
  override async mount(given: Params) {
    const s = stringAt(given);
    const errors = { [s]: [s, s], form: [s] };
    this.state = { formData: {}, errors, submitted: true, touched: [], refused: {}, isValid: false, s };
  }
  on_submit() {}
}

const typed: TaggedTemplate = (view: View) => {
  const { root, on, form, form_errors, field, label, help, input, error, value, file_url, state, conflicts } =
    view as View & FormHelpers;
  const { s, formData } = state as Typed["state"];
  const [file] = formData.files as UploadedFile[];
  const choices = [{ value: s, label: s }, { value: "other", label: s }, s];
  const about = { label: s, help: s, placeholder: s, autocomplete: s, pending: s, check: true };
  return html`<section ${root()} data-string="${s}">
    <form ${form({ guard: true })}>
      ${form_errors()}
      ${["text", "tick", "colour", "boxes"].map((name) => field(name, about))}
      ${["mail", "link", "number", "day", "moment", "time", "shade"].map((name) => field(name))}
      ${["search", "tel", "hidden"].map((name) => field(name, { type: name, label: s }))}
      ${field("odd", { type: s })}
      ${field("secret", { type: "password" })}
      ${field("area", { ...about, type: "textarea", rows: s as unknown as number })}
      ${field("pick", { ...about, choices })}
      ${field("radio", { ...about, type: "radio", choices })}
      ${field("many", { ...about, choices })}
      ${["list", "rows", "group", "files"].map((name) => field(name, about))}
      ${label("text", about)}${help("text", about)}${input("text", about)}${error("text")}
      <i title="${value("text")}">${value("text")}</i>
      ${Object.entries(conflicts as Record<string, string>).map(([name, theirs]) => html`<b title="${name}">${theirs}</b>`)}
      <a href="${file_url(file as UploadedFile)}">${file?.name}</a>
      <button ${on("field_change", { _field: "text", extra: s })} type="button">${s}</button>
    </form>
    <button data-again ${on("again")}>again</button>
  </section>`;
};

const named: TaggedTemplate = (view: View) => {
  const { root, form, form_errors, field, control, label, help, error, add_row, remove_row, state } = view as View &
    FormHelpers;
  const { s } = state as Named["state"];
  return html`<section ${root()} data-string="${s}">
    <form ${form()}>
      ${form_errors()}${field(s, { help: s, check: true })}${field(s, { type: "textarea" })}${field(s, { type: "checkbox" })}
      ${field(s, { type: "radio", choices: ["a", "b"] })}${field(s, { choices: ["a"] })}
      <input ${control(s)}>${label(s, {})}${help(s, { help: s })}${error(s)}
      <button ${add_row(s)}>+</button><button ${remove_row(s, 0)}>-</button>
    </form>
  </section>`;
};

type Component = View["component"];

function both(component: Component, index: number) {
  return [component("typed", { index, key: `t${index}` }), component("named", { index, key: `n${index}` })];
}

function batch(component: Component, first: number, length: number) {
  return html`${both(component, -1)}${Array.from({ length }, (_, at) => both(component, first + at))}`;
}

const urls: string[] = [];
const { open } = stage({
  components: { typed: Typed, named: Named },
  templates: { typed, named },
  pages: {
    "/first": ({ component }) => batch(component, 0, 100),
    ...Object.fromEntries(
      Array.from({ length: BATCHES }, (_, at) => [
        `/batch/${at}`,
        ({ component }: { component: Component }) => batch(component, at * BATCH, BATCH),
      ]),
    ),
  },
  // No policy: nothing but the escaping stands between these texts and the page.
  async before(ctx, next) {
    urls.push(ctx.url);
    await next();
    ctx.remove("Content-Security-Policy");
    // Laying out thousands of controls would take most of the time.
    if (ctx.url.startsWith("/batch/")) ctx.body = String(ctx.body).replace("<body>", "<body hidden>");
  },
  head: html`<script>window.hacked = () => { window.wasHacked = true; };</script>`,
  server: { uploadStore: diskUploadStore("nothing-is-written-here"), limits: { instances: 1000 } },
});

interface Findings {
  /** Instances whose elements or attributes differ from those of a plain text. */
  readonly different: readonly string[];
  /** Places where the text is not what was put there. */
  readonly wrong: readonly string[];
  readonly places: number;
  readonly wasHacked: boolean;
}

/** Looks at every instance in the page, in the page. */
function look(page: Page, strings: readonly string[]): Promise<Findings> {
  return page.evaluate(
    ([plain, ...all]) => {
      const different: string[] = [];
      const wrong: string[] = [];
      let places = 0;

      /** As an HTML parser reads it: line ends become line feeds; half pairs cannot be sent. */
      const sent = (s: string): string =>
        s
          .replace(/\r\n?/g, "\n")
          .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
      const inAttribute = (s: string): string => sent(s).replaceAll("\0", "\ufffd");
      const inText = (s: string): string => sent(s).replaceAll("\0", "");

      function skeleton(root: Element): string {
        return [root, ...root.querySelectorAll("*")]
          .map((element) => `${element.tagName} ${element.getAttributeNames().join(" ")}`)
          .join("\n");
      }
      function check(
        root: Element,
        s: string,
        selector: string,
        read: (element: Element) => unknown,
        expected: string,
      ) {
        const found = [...root.querySelectorAll(selector)];
        if (found.length === 0) wrong.push(`nothing fits ${selector}`);
        for (const element of found) {
          places++;
          const got = read(element);
          if (got !== expected) wrong.push(JSON.stringify([selector, s, got, expected]));
        }
      }
      const attribute = (name: string) => (element: Element) => element.getAttribute(name);
      const text = (element: Element) => element.textContent;
      const held = (element: Element) => (element as HTMLInputElement).value;
      const oneLine = (s: string): string => inAttribute(s).replace(/[\r\n]/g, "");
      // Browsers trim addresses of mail and of pages.
      const trimmed = (s: string): string => oneLine(s).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");

      function checkTyped(root: Element, s: string): void {
        const at = (selector: string, read: (element: Element) => unknown, expected: string): void =>
          check(root, s, selector, read, expected);
        for (const name of [
          "text",
          "search",
          "tel",
          "odd",
          "rows[0].title",
          "rows[0].note",
          "list[0]",
          "group.inner",
        ]) {
          at(`input[name="${name}"]`, held, oneLine(s));
        }
        for (const name of ["mail", "link"]) at(`[name=${name}]`, held, trimmed(s));
        for (const name of ["mail", "link", "number", "day", "moment", "time", "text"]) {
          at(`[name=${name}]`, attribute("value"), inAttribute(s));
        }
        at("[name=hidden]", held, inAttribute(s));
        at("[name=secret]", held, "");
        at("[name=area]", held, inAttribute(s));
        at("[name=area]", attribute("rows"), inAttribute(s));
        at("[name=odd]", attribute("type"), inAttribute(s));
        at("[name=pick]", held, inAttribute(s));
        at("[name=radio]:checked", held, inAttribute(s));
        at("[name=many] option:first-child, [name=many] option:last-child", held, inAttribute(s));
        at("[name=pick] option:not(:first-child), [name=many] option", text, inText(s));
        at("[data-field=radio] label", text, inText(s));
        at("[data-field] > [data-field-help], legend + [data-field-help]", text, inText(s));
        at("p[data-field-error], li:not([data-key]) > :not(a)", text, inText(s));
        at("ul[data-field-error] > li", text, inText(s));
        at("[data-field=text] > [data-field-pending]", text, inText(s));
        at("[data-field=text] > label > span, legend > span", text, "*");
        at(
          "[data-field=group] > legend, [data-field=search] > label",
          (one) => one.firstChild?.nodeValue ?? "",
          inText(s),
        );
        at("[name=text]", attribute("placeholder"), inAttribute(s));
        at("[name=text]", attribute("autocomplete"), inAttribute(s));
        at("[data-field=rows] > [data-row]", attribute("aria-label"), `${inAttribute(s)} 1`);
        at("[data-field=rows] > [data-row] > button", attribute("aria-label"), `Remove ${inAttribute(s)} 1`);
        at("[data-files] a", text, inText(s));
        at("[data-files] button", attribute("aria-label"), `Remove ${inAttribute(s)}`);
        at("[data-form-errors] > p", text, inText(s));
        at("[data-form-errors] [href$=-text]", text, `Text: ${inText(s)}`);
        at("i, b", text, inText(s));
        at("i, b", attribute("title"), inAttribute(s));
        at("form > button[type=button]", text, inText(s));
        at(
          "form > button[type=button]",
          (one) => new URL(one.getAttribute("hx-post") ?? "", location.href).searchParams.get("extra"),
          // An address keeps line ends and zeros as they are.
          s.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd"),
        );
      }

      function checkNamed(root: Element, s: string): void {
        const controls = "form > input[name]:not([type]), [data-field] [name]";
        check(root, s, controls, attribute("name"), inAttribute(s));
        check(root, s, "[data-field]", attribute("data-field"), inAttribute(s));
        check(root, s, "[data-form-errors] a", text, `${inText(s)}: ${inText(s)} ${inText(s)}`);
        check(root, s, "[data-field] > label, legend", text, inText(s));
        check(root, s, "[data-field-error] li", text, inText(s));
        check(
          root,
          s,
          "[data-add-row]",
          (one) => new URL(one.getAttribute("hx-post") ?? "", location.href).searchParams.get("_field"),
          s.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd"),
        );
        for (const element of root.querySelectorAll("[id], [for], [aria-describedby]")) {
          places++;
          const ids = ["id", "for", "aria-describedby"].map((name) => element.getAttribute(name) ?? "").join(" ");
          if (!/^[\w -]*$/.test(ids)) wrong.push(JSON.stringify(["an id", s, ids]));
        }
      }

      for (const [kind, checkOne] of [
        ["typed", checkTyped],
        ["named", checkNamed],
      ] as const) {
        const [model, ...roots] = document.querySelectorAll(`[data-component=${kind}]`);
        const expected = skeleton(model as Element);
        checkOne(model as Element, plain as string);
        if (roots.length !== all.length) wrong.push(`${roots.length} instances of ${kind}`);
        for (const [index, root] of roots.entries()) {
          const s = all[index] as string;
          const got = skeleton(root);
          if (got !== expected) different.push(JSON.stringify([kind, s]));
          checkOne(root, s);
        }
      }
      const { wasHacked = false } = window as { wasHacked?: boolean };
      return { different: different.slice(0, 5), wrong: wrong.slice(0, 5), places, wasHacked };
    },
    [PLAIN, ...strings],
  );
}

/** Requests that no page of ours makes. */
function strangeRequests(): string[] {
  return urls.filter(
    (url) => !/^\/(?:first|batch\/\d+|components\/_assets\/[\w.-]+|components\/typed\/again)$/.test(url),
  );
}

describe("5,000 hostile texts in every place of a form, without any policy", () => {
  it.each(Array.from({ length: BATCHES }, (_, at) => at))("stay texts: part %i", async (at) => {
    const page = await open(`/batch/${at}`);
    const found = await look(page, STRINGS.slice(at * BATCH, (at + 1) * BATCH));
    expect(found).toMatchObject({ different: [], wrong: [], wasHacked: false });
    expect(found.places).toBeGreaterThan(BATCH * 70);
    expect(strangeRequests()).toEqual([]);
  });

  it("stay texts when htmx puts them into the page", async () => {
    const page = await open("/first");
    const before = await page.evaluate(() => {
      const buttons = document.querySelectorAll<HTMLElement>("[data-again]");
      for (const button of buttons) button.click();
      return [...document.querySelectorAll("[data-component=typed]")].map((root) => root.getAttribute("data-rev"));
    });
    await page.waitForFunction(
      (earlier) =>
        [...document.querySelectorAll("[data-component=typed]")].every(
          (root, index) => root.getAttribute("data-rev") !== earlier[index],
        ) && document.querySelector(".htmx-request") === null,
      before,
    );
    const found = await look(page, STRINGS.slice(0, 100));
    expect(found).toMatchObject({ different: [], wrong: [], wasHacked: false });
    expect(strangeRequests()).toEqual([]);
  });
});
