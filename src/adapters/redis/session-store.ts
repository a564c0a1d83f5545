import { ask, msText } from "./ask.js";
import { checkWhole, type RedisClient, type RedisOptions, redisOf } from "./client.js";
import { keyText } from "./key-text.js";

/** Options of {@link redisSessionStore}. */
export interface RedisSessionOptions extends RedisOptions {
  /** Milliseconds a session is kept whose cookie has no end of its own (`maxAge: "session"`). Default 24 hours. */
  readonly ttlMs?: number;
}

/** What the package `koa-session` calls an external store. */
export interface RedisSessionStore {
  /** @returns `undefined` for what is unknown, expired or evicted. */
  get(key: string): Promise<object | undefined>;
  /** @param maxAge Milliseconds the session is kept. */
  set(key: string, session: unknown, maxAge?: number | "session"): Promise<void>;
  destroy(key: string): Promise<void>;
}

function readSession(text: string): object | undefined {
  try {
    const session: unknown = JSON.parse(text);
    return typeof session === "object" && session !== null && !Array.isArray(session) ? session : undefined;
  } catch {
    // What this store did not write is nobody's session; the caller begins a new one.
    return undefined;
  }
}

/**
 * Sessions of `koa-session` in Redis, so that every node knows who is signed in: `session({ store: redisSessionStore(client) }, app)`.
 * They lie as JSON under `{prefix}:session:…` and end with their time. How much memory they take together is bounded by
 * `maxmemory` of Redis; whoever had one that it evicts is signed out.
 *
 * All functions reject while the client is not connected, and after `timeoutMs` without an answer.
 *
 * @throws {DefinitionError} for options nobody can use.
 */
export function redisSessionStore(client: RedisClient, options: RedisSessionOptions = {}): RedisSessionStore {
  const redis = redisOf(client, options);
  const { ttlMs = 86_400_000 } = options;
  checkWhole("ttlMs", ttlMs, 1, Number.MAX_SAFE_INTEGER);
  const nameOf = (key: string) => `${redis.prefix}:session:${keyText(key)}`;
  return {
    async get(key) {
      const text = (await ask(redis, ["GET", nameOf(key)])) as string | null;
      return text === null ? undefined : readSession(text);
    },
    async set(key, session, maxAge) {
      const ms = typeof maxAge === "number" && Number.isFinite(maxAge) ? maxAge : ttlMs;
      await ask(redis, ["SET", nameOf(key), JSON.stringify(session), "PX", msText(ms)]);
    },
    async destroy(key) {
      await ask(redis, ["DEL", nameOf(key)]);
    },
  };
}
