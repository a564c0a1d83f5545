/**
 * PostgreSQL's codes for a value that the type of its column does not have: text for a number, a number too large, bytes
 * or letters that its encoding lacks. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const NO_SUCH_VALUE: ReadonlySet<unknown> = new Set(["22P02", "22003", "22021", "22P05"]);
/** Begins the codes of all complaints about values, a text that is too long for its column among them. */
const DATA_EXCEPTION = "22";
/** A transaction of REPEATABLE READ or above met a row that another one changed. */
const CHANGED_MEANWHILE = "40001";

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

export function isNoSuchValue(error: unknown): boolean {
  return NO_SUCH_VALUE.has(codeOf(error));
}

export function isAboutValues(error: unknown): boolean {
  const code = codeOf(error);
  return typeof code === "string" && code.startsWith(DATA_EXCEPTION);
}

export function isChangedMeanwhile(error: unknown): boolean {
  return codeOf(error) === CHANGED_MEANWHILE;
}
