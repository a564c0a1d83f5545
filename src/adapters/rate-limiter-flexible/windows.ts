import { DefinitionError, type LimitWindow } from "../../core/index.js";
import { BoundedMap } from "./bounded-map.js";

/** Windows are written by authors, not by callers; more than this are made anew when they come up again. */
const WINDOWS = 1_000;

/** Tells windows apart: `60/1` for 60 calls in a second. */
export function windowText({ points, seconds }: LimitWindow): string {
  return `${points}/${seconds}`;
}

/** @throws {DefinitionError} for a value that is no whole number from 1 to `most`. */
export function checkCount(name: string, value: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new DefinitionError(`\`${name}\` is ${String(value)}; it must be a whole number from 1 to ${most}.`);
}

/**
 * Makes one limiter for each window, once.
 *
 * @param longest Seconds that a window may last.
 * @throws {DefinitionError} from the function it returns, for a window that cannot be counted
 */
export function limiterByWindow<L>(longest: number, make: (window: LimitWindow) => L): (window: LimitWindow) => L {
  const limiters = new BoundedMap<L>(WINDOWS);
  return (window) => {
    const name = windowText(window);
    const known = limiters.get(name);
    if (known !== undefined) return known;
    checkCount("points", window.points);
    checkCount("seconds", window.seconds, longest);
    const limiter = make(window);
    limiters.put(name, limiter);
    return limiter;
  };
}
