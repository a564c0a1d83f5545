import type { JournalStore, ReceiptStore, StateStore, TopicLog } from "../../core/index.js";
import type { RedisClient } from "./client.js";
import { redisJournalStore } from "./journal-store.js";
import { type RedisReceiptOptions, redisReceiptStore } from "./receipt-store.js";
import { redisStateStore } from "./state-store.js";
import { type RedisTopicLogOptions, redisTopicLog } from "./topic-log.js";

/** Options of {@link redisStores}. */
export interface RedisStoresOptions extends RedisTopicLogOptions, RedisReceiptOptions {}

/** Options of `createComponentServer` that say where things are kept. */
export interface RedisStores {
  readonly topicLog: TopicLog;
  readonly journalStore: JournalStore;
  readonly stateStore: StateStore;
  readonly receiptStore: ReceiptStore;
}

/**
 * Everything a server keeps outside the process, in one Redis: `createComponentServer({ ...redisStores(client), … })`.
 * Limits are counted by `redisLimitStore` of `hydrant/limits`.
 *
 * @throws {DefinitionError} for options nobody can use.
 */
export function redisStores(client: RedisClient, options: RedisStoresOptions = {}): RedisStores {
  return {
    topicLog: redisTopicLog(client, options),
    journalStore: redisJournalStore(client, options),
    stateStore: redisStateStore(client, options),
    receiptStore: redisReceiptStore(client, options),
  };
}
