/** One entry of the log, as every node sees it. */
export interface TopicEntry {
  /** Position in the log. Any text without spaces; no two entries have the same. */
  readonly id: string;
  readonly topic: string;
  /** Text made by the server; at most a few hundred kilobytes. */
  readonly data: string;
}

/** Who reads a log. None of its functions may throw. */
export interface TopicFollower {
  /** The next entry, in the order of the log. */
  entry(entry: TopicEntry): void;
  /** Entries may have been lost before the next one: they were trimmed before they were read, or the store lost them. */
  gap(): void;
  /** The store cannot be reached; called once until `up`. */
  down(error: unknown): void;
  /** The store can be reached again, after `down`; whatever was missed follows, or a `gap` was said. */
  up(): void;
}

/**
 * What was published, in one order for all nodes, with a bounded history.
 *
 * Contract (proved by `tests/contract/topic-log.contract.ts`):
 * - All followers MUST be given the same entries in the same order, each once.
 * - `follow` MUST first give what is still held from before, oldest first, and resolve when that is done; the history
 *   is bounded. A `follow` that rejects MUST have given nothing.
 * - An entry of the publisher's own MUST come back to its own follower like every other.
 * - What a follower missed while the store was down MUST be given when it is back; where that is not certain, `gap` MUST
 *   be said first.
 * - A store that hangs MUST be found out within 5 seconds, by a rejection of `publish` or by `down`.
 * - Entries that do not have the shape of ours MUST be passed over.
 */
export interface TopicLog {
  /** Adds an entry. A rejection means it is not known whether it was added. */
  publish(topic: string, data: string): Promise<void>;
  /** Begins to read. @returns a function that ends it. Rejects while the store is down; then it may be called again. */
  follow(follower: TopicFollower): Promise<() => Promise<void>>;
}
