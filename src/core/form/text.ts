import { dateText, dateTimeText, readInstant, timeText } from "./moments.js";
import type { FieldKind, FieldShape } from "./shape.js";

/** How each kind of control for a moment shows one. */
const MOMENTS: Readonly<Partial<Record<FieldKind, (date: Date) => string>>> = {
  date: dateText,
  datetime: dateTimeText,
  time: timeText,
};

/** A time of a day of its own, as schemas take it; controls show no zone. */
const ZONED = /T\d\d:\d\d.*(?:Z|[+-]\d\d:\d\d)$/;

function momentText(kind: FieldKind, text: string): string {
  const show = MOMENTS[kind];
  // What a person typed is shown as it was typed; only what a schema made has a zone.
  const date = show !== undefined && text.length <= 48 && ZONED.test(text) ? readInstant(text) : undefined;
  return date === undefined ? text : (show?.(date) ?? text);
}

/**
 * A value as the control of its field shows it; {@link coerce} reads it back. Moments are shown in UTC: `yyyy-mm-dd` for
 * a date, whose time of day is not shown, `yyyy-mm-ddThh:mm` for a date with a time and `hh:mm` for a time, both with
 * seconds where there are any. What no control can show is `""`: nothing, NaN, an invalid date, a list, a group.
 */
export function textOf(shape: Pick<FieldShape, "kind"> | undefined, value: unknown): string {
  const kind = shape?.kind ?? "text";
  switch (typeof value) {
    case "string":
      return momentText(kind, value);
    case "number":
      return Number.isFinite(value) ? String(value) : "";
    case "bigint":
    case "boolean":
      return String(value);
    default:
      return value instanceof Date ? (MOMENTS[kind] ?? dateTimeText)(value) : "";
  }
}
