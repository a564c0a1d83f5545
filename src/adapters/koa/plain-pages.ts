import { readFileSync } from "node:fs";
import type { Context } from "koa";
import { type Failure, fillHoles, SafeHtml } from "../../core/index.js";
import { write } from "./answer.js";

/** The pages a browser without JavaScript sees when the application has no page of its own to show. */
export interface PlainPages {
  fail(ctx: Context, failure: Failure): void;
  show(ctx: Context, status: number, fragment: string): void;
}

function load(name: string): string {
  return readFileSync(new URL(`../../../templates/${name}`, import.meta.url), "utf8");
}

/** Where the person came from, as a path of this site; `/` when that is not known. */
export function refererPath(ctx: Context): string {
  const referer = ctx.get("Referer");
  if (!URL.canParse(referer)) return "/";
  const url = new URL(referer);
  return url.host === ctx.host ? url.pathname + url.search : "/";
}

/** @param stylesOf Address of the stylesheet, for where the request came in. */
export function plainPages(stylesOf: (ctx: Context) => string): PlainPages {
  const error = load("error.html");
  const page = load("page.html");
  return {
    fail(ctx, failure) {
      write(
        ctx,
        failure.status,
        fillHoles(error, {
          styles: stylesOf(ctx),
          status: String(failure.status),
          message: failure.message,
          code: failure.code,
          id: failure.id,
          back: refererPath(ctx),
        }),
      );
    },
    show(ctx, status, fragment) {
      write(ctx, status, fillHoles(page, { styles: stylesOf(ctx), content: new SafeHtml(fragment), back: refererPath(ctx) }));
    },
  };
}
