/** Walks a pattern and calls `visit` with what stands outside of character classes. @returns false for odd classes. */
function walk(pattern: string, visit: (sign: string, place: number, depth: number) => void): boolean {
  let depth = 0;
  let inClass = false;
  for (let place = 0; place < pattern.length; place++) {
    const sign = pattern.charAt(place);
    if (sign === "\\") place++;
    else if (inClass) {
      // These mean something else in a class under the `v` flag.
      if (sign === "[" || (sign === pattern.charAt(place + 1) && /[^\w\s\]]/.test(sign))) return false;
      if (sign === "]") inClass = false;
    } else {
      if (sign === "[") inClass = true;
      if (sign === ")") depth--;
      visit(sign, place, depth);
      if (sign === "(") depth++;
    }
  }
  return true;
}

/** Whether every alternative begins with `^` and ends with `$`, so that anchoring it once more changes nothing. */
function isAnchored(pattern: string): boolean {
  const starts = [0];
  const dollars = new Set<number>();
  const isPlain = walk(pattern, (sign, place, depth) => {
    if (depth > 0) return;
    if (sign === "|") starts.push(place + 1);
    if (sign === "$") dollars.add(place);
  });
  const ends = [...starts.slice(1).map((start) => start - 2), pattern.length - 1];
  return isPlain && starts.every((start) => pattern[start] === "^") && ends.every((end) => dollars.has(end));
}

/**
 * A pattern as the `pattern` attribute of a control takes it; `undefined` when browsers would read it otherwise than
 * the schema does. They compile it with the `v` flag and let it match the whole text only.
 */
export function browserPattern(pattern: string): string | undefined {
  try {
    new RegExp(pattern, "v");
  } catch {
    return undefined;
  }
  return isAnchored(pattern) ? pattern : undefined;
}

/** Whether a pattern refuses an empty text. One that cannot be compiled refuses nothing. */
export function refusesEmpty(pattern: string): boolean {
  try {
    return !new RegExp(pattern).test("");
  } catch {
    return false;
  }
}
