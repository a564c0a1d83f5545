import { expect, it } from "vitest";
import { type Renderer, SafeHtml, type View } from "../../src/core/index.js";

/** The templates that every renderer under test must bring, each in its own language. */
export const TEMPLATES = {
  /** `<p title="VALUE" data-x='VALUE'>VALUE</p>` with `view.state.value` three times. */
  value: "value",
  /** The result of `view.root()`, then of `view.on("save", { id: 5, note: "<" })`, then `view.html`, all finished HTML. */
  helpers: "helpers",
  /** Calls `view.boom()` in the middle. */
  fails: "fails",
  /** `NAME`: what was given as `name`, for a page. */
  page: "page",
} as const;

const SPECIALS = `<b title="x" data-y='z'>&amp;</script>\u2028 js:x \\`;

function viewOf(extra: Readonly<Record<string, unknown>>): View {
  const nothing = () => new SafeHtml("");
  return {
    id: "c-1",
    state: {},
    params: {},
    errors: {},
    root: () => new SafeHtml('id="c-1"'),
    on: (event, args) => new SafeHtml(`hx-post="${event}" data-args='${JSON.stringify(args)}'`),
    can: () => true,
    file_url: () => "",
    appends: nothing,
    stop: nothing,
    component: nothing,
    lazy: nothing,
    slot: nothing,
    control: nothing,
    value: () => "",
    error: nothing,
    ...extra,
  };
}

function show(renderer: Renderer, value: unknown): string {
  return renderer.compile(TEMPLATES.value)(viewOf({ state: { value } }));
}

/** What {@link Renderer} promises, for one renderer. `missing` is the name of a template that it does not have. */
export function rendererContract(name: string, create: () => Renderer, places: readonly string[]): void {
  it(`${name}: refuses a template that does not exist, and names where it looked`, () => {
    expect(() => create().compile("missing")).toThrow(/missing/);
    for (const place of places) expect(() => create().compile("missing")).toThrow(place);
  });

  it(`${name}: escapes values in text and in attributes with either quote`, () => {
    const html = show(create(), SPECIALS);
    const escaped = "&lt;b title=&quot;x&quot; data-y=&#39;z&#39;&gt;&amp;amp;&lt;/script&gt;\u2028 js:x &#92;";
    expect(html).toBe(`<p title="${escaped}" data-x='${escaped}'>${escaped}</p>`);
  });

  it(`${name}: escapes values that are not text`, () => {
    const html = show(create(), { toString: () => "<i>" });
    expect(html).toBe(`<p title="&lt;i&gt;" data-x='&lt;i&gt;'>&lt;i&gt;</p>`);
    expect(show(create(), 5)).toBe(`<p title="5" data-x='5'>5</p>`);
  });

  it(`${name}: prints nothing for a value that is missing`, () => {
    expect(show(create(), undefined)).toBe(`<p title="" data-x=''></p>`);
    expect(show(create(), null)).toBe(`<p title="" data-x=''></p>`);
  });

  it(`${name}: writes finished HTML as it is, from helpers and from data`, () => {
    const html = create().compile(TEMPLATES.helpers)(viewOf({ html: new SafeHtml("<b>&</b>") }));
    expect(html).toBe(`id="c-1"hx-post="save" data-args='{"id":5,"note":"<"}'<b>&</b>`);
    expect(show(create(), new SafeHtml("<u>"))).toContain("><u></p>");
  });

  it(`${name}: calls helpers while the template runs, once for each time they are written`, () => {
    const calls: string[] = [];
    const note = (helper: string) => () => {
      calls.push(helper);
      return new SafeHtml("");
    };
    create().compile(TEMPLATES.helpers)(viewOf({ root: note("root"), on: note("on") }));
    expect(calls).toEqual(["root", "on"]);
  });

  it(`${name}: keeps nothing from one run for the next, also after one that failed`, () => {
    const renderer = create();
    const template = renderer.compile(TEMPLATES.value);
    const fails = renderer.compile(TEMPLATES.fails);
    const boom = () => {
      throw new Error("the helper failed");
    };
    expect(template(viewOf({ state: { value: "one" } }))).toContain(">one<");
    expect(() => fails(viewOf({ boom }))).toThrow(/the helper failed/);
    expect(fails(viewOf({ boom: () => new SafeHtml("fine") }))).toContain("fine");
    expect(template(viewOf({ state: {} }))).toBe(`<p title="" data-x=''></p>`);
  });

  it(`${name}: runs a page of the application with its data`, () => {
    const page = create().compilePage?.(TEMPLATES.page);
    expect(page?.({ name: "<Ann>" })).toBe("&lt;Ann&gt;");
    expect(() => create().compilePage?.("missing")).toThrow(/missing/);
  });
}
