import type { Context } from "koa";

const PLAIN_PATH = /^(?:\/[A-Za-z0-9._~-]+)+$/;

/** Whether a text can stand at the front of an address as it is: `/components`, `/shop/parts`. */
export function isPlainPath(text: string): boolean {
  return PLAIN_PATH.test(text);
}

/**
 * What mounting took off the front of the path, such as `/shop`; addresses in the page need it. Read from the path
 * rather than from `ctx.mountPath`, which holds the innermost of several mounts and outlives the one that set it.
 */
export function mountedAt({ originalUrl, url, path }: Pick<Context, "originalUrl" | "url" | "path">): string {
  if (originalUrl === url) return "";
  const original = originalUrl.split("?", 1)[0] as string;
  const cut = original.endsWith(path) ? original.slice(0, -path.length) : path === "/" ? original : "";
  return isPlainPath(cut) ? cut : "";
}
