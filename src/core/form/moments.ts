/**
 * Dates and times as text, always UTC: a form has no time zone of its own, so what is shown and what is read agree
 * wherever the server and the person are.
 */

const INSTANT =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d{0,6})?)?(?:Z|([+-])(\d\d):(\d\d))?)?$/;
/** No text of a date is longer. */
const LONGEST = 48;

/**
 * The instant an ISO 8601 text names: a date, or a date and a time with or without seconds and zone.
 *
 * @returns `undefined` for any other text, and for days that no calendar has.
 */
export function readInstant(text: string): Date | undefined {
  const match = text.length > LONGEST ? null : INSTANT.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , , fraction = "0", sign, zoneHours, zoneMinutes] = match;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hours, minutes, seconds, Number(fraction.padEnd(3, "0")));
  const isSame =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hours &&
    date.getUTCMinutes() === minutes &&
    date.getUTCSeconds() === seconds;
  if (!isSame) return undefined;
  if (sign === undefined) return date;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return new Date(date.getTime() - (sign === "+" ? offset : -offset));
}

/** `yyyy-mm-dd`; `""` for what no control can show: an invalid date or one before the year 1. */
export function dateText(date: Date): string {
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1) return "";
  const parts = [date.getUTCMonth() + 1, date.getUTCDate()].map((part) => String(part).padStart(2, "0"));
  return [String(year).padStart(4, "0"), ...parts].join("-");
}

/** `hh:mm`, with seconds and thousandths where there are any. */
export function timeText(date: Date): string {
  if (Number.isNaN(date.getTime())) return "";
  return date
    .toISOString()
    .slice(-13, -1)
    .replace(/(?::00)?\.000$/, "");
}

/** `yyyy-mm-ddThh:mm`, with seconds and thousandths where there are any; `""` as for {@link dateText}. */
export function dateTimeText(date: Date): string {
  const day = dateText(date);
  return day === "" ? "" : `${day}T${timeText(date)}`;
}

const CONTROL_TIME = /^(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/;
const ENDINGS = ["", "Z", ":00", ":00Z", ".000", ".000Z", ":00.000", ":00.000Z"] as const;

/**
 * A time as a control sends it, `hh:mm` or `yyyy-mm-ddThh:mm`, with the seconds and the zone that the schema's own form
 * asks for. A text that cannot be brought into the form stays as it is.
 */
export function completed(text: string, form: RegExp): string {
  if (text.length > LONGEST || !CONTROL_TIME.test(text)) return text;
  const ending = ENDINGS.find((end) => form.test(text + end));
  return ending === undefined ? text : text + ending;
}
