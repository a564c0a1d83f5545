import { isWireName, REFRESH } from "../../core/index.js";

/** An address under the prefix, taken apart once. */
export type Route =
  | { readonly kind: "asset"; readonly file: string }
  | { readonly kind: "file"; readonly ticket: string }
  | { readonly kind: "live" }
  | { readonly kind: "stream"; readonly ticket: string }
  | { readonly kind: "mount"; readonly component: string }
  | { readonly kind: "event"; readonly component: string; readonly event: string };

export function routeOf(rest: string): Route | undefined {
  const cut = rest.indexOf("/");
  const first = cut === -1 ? rest : rest.slice(0, cut);
  const second = cut === -1 ? undefined : rest.slice(cut + 1);
  if (first === "_assets" && second !== undefined) return { kind: "asset", file: second };
  if (first === "_files" && second !== undefined) return { kind: "file", ticket: second };
  if (first === "_streams" && second !== undefined) return { kind: "stream", ticket: second };
  if (first === "_live" && second === undefined) return { kind: "live" };
  if (!isWireName(first)) return undefined;
  if (second === undefined) return { kind: "mount", component: first };
  return isWireName(second) || second === REFRESH ? { kind: "event", component: first, event: second } : undefined;
}

/** What the log is told about an address. Nobody who reads it should be able to fetch a file or a stream. */
export function namesIn(route: Route | undefined): Readonly<Record<string, string>> {
  if (route === undefined || route.kind === "file" || route.kind === "stream") return {};
  const { kind: _kind, ...names } = route;
  return names;
}
