import { readFileSync } from "node:fs";
import type { Context } from "koa";
import { escapeHtml, type Failure, fillHoles, localPath, SafeHtml } from "../../core/index.js";
import { setFailureHeaders, write } from "./answer.js";

/** The pages a browser without JavaScript sees when the application has no page of its own to show. */
export interface PlainPages {
  /** @param entrance Where to sign in, when that is what is missing. */
  fail(ctx: Context, failure: Failure, entrance?: string): void;
  show(ctx: Context, status: number, fragment: string): void;
}

function load(name: string): string {
  return readFileSync(new URL(`../../../templates/${name}`, import.meta.url), "utf8");
}

const POSTED = Symbol("the page a request says it came from");
type Posted = Context & { [POSTED]?: string };

/** A path of this site without its fragment; `undefined` for anything that would lead elsewhere, such as `/.//evil`. */
function pathHere(path: string): string | undefined {
  try {
    return localPath(path).split("#", 1)[0];
  } catch {
    return undefined;
  }
}

/** Keeps which page a request says it came from; anything but a path of this site is passed over. */
export function rememberPage(ctx: Context, page: unknown): void {
  const path = typeof page === "string" ? pathHere(page) : undefined;
  if (path !== undefined) (ctx as Posted)[POSTED] = path;
}

/** Where the person came from, as a path of this site; `/` when that is not known. */
export function pagePath(ctx: Context): string {
  const page = (ctx as Posted)[POSTED];
  if (page !== undefined) return page;
  const referer = ctx.get("Referer");
  if (!URL.canParse(referer)) return "/";
  const url = new URL(referer);
  return (url.host === ctx.host ? pathHere(url.pathname + url.search) : undefined) ?? "/";
}

/** @param stylesOf Address of the stylesheet, for where the request came in. */
export function plainPages(stylesOf: (ctx: Context) => string): PlainPages {
  const error = load("error.html");
  const page = load("page.html");
  return {
    fail(ctx, failure, entrance) {
      setFailureHeaders(ctx, failure);
      write(
        ctx,
        failure.status,
        fillHoles(error, {
          styles: stylesOf(ctx),
          status: String(failure.status),
          message: failure.message,
          code: failure.code,
          id: failure.id,
          back: pagePath(ctx),
          entrance: entrance === undefined ? "" : new SafeHtml(`<p><a href="${escapeHtml(entrance)}">Sign in</a></p>`),
        }),
      );
    },
    show(ctx, status, fragment) {
      write(
        ctx,
        status,
        fillHoles(page, { styles: stylesOf(ctx), content: new SafeHtml(fragment), back: pagePath(ctx) }),
      );
    },
  };
}
