import type { IncomingMessage } from "node:http";

/**
 * Whether a state-changing request came from the application's own pages. Judged by what browsers set and scripts of
 * other sites cannot: `Sec-Fetch-Site`, then `Origin`. With neither, only a request without a cookie passes: it has
 * nobody's rights.
 *
 * Source: the scheme of Go 1.25 `http.CrossOriginProtection`.
 */
export function isOwnSite({ headers }: IncomingMessage, own: () => string, origins: ReadonlySet<string>): boolean {
  const { origin } = headers;
  if (origin !== undefined && origins.has(origin)) return true;
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (origin !== undefined) return origin === own();
  return headers.cookie === undefined;
}
