/**
 * Counting calls against limits: in this process's memory, or in Redis for several nodes.
 *
 * @module hydrant/limits
 */

export { type MemoryLimitOptions, memoryLimitStore } from "./memory-store.js";
export { type RedisLimitClient, type RedisLimitOptions, redisLimitStore } from "./redis-store.js";
