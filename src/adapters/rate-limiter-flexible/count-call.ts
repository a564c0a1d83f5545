import { type RateLimiterAbstract, RateLimiterRes } from "rate-limiter-flexible";
import type { LimitVerdict } from "../../core/index.js";

/** What counting one call found, and whether a window began with it. */
export interface CountedCall {
  readonly verdict: LimitVerdict;
  readonly isFirst: boolean;
}

function found(allowed: boolean, { remainingPoints, msBeforeNext, isFirstInDuration }: RateLimiterRes): CountedCall {
  // Redis says 0 and less in a window's last millisecond.
  const verdict = { allowed, remaining: remainingPoints, resetMs: Math.max(msBeforeNext, 0) };
  return { verdict, isFirst: isFirstInDuration };
}

/** Counts one call. A limiter rejects with the count where a call is refused; with anything else, it has failed. */
export async function countCall(limiter: RateLimiterAbstract, key: string): Promise<CountedCall> {
  try {
    return found(true, await limiter.consume(key));
  } catch (reason) {
    if (reason instanceof RateLimiterRes) return found(false, reason);
    throw reason;
  }
}
