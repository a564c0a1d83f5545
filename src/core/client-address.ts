import type { RequestHead } from "./request-head.js";

/** Some proxies add the port, which is another one for every connection; IPv6 stands in brackets then. */
const WITH_PORT = /^(?:(\d+(?:\.\d+){3})|\[([^\]]+)\])(?::\d+)?$/;

function withoutPort(entry: string): string {
  const [, four, six] = WITH_PORT.exec(entry) ?? [];
  return four ?? six ?? entry;
}

/**
 * The visitor's network address. `X-Forwarded-For` can be written by anybody, so only its last entries count: each
 * trusted proxy added one, the address it was asked from.
 */
export function clientAddress({ headers, socket }: RequestHead, trustedProxies: number): string {
  const peer = socket.remoteAddress ?? "";
  if (trustedProxies === 0) return peer;
  const forwarded = String(headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return withoutPort(forwarded.at(-trustedProxies) ?? forwarded[0] ?? peer);
}
