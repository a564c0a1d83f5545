import { Component, type Payload } from "hydrant";
import { html } from "hydrant/tagged";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { template } from "../../support/live-app.js";
import { shows, stage } from "./stage.js";

const events = { reverse: null, drop: z.object({ row: z.coerce.number() }), insert: null, rotate: null };

class Rows extends Component<{ rows: number[]; turns: number }, { size: number }> {
  static override template = "rows";
  static override params = z.object({ size: z.number() });
  static override events = events;

  override mount({ size }: { size: number }) {
    this.state = { rows: Array.from({ length: size }, (_, row) => row), turns: 0 };
  }

  on_reverse() {
    this.state.rows.reverse();
    this.state.turns += 1;
  }

  on_rotate() {
    this.state.rows.push(...this.state.rows.splice(0, 1));
    this.state.turns += 1;
  }

  on_insert() {
    this.state.rows.unshift(1_000_000 + this.state.turns);
    this.state.turns += 1;
  }

  on_drop({ row }: Payload<typeof events, "drop">) {
    this.state.rows = this.state.rows.filter((one) => one !== row);
    this.state.turns += 1;
  }
}

interface RowsState {
  readonly rows: readonly number[];
  readonly turns: number;
}

const on = stage({
  components: { rows: Rows },
  templates: {
    rows: template<RowsState>(
      ({ state: { rows, turns }, root, on: send }) => html`<section ${root()}>
        <output>${turns}</output>
        <button id="reverse" ${send("reverse")}>reverse</button>
        <button id="insert" ${send("insert")}>insert</button>
        <button id="rotate" ${send("rotate")}>rotate</button>
        <table><tbody id="keyed">${rows.map((row) => html`<tr data-key="${row}"><td>${row}</td><td><input name="n"></td><td><button ${send("drop", { row })}>x</button></td></tr>`)}</tbody></table>
        <ul class="mirror">${rows.map((row) => html`<li data-key="${row}"><input name="m"></li>`)}</ul>
      </section>`,
    ),
  },
  pages: {
    "/few": ({ component }) => component("rows", { size: 5 }),
    "/many": ({ component }) => component("rows", { size: 1_000 }),
  },
});

/** Notes on every row and in every field what it belongs to. */
function mark(): void {
  for (const row of document.querySelectorAll<HTMLElement>("[data-key]")) {
    (row as HTMLElement & { mark?: string }).mark = row.dataset.key as string;
    (row.querySelector("input") as HTMLInputElement).value = `typed ${row.dataset.key}`;
  }
}

/** Keys of rows that are another element than before, or hold another row's text. */
function mixedUp(): string[] {
  return [...document.querySelectorAll<HTMLElement & { mark?: string }>("[data-key]")]
    .filter((row) => row.mark !== row.dataset.key || row.querySelector("input")?.value !== `typed ${row.dataset.key}`)
    .map((row) => row.dataset.key as string);
}

const keys = () =>
  [...document.querySelectorAll<HTMLElement>("#keyed [data-key]")].map((row) => Number(row.dataset.key));

describe("rows with a data-key", () => {
  it("keep their elements and what was typed in them when they are reversed", async () => {
    const page = await on.open("/few");
    await page.evaluate(mark);
    await page.click("#reverse");
    await shows(page, "output", "1");
    expect(await page.evaluate(keys)).toEqual([4, 3, 2, 1, 0]);
    expect(await page.evaluate(mixedUp)).toEqual([]);
  });

  it("keep their elements when a row comes before them and when one goes", async () => {
    const page = await on.open("/few");
    await page.evaluate(mark);
    await page.click("#insert");
    await shows(page, "output", "1");
    expect(await page.evaluate(mixedUp)).toEqual(["1000000", "1000000"]);
    await page.click('#keyed [data-key="2"] button');
    await shows(page, "output", "2");
    expect(await page.evaluate(keys)).toEqual([1_000_000, 0, 1, 3, 4]);
    expect(await page.evaluate(mixedUp)).toEqual(["1000000", "1000000"]);
  });

  it("keep the focus and the caret in a row that moves", async () => {
    const page = await on.open("/few");
    await page.locator('#keyed [data-key="0"] input').pressSequentially("abcd");
    await page.keyboard.press("ArrowLeft");
    await page.evaluate(() => document.querySelector<HTMLElement>("#rotate")?.dispatchEvent(new Event("click")));
    await shows(page, "output", "1");
    await page.keyboard.type("X");
    expect(await page.inputValue('#keyed [data-key="0"] input')).toBe("abcXd");
  });

  it("leave the focus in the component when the row that had it goes", async () => {
    const page = await on.open("/few");
    await page.click('#keyed [data-key="2"] button');
    await shows(page, "output", "1");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest("[data-component]") !== null))
      .toBe(true);
  });

  it("a thousand of them keep their elements and what was typed, reversed and rotated", async () => {
    const page = await on.open("/many");
    await page.evaluate(mark);
    await page.click("#reverse");
    await shows(page, "output", "1");
    await page.click("#rotate");
    await shows(page, "output", "2");
    const order = await page.evaluate(keys);
    expect(order.slice(0, 3)).toEqual([998, 997, 996]);
    expect(order.at(-1)).toBe(999);
    expect(await page.evaluate(mixedUp)).toEqual([]);
  });
});
