import type { TopicLog } from "../../core/index.js";
import { msText, run } from "./ask.js";
import { checkWhole, type RedisClient, type RedisOptions, redisOf } from "./client.js";
import { Following } from "./following.js";
import { LONGEST_BLOCK_MS, type LogNames } from "./log-reader.js";
import { LONGEST_ENTRY } from "./rows.js";

/** Options of {@link redisTopicLog}. */
export interface RedisTopicLogOptions extends RedisOptions {
  /** Entries that are held; Redis keeps up to a hundred or so more. Default 10,000. */
  readonly entries?: number;
  /** Milliseconds after the last entry until the whole log is forgotten. Default 24 hours. */
  readonly historyMs?: number;
  /** Milliseconds Redis waits for a next entry before it says that there is none; at most 2,000. Default 1,000. */
  readonly blockMs?: number;
}

// Each entry names the one before it, so that whoever reads sees what is missing.
const PUBLISH = `
local before = redis.call('GET', KEYS[2]) or ''
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 't', ARGV[1], 'd', ARGV[2], 'b', before)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('SET', KEYS[2], id, 'PX', ARGV[4])`;

/**
 * A log in Redis: all nodes that use the same database and prefix share it. Needs Redis 6.2 or newer.
 *
 * It is one stream under `{prefix}:{topics}:log`, bounded by `entries` and by `historyMs`, and in memory by `maxmemory` of
 * Redis. What is trimmed, evicted or lost before a follower read it is told with `gap`.
 *
 * `publish` rejects while the client is not connected, after `timeoutMs` without an answer, and for more than 4 MiB.
 * Each `follow` makes a connection of its own, and makes it anew when it breaks. A Redis that hangs is `down` after
 * `blockMs` and 2 seconds more.
 *
 * @throws {DefinitionError} for options nobody can use.
 */
export function redisTopicLog(client: RedisClient, options: RedisTopicLogOptions = {}): TopicLog {
  const redis = redisOf(client, options);
  const { entries = 10_000, historyMs = 86_400_000, blockMs = 1_000 } = options;
  checkWhole("entries", entries, 1, Number.MAX_SAFE_INTEGER);
  checkWhole("historyMs", historyMs, 1, Number.MAX_SAFE_INTEGER);
  checkWhole("blockMs", blockMs, 1, LONGEST_BLOCK_MS);
  // The braces keep both in one hash slot, because one script uses them.
  const names: LogNames = { stream: `${redis.prefix}:{topics}:log`, last: `${redis.prefix}:{topics}:last` };
  return {
    async publish(topic, data) {
      const bytes = Buffer.byteLength(topic) + Buffer.byteLength(data);
      if (bytes > LONGEST_ENTRY) {
        throw new RangeError(
          `an entry of ${bytes} bytes was not published; topic and data have ${LONGEST_ENTRY} at most`,
        );
      }
      await run(redis, PUBLISH, [names.stream, names.last], [topic, data, String(entries), msText(historyMs)]);
    },
    async follow(follower) {
      const following = new Following(client, follower, names, blockMs);
      await following.begin();
      return () => following.stop();
    },
  };
}
