import { describe, expect, it } from "vitest";
import {
  type Item,
  instanceTopic,
  isTopic,
  NODES,
  openItem,
  sealItem,
  writeItem,
} from "../../../src/core/live/items.js";
import { DEFAULT_LIMITS } from "../../../src/core/options.js";
import { createSealer, systemRandom } from "../../../src/core/seal.js";

const LONGEST = Math.ceil((DEFAULT_LIMITS.stateBytes * 2 + 4096) * (4 / 3));

function sealerOf(key = "live-items-key-3fG7hJ9kL2mN5pQ8rS1t") {
  return createSealer({
    app: "hydrant",
    keys: [key],
    retiredKeys: [],
    tokenLength: LONGEST,
    now: Date.now,
    random: systemRandom,
  });
}

describe("a topic of applications", () => {
  it.each(["a", "room:7", "räume/😀", "x".repeat(200), "*", "__proto__".slice(2)])("may be %j", (name) => {
    expect(isTopic(name)).toBe(true);
  });

  it.each([
    "",
    "_a",
    NODES,
    instanceTopic("c-x"),
    "x".repeat(201),
    "a\nb",
    "\u0000",
    "a\u007f",
    7,
    null,
    undefined,
    ["a"],
  ])("is never %j", (name) => {
    expect(isTopic(name)).toBe(false);
  });
});

describe("an entry of the log", () => {
  const item: Item = { kind: "change", change: { at: new Date(0), of: new Set([1n]) } };

  it("is opened by whoever has the key, under its own topic", () => {
    const data = sealItem(sealerOf(), "news", writeItem(item, DEFAULT_LIMITS));
    expect(openItem(sealerOf(), "news", data)).toEqual(item);
    expect(() => openItem(sealerOf(), "chat", data)).toThrow();
    expect(() => openItem(sealerOf("live-items-key-of-somebody-else-4rT8yU"), "news", data)).toThrow();
  });

  it("is refused before it is written, where it is longer than any node would open", () => {
    const fits = { kind: "change", change: "x".repeat(DEFAULT_LIMITS.stateBytes * 2 - 100) } as const;
    const data = sealItem(sealerOf(), "news", writeItem(fits, DEFAULT_LIMITS));
    expect(openItem(sealerOf(), "news", data)).toEqual(fits);
    const tooLong = { kind: "change", change: "ü".repeat(DEFAULT_LIMITS.stateBytes) } as const;
    expect(() => writeItem(tooLong, DEFAULT_LIMITS)).toThrow(
      expect.objectContaining({
        code: "internal",
        message: expect.stringContaining("at most 1048576 are told") as string,
      }),
    );
  });

  it("from a page is refused as the page's own fault", () => {
    const seal = "x".repeat(DEFAULT_LIMITS.stateBytes * 2);
    const command = {
      connection: "c",
      subject: "user ann",
      page: "",
      subscribe: [{ component: "board", id: "c-board", seal, topics: [] }],
      unsubscribe: [],
      leave: false,
      cursor: undefined,
    };
    expect(() => writeItem({ kind: "connection", command }, DEFAULT_LIMITS)).toThrow(
      expect.objectContaining({ code: "too_large" }),
    );
  });
});
