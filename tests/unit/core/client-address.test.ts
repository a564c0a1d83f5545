import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { clientAddress } from "../../../src/core/client-address.js";

function addressOf(forwarded: string | undefined, trustedProxies: number): string {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return clientAddress(
    { headers, socket: { remoteAddress: "10.0.0.1" } } as unknown as IncomingMessage,
    trustedProxies,
  );
}

describe("the visitor's address", () => {
  it.each([
    [0, undefined, "10.0.0.1"],
    [0, "203.0.113.9", "10.0.0.1"],
    [1, undefined, "10.0.0.1"],
    [1, "203.0.113.9", "203.0.113.9"],
    [1, "198.51.100.1, 203.0.113.9", "203.0.113.9"],
    [2, "198.51.100.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"],
    [2, "203.0.113.9", "203.0.113.9"],
    [1, " , ,203.0.113.9 ", "203.0.113.9"],
    [1, "", "10.0.0.1"],
  ])("with %i trusted proxies and %s is %s", (trusted, forwarded, address) => {
    expect(addressOf(forwarded, trusted)).toBe(address);
  });

  it.each([
    ["203.0.113.9:51234", "203.0.113.9"],
    ["[2001:db8::1]:51234", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
  ])("is %s without the port that some proxies write", (forwarded, address) => {
    expect(addressOf(forwarded, 1)).toBe(address);
  });
});
