import type { Rewrite, TextSteps } from "./hints.js";

/** The text after these steps when all they do is leave it alone or trim it; `undefined` when one does anything else. */
function settled(text: string, trimmed: string, rewrites: readonly Rewrite[]): string | undefined {
  let seen = text;
  try {
    for (const rewrite of rewrites) {
      const next = rewrite(seen);
      if (next !== text && next !== trimmed) return undefined;
      seen = next;
    }
  } catch {
    return undefined;
  }
  return seen;
}

/**
 * Text for the schema: one that is refused for its length alone is cut to one unit more than could ever pass, and spaces
 * that are trimmed before anything else are left out, so that whatever the schema looks for in it costs little.
 *
 * Never changes the verdict or the accepted value. Where the schema does more to a text than trimming, the text stays
 * whole, as it may be accepted after all.
 */
export function cut(text: string, steps: TextSteps | undefined): string {
  const { longest, soonest = Number.POSITIVE_INFINITY, leading = [], later = [] } = steps ?? {};
  if (longest === undefined || text.length <= longest) return text;
  const trimmed = text.trim();
  const seen = settled(text, trimmed, leading);
  if (seen === undefined || settled(seen, seen, leading) === undefined) return text;
  if (seen.length <= longest) return seen;
  const isRefusedSoon = seen.length > soonest;
  const isRefusedLate = trimmed.length > longest && settled(seen, trimmed, later) !== undefined;
  if (!isRefusedSoon && !isRefusedLate) return seen;
  const limit = isRefusedSoon ? soonest : longest;
  // Its own last unit, so that trimming cannot make it short enough.
  const short = trimmed.length > limit ? trimmed.slice(0, limit) + trimmed.slice(-1) : seen.slice(0, limit + 1);
  const follow = isRefusedSoon ? leading : [...leading, ...later];
  return settled(short, short, follow) === undefined ? seen : short;
}
