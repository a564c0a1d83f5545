import type { StateStore } from "../../core/index.js";
import { ask, msText, run } from "./ask.js";
import { type RedisClient, type RedisOptions, redisOf } from "./client.js";
import { keyText } from "./key-text.js";

const WRITE = `
if tonumber(redis.call('HGET', KEYS[1], 'version') or '0') ~= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'data', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

/**
 * State in Redis: all nodes that use the same database and prefix share it, under `{prefix}:state:…`. Every entry ends
 * with its time. How much memory they take together is bounded by `maxmemory` of Redis; what it evicts is unknown here.
 *
 * All functions reject while the client is not connected, and after `timeoutMs` without an answer. A `write` that was
 * given up on may have happened.
 *
 * @throws {DefinitionError} for options nobody can use.
 */
export function redisStateStore(client: RedisClient, options: RedisOptions = {}): StateStore {
  const redis = redisOf(client, options);
  const nameOf = (key: string) => `${redis.prefix}:state:${keyText(key)}`;
  return {
    async read(key) {
      const [version, data] = (await ask(redis, ["HMGET", nameOf(key), "version", "data"])) as (string | null)[];
      return version == null || data == null ? undefined : { version: Number(version), data };
    },
    async write(key, data, expected, ttlMs) {
      const args = [String(expected), String(expected + 1), data, msText(ttlMs)];
      return (await run(redis, WRITE, [nameOf(key)], args)) === 1;
    },
    async remove(key) {
      await ask(redis, ["DEL", nameOf(key)]);
    },
  };
}
