import type { JournalStore } from "../../core/index.js";
import { msText, run } from "./ask.js";
import { type RedisClient, type RedisOptions, redisOf } from "./client.js";
import { keyText } from "./key-text.js";

const APPEND = `
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return end
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])`;

// Of a list that does not exist, LRANGE says the same as of one with nothing newer.
const READ = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
return redis.call('LRANGE', KEYS[1], ARGV[1], -1)`;

/**
 * Journals in Redis: all nodes that use the same database and prefix share them, one list for each under
 * `{prefix}:journal:…`. A journal ends with its time. How much memory they take together is bounded by `maxmemory` of
 * Redis, which evicts a list as a whole or not at all.
 *
 * Both functions reject while the client is not connected, and after `timeoutMs` without an answer. An `append` that was
 * given up on may have happened.
 *
 * @throws {DefinitionError} for options nobody can use.
 */
export function redisJournalStore(client: RedisClient, options: RedisOptions = {}): JournalStore {
  const redis = redisOf(client, options);
  const nameOf = (key: string) => `${redis.prefix}:journal:${keyText(key)}`;
  return {
    async append(key, at, entry, ttlMs) {
      await run(redis, APPEND, [nameOf(key)], [String(at), entry, msText(ttlMs)]);
    },
    async read(key, after) {
      const entries = (await run(redis, READ, [nameOf(key)], [String(after)])) as string[] | null;
      return entries ?? undefined;
    },
  };
}
