import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Receipt, ReceiptState, ReceiptStore } from "../../core/index.js";
import { msText, run } from "./ask.js";
import { checkWhole, LONGEST_MS, type RedisClient, type RedisOptions, redisOf } from "./client.js";
import { keyText } from "./key-text.js";
import { type Lease, Leases } from "./leases.js";

/** Options of {@link redisReceiptStore}. */
export interface RedisReceiptOptions extends RedisOptions {
  /**
   * Milliseconds after which an intent is free again whose node died while it carried it out. A node that lives renews
   * its claim three times in that while, so calls may last longer. Default 60,000.
   */
  readonly leaseMs?: number;
}

const BEGIN = `
local digest = redis.call('HGET', KEYS[1], 'digest')
if not digest then
  redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'claim', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {'started'}
end
if digest ~= ARGV[1] then return {'mismatch'} end
local receipt = redis.call('HGET', KEYS[1], 'receipt')
if receipt then return {'done', receipt} end
return {'running'}`;

const RENEW = `
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return end
redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

// Where the claim has ended and nobody else began, the work is done all the same.
const FINISH = `
local claim = redis.call('HGET', KEYS[1], 'claim')
if claim and claim ~= ARGV[1] then return end
if not claim and redis.call('EXISTS', KEYS[1]) == 1 then return end
redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'receipt', ARGV[3])
redis.call('HDEL', KEYS[1], 'claim')
redis.call('PEXPIRE', KEYS[1], ARGV[4])`;

const ABANDON = `
if redis.call('HGET', KEYS[1], 'claim') == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** Milliseconds between two looks at an intent that another call carries out. */
const SOONEST_LOOK_MS = 10;
const LATEST_LOOK_MS = 100;

/**
 * Receipts in Redis: all nodes that use the same database and prefix carry an intent out once between them. They lie
 * under `{prefix}:receipt:…` and end with their time. How much memory they take together is bounded by `maxmemory` of
 * Redis; a retry whose receipt it evicted is carried out again.
 *
 * All functions reject while the client is not connected, and after `timeoutMs` without an answer. An intent whose end
 * could not be noted, or whose node died, is free again after `leaseMs`.
 *
 * @throws {DefinitionError} for options nobody can use.
 */
export function redisReceiptStore(client: RedisClient, options: RedisReceiptOptions = {}): ReceiptStore {
  const redis = redisOf(client, options);
  const { leaseMs = 60_000 } = options;
  checkWhole("leaseMs", leaseMs, 30, LONGEST_MS);
  const nameOf = (key: string) => `${redis.prefix}:receipt:${keyText(key)}`;
  const leases = new Leases(leaseMs / 3, (key, { claim }) =>
    run(redis, RENEW, [nameOf(key)], [claim, msText(leaseMs)]),
  );

  async function look(key: string, { digest, claim }: Lease): Promise<readonly string[]> {
    try {
      return (await run(redis, BEGIN, [nameOf(key)], [digest, claim, msText(leaseMs)])) as string[];
    } catch (error) {
      // It may have been claimed all the same, for a call that will not be made.
      run(redis, ABANDON, [nameOf(key)], [claim]).catch(() => {
        // Then the claim ends with its time.
      });
      throw error;
    }
  }

  async function begin(key: string, lease: Lease): Promise<ReceiptState> {
    for (let pause = SOONEST_LOOK_MS; ; pause = Math.min(pause * 2, LATEST_LOOK_MS)) {
      const [status, receipt = ""] = await look(key, lease);
      if (status === "mismatch") return { status };
      if (status === "done") return { status, receipt: JSON.parse(receipt) as Receipt };
      if (status === "started") {
        leases.hold(key, lease);
        return { status };
      }
      await wait(pause);
    }
  }

  return {
    begin: (key, digest, ttlMs) => begin(key, { digest, ttlMs, claim: randomUUID() }),
    async finish(key, receipt) {
      const lease = leases.release(key);
      if (lease === undefined) return;
      const args = [lease.claim, lease.digest, JSON.stringify(receipt), msText(lease.ttlMs)];
      await run(redis, FINISH, [nameOf(key)], args);
    },
    async abandon(key) {
      const lease = leases.release(key);
      if (lease !== undefined) await run(redis, ABANDON, [nameOf(key)], [lease.claim]);
    },
  };
}
