import { describe, expect, it } from "vitest";
import type { Caller } from "../../../src/core/index.js";
import { DefinitionError } from "../../../src/core/index.js";
import { countedAs, type LimitKey, type LimitRule, readLimits } from "../../../src/core/limits.js";
import { networkOf } from "../../../src/core/network.js";

const ANN: Caller = { user: { id: 7 }, session: null };
const VISITOR: Caller = { user: null, session: "s1", ip: "203.0.113.9" };

function counted(key: LimitKey, caller: Caller): string {
  const [limit] = readLimits("shop", { points: 1, seconds: 1, key });
  return countedAs(limit as NonNullable<typeof limit>, caller);
}

describe("whom a limit counts", () => {
  it.each([
    ["caller", { ...ANN, ip: "203.0.113.9", session: "s" }, "user 7"],
    ["caller", VISITOR, "ip 203.0.113.9"],
    ["caller", { user: null, session: "s1" }, "session s1"],
    ["ip", { ...ANN, ip: "203.0.113.9" }, "ip 203.0.113.9"],
    ["session", VISITOR, "session s1"],
    ["session", { ...ANN, session: "s2", ip: "203.0.113.9" }, "session s2"],
  ] as const)("by %s", (key, caller, who) => {
    expect(counted(key, caller)).toBe(who);
  });

  it.each([
    ["session", ANN, "user 7"],
    ["ip", ANN, "user 7"],
    ["ip", { user: null, session: "s1" }, "session s1"],
    ["session", { user: null, session: null, ip: "203.0.113.9" }, "ip 203.0.113.9"],
  ] as const)("never everybody together because there is no %s", (key, caller, who) => {
    expect(counted(key, caller)).toBe(who);
  });

  it("is whatever a function says, and an error when it says nothing", () => {
    expect(counted((caller) => `tenant ${caller.session}`, VISITOR)).toBe("own tenant s1");
    for (const nothing of [undefined, null, 7, Promise.resolve("x")]) {
      expect(() => counted(() => nothing as unknown as string, VISITOR)).toThrow(DefinitionError);
    }
  });
});

describe("the networks that are counted together", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["::FFFF:203.0.113.9", "203.0.113.9"],
    ["::ffff:cb00:7109", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002:ffff::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["unknown", "unknown"],
    ["", ""],
  ])("%s counts as %s", (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});

describe("a limit", () => {
  it.each([
    ["60/min", 60, 60],
    ["5/10s", 5, 10],
    ["1/2sec", 1, 2],
    ["100/h", 100, 3600],
    ["10/2hour", 10, 7200],
    ["1000/day", 1000, 86_400],
    ["7/24d", 7, 2_073_600],
  ])("written as %s is %i calls in %i seconds", (rule, points, seconds) => {
    expect(readLimits("shop", rule)).toEqual([{ name: "shop", window: { points, seconds }, key: "caller" }]);
  });

  it("may be one of several, each counted apart and under a name that nothing else has", () => {
    const names = readLimits("shop", ["1/s", "9/min", { points: 30, seconds: 3600 }]).map(({ name }) => name);
    expect(names).toEqual(["shop", "shop.2", "shop.3"]);
  });

  it.each<unknown>([
    "",
    "60",
    "0/min",
    "60/0s",
    "60/month",
    "-1/min",
    "1.5/s",
    " 60/min",
    { points: 0, seconds: 1 },
    { points: 1 },
    { points: 1, seconds: 1.5 },
    { points: 1, seconds: 1, key: "everybody" },
    null,
    undefined,
    7,
  ])("of %o is refused, and the message says how one is written", (rule) => {
    expect(() => readLimits("shop", rule as LimitRule)).toThrow(DefinitionError);
    expect(() => readLimits("shop", rule as LimitRule)).toThrow(/the limit of shop is .*"60\/min"/);
  });

  it("is refused when its window is longer than a store can hold", () => {
    for (const rule of ["1/25d", "1/600h", { points: 1, seconds: 2_147_484 }]) {
      expect(() => readLimits("shop", rule)).toThrow(/the limit of shop lasts .* 24 days.* \(2,147,483 seconds\)/);
    }
    expect(readLimits("shop", { points: 1, seconds: 2_147_483 })).toHaveLength(1);
  });
});
