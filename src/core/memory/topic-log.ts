import { systemClock } from "../ports/clock.js";
import type { TopicEntry, TopicFollower, TopicLog } from "../ports/topic-log.js";

/** Options of {@link memoryTopicLog}. */
export interface MemoryTopicLogOptions {
  /** Entries that are held. Default 10,000. */
  readonly entries?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * A log in this process's memory. Servers that share one behave as nodes do, which is what tests of an application's
 * live parts need.
 */
export function memoryTopicLog({
  entries: most = 10_000,
  now = systemClock.now,
}: MemoryTopicLogOptions = {}): TopicLog {
  // A cursor of an earlier process must not fit.
  const epoch = now().toString(36);
  const followers = new Set<TopicFollower>();
  let held: TopicEntry[] = [];
  let count = 0;
  return {
    async publish(topic, data) {
      const entry = { id: `${epoch}-${++count}`, topic, data };
      held.push(entry);
      // Cut now and then, not for every entry.
      if (held.length >= most * 2) held = held.slice(-most);
      for (const follower of followers) follower.entry(entry);
    },
    async follow(follower) {
      for (const entry of held.slice(-most)) follower.entry(entry);
      followers.add(follower);
      return async () => {
        followers.delete(follower);
      };
    },
  };
}
