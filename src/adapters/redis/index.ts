/**
 * Redis for several nodes: the log of topics, journals of streams, state, receipts, and sessions of `koa-session`.
 *
 * @module hydrant/redis
 */

export type { RedisClient, RedisCommandOptions, RedisConnection, RedisOptions } from "./client.js";
export { redisJournalStore } from "./journal-store.js";
export { type RedisReceiptOptions, redisReceiptStore } from "./receipt-store.js";
export { type RedisSessionOptions, type RedisSessionStore, redisSessionStore } from "./session-store.js";
export { redisStateStore } from "./state-store.js";
export { type RedisStores, type RedisStoresOptions, redisStores } from "./stores.js";
export { type RedisTopicLogOptions, redisTopicLog } from "./topic-log.js";
