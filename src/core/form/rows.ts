import { at, type FieldPath, parseName, put } from "./names.js";
import type { FieldShape } from "./shape.js";

/** Rows of one repeatable group, whatever the schema says. */
const MOST_ROWS = 1_000;

type Data = Record<string, unknown>;

function rowsAt(data: Data, path: FieldPath): unknown[] {
  const rows = at(data, path);
  return Array.isArray(rows) ? [...rows] : [];
}

/** Adds an empty row at the end, unless the list is full. */
export function addRowTo(data: Data, field: string, list: FieldShape): void {
  const path = parseName(field);
  const rows = rowsAt(data, path);
  // The rows that a list needs are shown before anybody entered something in them.
  const shown = Math.max(rows.length, list.minItems ?? 0);
  const empty = (): unknown => (list.item?.kind === "group" ? {} : "");
  while (rows.length < Math.min(shown + 1, list.maxItems ?? MOST_ROWS, MOST_ROWS)) rows.push(empty());
  put(data, path, rows);
}

/** Takes one row away; nothing happens when there is none with that number. */
export function removeRowFrom(data: Data, field: string, index: number | undefined): void {
  const path = parseName(field);
  const rows = rowsAt(data, path);
  if (index !== undefined) rows.splice(index, 1);
  put(data, path, rows);
}
