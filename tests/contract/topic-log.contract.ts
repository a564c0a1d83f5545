import type { TopicEntry, TopicFollower, TopicLog } from "hydrant";
import { describe, expect, it, onTestFinished } from "vitest";

/** What a follower was told, in the order it was told. */
export interface Told extends TopicFollower {
  readonly entries: TopicEntry[];
  /** `entry DATA`, `gap`, `down` and `up`. */
  readonly all: string[];
  /** Data of all entries so far. */
  data(): string[];
}

/** A follower that notes everything. */
export function listener(): Told {
  const entries: TopicEntry[] = [];
  const all: string[] = [];
  return {
    entries,
    all,
    data: () => entries.map(({ data }) => data),
    entry(entry) {
      entries.push(entry);
      all.push(`entry ${entry.data}`);
    },
    gap: () => void all.push("gap"),
    down: () => void all.push("down"),
    up: () => void all.push("up"),
  };
}

/** Follows until the test is over. */
export async function follow(log: TopicLog): Promise<Told & { stop(): Promise<void> }> {
  const told = listener();
  const stop = await log.follow(told);
  onTestFinished(stop);
  return { ...told, stop };
}

/** `0`, `1`, … */
export function numbers(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, n) => String(first + n));
}

export async function publishAll(log: TopicLog, data: readonly string[]): Promise<void> {
  for (const one of data) await log.publish("t", one);
}

const PATIENT = { timeout: 20_000 };

/** What survives a log as it is. */
const TEXTS = [
  "",
  " ",
  "a b",
  'line\nline\r\nline\u2028 "quote" \u0000',
  "ü 😀 \ufeff \ufffd",
  "\ufeffat the start",
  "__proto__",
  "*1\r\n$8\r\nFLUSHALL\r\n",
  JSON.stringify({ html: "<p>x</p>" }),
  "x".repeat(300_000),
];

export interface TopicLogFixture {
  /** The logs of two nodes that share one store. */
  readonly nodes: readonly [TopicLog, TopicLog];
}

/**
 * Every MUST of the port that holds while the store is up, run on one store.
 *
 * @param create Makes a new store that holds 200 entries, or some more.
 */
export function topicLogContract(name: string, create: () => TopicLogFixture | Promise<TopicLogFixture>): void {
  describe(`${name} as a topic log`, () => {
    it("gives every entry to the followers of all nodes once, the publisher's own included", async () => {
      const { nodes } = await create();
      const [one, other] = [await follow(nodes[0]), await follow(nodes[1])];
      await nodes[0].publish("news", "from one");
      await nodes[1].publish("chat", "from the other");
      for (const told of [one, other]) {
        await expect.poll(told.data, PATIENT).toEqual(["from one", "from the other"]);
        expect(told.entries.map(({ topic }) => topic)).toEqual(["news", "chat"]);
      }
      expect(one.entries).toEqual(other.entries);
    });

    it("gives all followers one order, however many publish at once", async () => {
      const { nodes } = await create();
      const followers = [await follow(nodes[0]), await follow(nodes[1]), await follow(nodes[1])];
      const data = numbers(100);
      await Promise.all(data.map((one, n) => (n % 2 === 0 ? nodes[0] : nodes[1]).publish("t", one)));
      for (const told of followers) await expect.poll(() => told.entries.length, PATIENT).toBe(100);
      const [first, ...others] = followers.map(({ entries }) => entries);
      for (const entries of others) expect(entries).toEqual(first);
      expect(new Set(first?.map((entry) => entry.data))).toEqual(new Set(data));
    });

    it("keeps the order in which one node published, one after the other", async () => {
      const { nodes } = await create();
      const told = await follow(nodes[1]);
      await publishAll(nodes[0], numbers(50));
      await expect.poll(told.data, PATIENT).toEqual(numbers(50));
    });

    it("gives what is held before `follow` has resolved, the oldest first", async () => {
      const { nodes } = await create();
      await publishAll(nodes[0], numbers(150));
      const told = await follow(nodes[1]);
      expect(told.data()).toEqual(numbers(150));
      await nodes[0].publish("t", "later");
      await expect.poll(told.data, PATIENT).toEqual([...numbers(150), "later"]);
    });

    it("loses and repeats nothing between what is held and what comes", async () => {
      const { nodes } = await create();
      const publishing = publishAll(nodes[0], numbers(150));
      const followers = await Promise.all([follow(nodes[1]), follow(nodes[0]), follow(nodes[1])]);
      await publishing;
      for (const told of followers) {
        await expect.poll(told.data, PATIENT).toEqual(numbers(150));
        expect(told.all).not.toContain("gap");
      }
    });

    it("holds a bounded history, of which the newest stay", async () => {
      const { nodes } = await create();
      await publishAll(nodes[0], numbers(1_000));
      const told = await follow(nodes[1]);
      expect(told.entries.length).toBeGreaterThanOrEqual(200);
      expect(told.entries.length).toBeLessThan(500);
      expect(told.data()).toEqual(numbers(told.entries.length, 1_000 - told.entries.length));
      // It is where the history begins, not a hole in it.
      expect(told.all).not.toContain("gap");
    });

    it("names every entry by a position without spaces, no two the same", async () => {
      const { nodes } = await create();
      const told = await follow(nodes[0]);
      await Promise.all(numbers(100).map((one) => nodes[1].publish("t", one)));
      await expect.poll(() => told.entries.length, PATIENT).toBe(100);
      const ids = told.entries.map(({ id }) => id);
      expect(new Set(ids).size).toBe(100);
      for (const id of ids) expect(id).toMatch(/^\S+$/);
    });

    it("keeps topics and data as they are", async () => {
      const { nodes } = await create();
      const told = await follow(nodes[0]);
      for (const text of TEXTS) await nodes[1].publish(text.slice(0, 200), text);
      await expect.poll(() => told.entries.length, PATIENT).toBe(TEXTS.length);
      expect(told.data()).toEqual(TEXTS);
      expect(told.entries.map(({ topic }) => topic)).toEqual(TEXTS.map((text) => text.slice(0, 200)));
      expect((await follow(nodes[1])).entries).toEqual(told.entries);
    });

    it("gives a follower nothing more once it has stopped, and the others all the same", async () => {
      const { nodes } = await create();
      const [gone, here] = [await follow(nodes[0]), await follow(nodes[0])];
      await nodes[0].publish("t", "both");
      await expect.poll(gone.data, PATIENT).toEqual(["both"]);
      await gone.stop();
      await nodes[0].publish("t", "one");
      await expect.poll(here.data, PATIENT).toEqual(["both", "one"]);
      expect(gone.all).toEqual(["entry both"]);
      // Ending twice is no error.
      await gone.stop();
    });

    it("says nothing but entries while all is well", async () => {
      const { nodes } = await create();
      const told = await follow(nodes[0]);
      await publishAll(nodes[1], numbers(300));
      await expect.poll(told.data, PATIENT).toEqual(numbers(300));
      expect(told.all).toEqual(numbers(300).map((one) => `entry ${one}`));
    });
  });
}
