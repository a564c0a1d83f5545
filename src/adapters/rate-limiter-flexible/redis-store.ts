import { RateLimiterRedis, RLWrapperTimeouts } from "rate-limiter-flexible";
import type { LimitStore } from "../../core/index.js";
import { countCall } from "./count-call.js";
import { keyText } from "./key-text.js";
import { checkCount, limiterByWindow, windowText } from "./windows.js";

/** What is used of a client that `createClient` of the package `redis` made. */
export interface RedisLimitClient {
  /** Whether it is connected now. */
  readonly isReady: boolean;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** Options of {@link redisLimitStore}. */
export interface RedisLimitOptions {
  /** Begins the name of every key in Redis. Default `hydrant:limit`. */
  readonly prefix?: string;
  /** Milliseconds an answer may take; after them the call rejects. Default 1,000. */
  readonly timeoutMs?: number;
}

/** A timer of Node holds no more. */
const LONGEST_MS = 2_147_483_647;

/**
 * Counts in Redis: all nodes that use the same database and prefix share them. Every key ends with its window.
 *
 * The application makes the client, connects it and closes it:
 *
 * ```ts
 * const client = createClient({
 *   url: "redis://127.0.0.1:6379",
 *   disableOfflineQueue: true, // a command sent while there is no connection fails, and does not wait for the next
 *   commandsQueueMaxLength: 10_000, // what may wait for a Redis that has stopped answering
 * });
 * client.on("error", (error) => log.error({ error }, "Redis is gone")); // without a listener the process ends
 * await client.connect();
 * const limitStore = redisLimitStore(client);
 * ```
 *
 * While the client is not connected, `consume` rejects at once, and it rejects after `timeoutMs` when Redis does not
 * answer. The client connects again by itself; then counting goes on. A call that was given up on may have been counted.
 *
 * @throws {DefinitionError} for options nobody can use. `consume` rejects with one for a window that cannot be counted.
 */
export function redisLimitStore(
  client: RedisLimitClient,
  { prefix = "hydrant:limit", timeoutMs = 1_000 }: RedisLimitOptions = {},
): LimitStore {
  checkCount("timeoutMs", timeoutMs, LONGEST_MS);
  const limiterOf = limiterByWindow(Number.MAX_SAFE_INTEGER, (window) => {
    const limiter = new RateLimiterRedis({
      storeClient: client,
      useRedisPackage: true,
      rejectIfRedisNotReady: true,
      keyPrefix: `${prefix}:${windowText(window)}`,
      points: window.points,
      duration: window.seconds,
    });
    // A client never gives up on a command it has sent, so a Redis that hangs would hold every call.
    return new RLWrapperTimeouts({ limiter, timeoutMs });
  });
  return {
    async consume(key, window) {
      const { verdict } = await countCall(limiterOf(window), keyText(key));
      return verdict;
    },
  };
}
