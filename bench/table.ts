export type Cells = readonly (string | number)[];

/** A Markdown table whose columns also line up in a terminal; the first column holds words, the others numbers. */
export function tableOf(head: readonly string[], rows: readonly Cells[]): string {
  const texts = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_title, column) => Math.max(...texts.map((row) => (row[column] ?? "").length), 4));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(texts[0] as string[]), rule, ...texts.slice(1).map(line)].join("\n");
}

export const ratio = (value: number): string => value.toFixed(2);
export const micros = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0));
