import type { Context } from "koa";
import {
  type Failure,
  failurePartial,
  type LimitReached,
  type Outcome,
  type OutcomeEffects,
  partialsHtml,
} from "../../core/index.js";

/** What the sender of a request understands. */
export type Audience = "htmx" | "json" | "browser";

/** JSON is asked for by name; htmx says so; everything else is a browser without JavaScript. */
export function audienceOf(ctx: Context): Audience {
  const { accept = "" } = ctx.req.headers;
  if (accept.includes("application/json") && !accept.includes("text/html")) return "json";
  return ctx.req.headers["hx-request"] === "true" ? "htmx" : "browser";
}

const HTML = "text/html; charset=utf-8";
const VARY = "HX-Request, HX-Request-Type, Accept";

/** Writes status, the headers every answer has, and the body. */
export function write(ctx: Context, status: number, body: string | null, type: string = HTML): void {
  const { res } = ctx;
  ctx.status = status;
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Vary", VARY);
  res.setHeader("X-Content-Type-Options", "nosniff");
  if (body === null) {
    ctx.body = null;
    return;
  }
  res.setHeader("Content-Type", type);
  ctx.body = body;
}

function writeJson(ctx: Context, status: number, value: unknown): void {
  write(ctx, status, JSON.stringify(value), "application/json; charset=utf-8");
}

/** JSON for a header: only ASCII, so that no proxy can misread it. */
function headerJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function setEffects(ctx: Context, { pushUrl, replaceUrl, trigger }: OutcomeEffects): void {
  if (pushUrl !== undefined) ctx.set("HX-Push-Url", pushUrl);
  if (replaceUrl !== undefined) ctx.set("HX-Replace-Url", replaceUrl);
  for (const _name in trigger) {
    ctx.set("HX-Trigger", headerJson(trigger));
    break;
  }
}

export function answerHtmx(ctx: Context, outcome: Outcome): void {
  const { kind, status, effects } = outcome;
  if (kind === "redirect") ctx.set("HX-Redirect", effects.redirect as string);
  else if (kind === "removed") ctx.set("HX-Reswap", "delete");
  setEffects(ctx, effects);
  write(ctx, status, kind === "nothing" ? null : outcome.html + partialsHtml(outcome.partials));
}

export function effectsJson({ effects, partials, kind }: Outcome): object {
  const { redirect, pushUrl, replaceUrl, trigger } = effects;
  return {
    ...(redirect === undefined ? {} : { redirect }),
    ...(pushUrl === undefined ? {} : { push_url: pushUrl }),
    ...(replaceUrl === undefined ? {} : { replace_url: replaceUrl }),
    ...(Object.keys(trigger).length === 0 ? {} : { trigger }),
    ...(partials.length === 0 ? {} : { partials: partials.map(({ target, swap, html }) => ({ target, swap, html })) }),
    ...(kind === "removed" ? { removed: true } : {}),
  };
}

export function answerJson(ctx: Context, outcome: Outcome, failure: Failure | undefined): void {
  const { kind, status, html, state, component_id, slots } = outcome;
  if (kind === "nothing") return write(ctx, status, null);
  const body = { html, state, component_id, slots, effects: effectsJson(outcome) };
  writeJson(ctx, status, failure === undefined ? body : { ...body, error: errorJson(failure) });
}

export function errorJson({ code, message, id, fields }: Failure): object {
  return { code, message, id, ...(fields === undefined ? {} : { fields }) };
}

/**
 * The limit in the fields of draft-ietf-httpapi-ratelimit-headers-10: the policy with its quota and window, and what
 * is left of it.
 */
function setLimitHeaders(ctx: Context, { name, points, seconds, reset }: LimitReached): void {
  ctx.set("RateLimit-Policy", `"${name}";q=${points};w=${seconds}`);
  ctx.set("RateLimit", `"${name}";r=0;t=${reset}`);
}

export function setFailureHeaders(ctx: Context, { status, retryAfter, code, limit }: Failure): void {
  if (limit !== undefined) setLimitHeaders(ctx, limit);
  if (retryAfter !== undefined) ctx.set("Retry-After", String(Math.ceil(retryAfter)));
  else if (code === "timeout" || code === "unavailable") ctx.set("Retry-After", "5");
  // What is left of a body that was refused must not be read as the next request.
  if (status === 408 || status === 413) ctx.set("Connection", "close");
}

export function failJson(ctx: Context, failure: Failure): void {
  setFailureHeaders(ctx, failure);
  writeJson(ctx, failure.status, { error: errorJson(failure) });
}

/** An instance id in htmx's `HX-Target` header, such as `section#c-cart`: where the sender would show an error. */
export function targetInstance(ctx: Context): string | undefined {
  const target = ctx.req.headers["hx-target"];
  return typeof target === "string" ? /^[a-zA-Z][\w-]*#(c-[a-z0-9_-]{1,62})$/.exec(target)?.[1] : undefined;
}

/** The error partial of the protocol, aimed at the error place of the sender's own root. */
export function failHtmx(ctx: Context, failure: Failure, entrance: string | undefined): void {
  setFailureHeaders(ctx, failure);
  if (entrance !== undefined) ctx.set("HX-Redirect", entrance);
  if (failure.status !== 401) ctx.set("HX-Reswap", "none");
  const instance = failure.instance ?? targetInstance(ctx);
  write(ctx, failure.status, failurePartial(failure, instance));
}
