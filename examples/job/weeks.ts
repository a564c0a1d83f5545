/** Weeks of the year that is read. */
export const WEEKS = 52;

/** Mean temperature of a week in degrees Celsius, as somebody wrote it down; always the same. */
export function readWeek(week: number): number {
  const season = 9.5 - 9 * Math.cos(((week - 3) / WEEKS) * 2 * Math.PI);
  const weather = 3 * Math.sin(week * 2.4) + 1.5 * Math.sin(week * 5.1);
  return Math.round((season + weather) * 10) / 10;
}
