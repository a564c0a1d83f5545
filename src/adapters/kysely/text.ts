const UNPAIRED = /\p{Surrogate}/u;
const REPLACEMENT = "\u{FFFD}";

/**
 * Whether a database keeps the text as it is. PostgreSQL refuses U+0000, SQLite ends the text there; half of a surrogate
 * pair has no form in UTF-8.
 */
export function isStorableText(text: string): boolean {
  return !text.includes("\0") && !UNPAIRED.test(text);
}

/** The text with U+FFFD for what no database keeps, as browsers do it with what they send and show. */
export function storableText(text: string): string {
  if (isStorableText(text)) return text;
  return text.replaceAll("\0", REPLACEMENT).replaceAll(/\p{Surrogate}/gu, REPLACEMENT);
}
