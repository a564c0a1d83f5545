import type { RequestHead } from "./request-head.js";

/**
 * Whether a state-changing request came from the application's own pages. Judged by what browsers set and scripts of
 * other sites cannot: `Sec-Fetch-Site`, then `Origin`. With neither, only a request without a cookie passes: it has
 * nobody's rights.
 *
 * Source: the scheme of Go 1.25 `http.CrossOriginProtection`.
 */
export function isOwnSite(
  { headers }: Pick<RequestHead, "headers">,
  own: () => string,
  origins: ReadonlySet<string>,
): boolean {
  const origin = textOf(headers.origin);
  if (origin !== undefined && origins.has(origin)) return true;
  const site = textOf(headers["sec-fetch-site"]);
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (origin !== undefined) return origin === own();
  return headers.cookie === undefined;
}

/** Node joins repeated headers of these names into one text; a list would be no browser's doing and matches nothing. */
function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}
