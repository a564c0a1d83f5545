import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localPath } from "../../../src/core/effects.js";
import { enhance } from "../../../src/core/enhance.js";
import { endOfTag, escapeHtml, fillHoles, SafeHtml } from "../../../src/core/html.js";

describe("escaped text", () => {
  it("holds no character that ends a text or a quoted attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']/);
      }),
    );
  });

  it("reads back as the text", () => {
    expect(escapeHtml(`<a href='x' title="y">&\\</a>`)).toBe(
      "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;&#92;&lt;/a&gt;",
    );
  });
});

describe("the end of a tag", () => {
  it.each([
    ["<p>x", 2],
    ['<p title="a > b">x', 16],
    ["<p title='a > \"b'>x", 17],
    ["<p", -1],
  ])("in %s is found behind its quotes", (text, end) => {
    expect(endOfTag(text, 0)).toBe(end);
  });
});

describe("a built-in page", () => {
  it("escapes what it is filled with, but not finished HTML", () => {
    const filled = fillHoles("<p>{{ a }}</p>{{ b }}{{ missing }}", { a: "<b>", b: new SafeHtml("<i>") });
    expect(filled).toBe("<p>&lt;b&gt;</p><i>");
  });
});

describe("a template's HTML without JavaScript", () => {
  const asPage = { address: "/c/todo/", seal: "SEAL", buttonForm: "c-1--form" };
  const asFragment = { ...asPage, buttonForm: undefined };

  it("has real forms with the seal in them", () => {
    expect(enhance('<form class="x" hx-post="/c/todo/add"><input name="t"></form>', asFragment).html).toBe(
      '<form class="x" hx-post="/c/todo/add" method="post" action="/c/todo/add">' +
        '<input type="hidden" name="state" value="SEAL"><input name="t"></form>',
    );
  });

  it("has lone buttons that submit a hidden form, in a whole page only", () => {
    const button = '<button hx-post="/c/todo/go?id=1&amp;x=2">Go</button>';
    expect(enhance(button, asFragment)).toEqual({ html: button, usesButtonForm: false });
    expect(enhance(button, asPage)).toEqual({
      html: '<button hx-post="/c/todo/go?id=1&amp;x=2" formaction="/c/todo/go?id=1&amp;x=2" form="c-1--form">Go</button>',
      usesButtonForm: true,
    });
  });

  it("lets a button inside a form submit that form to its own address", () => {
    const { html, usesButtonForm } = enhance(
      '<form hx-post="/c/todo/save"><button hx-post="/c/todo/drop">x</button></form>',
      asPage,
    );
    expect(html).toContain('<button hx-post="/c/todo/drop" formaction="/c/todo/drop">');
    expect(usesButtonForm).toBe(false);
  });

  it.each([
    '<form hx-post="/elsewhere/add"></form>',
    '<form action="/own" hx-post="/c/todo/add"></form>',
    '<button type="button" hx-post="/c/todo/go">x</button>',
    '<formula hx-post="/c/todo/add"></formula>',
    '<form hx-post="/c/todo/add',
  ])("leaves %s as it is", (html) => {
    expect(enhance(html, asPage).html).toBe(html);
  });
});

describe("an address to go to", () => {
  it.each([
    ["/", "/"],
    ["/a/b?c=d#e", "/a/b?c=d#e"],
    ["/ü x", "/%C3%BC%20x"],
    ["/a/../b", "/b"],
  ])("%s is taken as %s", (given, taken) => {
    expect(localPath(given)).toBe(taken);
  });

  it.each([
    "",
    "a",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/.//evil.example",
    "\\/evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "js:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "http://here.invalid/",
  ])("%j is refused", (given) => {
    expect(() => localPath(given)).toThrow("not a path on this site");
  });
});
