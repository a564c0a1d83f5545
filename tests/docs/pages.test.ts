import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Page, ROOT, readPages } from "./fences.js";

const pages = readPages();
const CODE_BLOCKS = /^```[\s\S]*?^```$/gm;

/** A page without its code blocks and inline code. */
function prose({ text }: Page): string {
  return text.replace(CODE_BLOCKS, "").replace(/`[^`\n]*`/g, "code");
}

function headings({ text }: Page): string[] {
  return [...text.replace(CODE_BLOCKS, "").matchAll(/^(#{1,6}) (.+)$/gm)].map(([heading]) => heading);
}

/** The anchor GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .replace(/^#+ /, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function brokenLinks(page: Page): string[] {
  return [...prose(page).matchAll(/\]\(([^)]+)\)/g)]
    .map(([, target]) => target as string)
    .filter((target) => !target.startsWith("https://"))
    .filter((target) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? join(ROOT, page.path) : join(ROOT, dirname(page.path), path);
      if (!existsSync(file)) return true;
      const linked = pages.find((other) => join(ROOT, other.path) === file);
      return anchor !== undefined && linked !== undefined && !headings(linked).map(anchorOf).includes(anchor);
    });
}

describe("the pages of the documentation", () => {
  test.each(pages.map((page): [string, Page] => [page.path, page]))(
    "%s has one title and links that lead somewhere",
    (_path, page) => {
      expect(headings(page).filter((heading) => heading.startsWith("# "))).toHaveLength(1);
      expect(headings(page)[0]).toBe(page.text.split("\n")[0]);
      expect(brokenLinks(page)).toEqual([]);
    },
  );

  test.each(pages.map((page): [string, Page] => [page.path, page]))(
    "%s has tables whose rows have as many cells as their heads",
    (_path, page) => {
      const cells = (row: string): number => row.replaceAll("\\|", "").split("|").length;
      const tables = page.text.matchAll(/^\|.*\|$(?:\n\|.*\|$)+/gm);
      for (const [table] of tables) {
        const rows = table.split("\n");
        expect(rows[1]).toMatch(/^\|(?: -+ \|)+$/);
        expect(rows.filter((row) => cells(row) !== cells(rows[0] as string))).toEqual([]);
      }
    },
  );

  test("are all in an index", () => {
    const linked = new Set<string>();
    for (const page of pages) {
      for (const [, target] of prose(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        linked.add(join(dirname(page.path), target as string));
      }
    }
    expect(pages.map(({ path }) => path).filter((path) => path !== "README.md" && !linked.has(path))).toEqual([]);
  });

  test("begin with a whole component in the first 40 lines", () => {
    const [readme] = pages;
    const beginning = readme?.text.split("\n").slice(0, 40).join("\n") ?? "";
    for (const file of ["counter.ts", "counter.njk", "page.njk", "app.ts"]) expect(beginning).toContain(`file=${file}`);
    expect(beginning.match(/^```/gm)).toHaveLength(8);
  });
});
