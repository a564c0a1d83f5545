import type { FieldPath } from "./names.js";

/**
 * A label from a name in code: `firstName`, `first_name` and `first-name` become `First name`, `userID` becomes
 * `User ID`. What has spaces was written for people and stays, but for a capital at its beginning.
 */
export function humanise(name: string): string {
  const text = /\s/.test(name) ? name : words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function words(name: string): string {
  // A constant: all its words are capitals, so none of them is an abbreviation.
  const plain = /^\p{Lu}+(?:_\p{Lu}+)+$/u.test(name) ? name.toLowerCase() : name;
  return (
    plain
      .replaceAll(/(?<=\p{Ll}\p{N}*)(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ")
      // Hyphens between numbers belong to them: "10-20".
      .replaceAll(/(?<=\p{L})[-_]+|[-_]+(?=\p{L})/gu, " ")
      .trim()
      .split(" ")
      .map((word) => (/^\p{Lu}\p{Ll}/u.test(word) || word.length === 1 ? word.toLowerCase() : word))
      .join(" ")
  );
}

/** The label of a field without a title: its name, or that of the list it is a row of. */
export function labelOf(path: FieldPath): string {
  const name = path.findLast((part) => typeof part === "string");
  return name === undefined ? "" : humanise(name);
}
