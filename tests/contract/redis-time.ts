import type { createClient } from "redis";

/** A millisecond of a contract is ten seconds long on Redis, so that how busy the machine is makes no difference. */
const LONGER = 10_000;

export interface RedisTime {
  /** What a store is told for so many milliseconds of the contract. */
  readonly ttl: (ms: number) => number;
  /** Lets time pass: Redis judges by the end of each key, which comes so much nearer. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Time of everything that lies under a prefix. */
export function redisTime(client: ReturnType<typeof createClient>, prefix: string): RedisTime {
  return {
    ttl: (ms) => ms * LONGER,
    async pass(ms) {
      for (const name of await client.keys(`${prefix}:*`)) {
        const left = await client.pTTL(name);
        // -1 is a key without an end, which no time touches.
        if (left >= 0) await client.pExpire(name, left - ms * LONGER);
      }
    },
  };
}
