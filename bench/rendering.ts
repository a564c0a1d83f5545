import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { escapeHtml, type View } from "hydrant";
import { nunjucksRenderer } from "hydrant/nunjucks";
import { timeInTurns } from "./timing.js";

interface Card {
  readonly title: string;
  readonly text: string;
  readonly note: string;
  readonly person: number;
  readonly name: string;
}

interface Row {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly done: boolean;
}

export interface RenderingRow {
  readonly name: string;
  readonly nunjucks: number;
  readonly concatenation: number;
}

const CARD: Card = {
  title: "Fire & water",
  text: "A component is a class and a template; the page keeps its state.",
  note: "Read <twice>",
  person: 17,
  name: 'Ada "the first" Lovelace',
};

function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_none, index) => ({
    number: index,
    name: `Person ${index}`,
    text: index % 10 === 0 ? `needs <escaping> & "care" ${index}` : `plain text of row ${index}`,
    done: index % 3 === 0,
  }));
}

function concatenatedCard(id: string, card: Card): string {
  const note = card.note === "" ? "" : `<p class="note">${escapeHtml(card.note)}</p>`;
  return (
    `<article id="${escapeHtml(id)}" class="card">\n  <h2>${escapeHtml(card.title)}</h2>\n  <p>${escapeHtml(card.text)}</p>\n` +
    `  ${note}\n  <footer><a href="/people/${escapeHtml(String(card.person))}">${escapeHtml(card.name)}</a></footer>\n</article>\n`
  );
}

function concatenatedTable(id: string, rows: readonly Row[]): string {
  let html = `<table id="${escapeHtml(id)}">\n`;
  for (let index = 0; index < rows.length; index++) {
    const { number, name, text, done } = rows[index] as Row;
    html += `\n<tr class="${index % 2 === 0 ? "odd" : "even"}"><td>${escapeHtml(String(number))}</td><td>${escapeHtml(name)}</td>`;
    html += `<td>${escapeHtml(text)}</td><td>${done ? "yes" : "no"}</td></tr>\n`;
  }
  return `${html}\n</table>\n`;
}

/** Reads the text once from end to end: a string that was only joined is not yet the bytes an answer needs. */
function bytesOf(html: string): Buffer {
  return Buffer.from(html, "utf8");
}

/** The package's Nunjucks renderer beside plain string concatenation with the same escape and the same bytes. */
export function measureRendering(): RenderingRow[] {
  const renderer = nunjucksRenderer(fileURLToPath(new URL("../bench/templates", import.meta.url)));
  const card = renderer.compile("card.njk");
  const table = renderer.compile("table.njk");
  const viewOf = (state: object): View => ({ id: "c-bench", state, params: {}, errors: {} }) as unknown as View;
  const cases = [
    { name: "card", template: card, state: CARD, concatenate: () => concatenatedCard("c-bench", CARD) },
    ...[100, 1000].map((count) => {
      const rows = rowsOf(count);
      const concatenate = (): string => concatenatedTable("c-bench", rows);
      return { name: `table, ${count} rows`, template: table, state: { rows }, concatenate };
    }),
  ];
  return cases.map(({ name, template, state, concatenate }) => {
    const view = viewOf(state);
    assert.equal(template(view), concatenate(), `${name}: the two ways write other bytes`);
    const times = timeInTurns([
      { name: "nunjucks", run: () => bytesOf(template(view)) },
      { name: "concatenation", run: () => bytesOf(concatenate()) },
    ]);
    return { name, nunjucks: times.get("nunjucks") as number, concatenation: times.get("concatenation") as number };
  });
}
