import type { Context, Middleware } from "koa";
import {
  type Caller,
  type ComponentServer,
  clientAddress,
  DefinitionError,
  HydrantError,
  isOwnSite,
  localPath,
  type Outcome,
  PAGE_FIELD,
  type UnreadEventCall,
  type User,
} from "../../core/index.js";
import { answerHtmx, answerJson, audienceOf, failHtmx, failJson, targetInstance } from "./answer.js";
import { loadAssets } from "./assets.js";
import { isLongAndUnread, mediaType, readBody, URL_ENCODED } from "./body.js";
import { lastingRoutes } from "./lasting-routes.js";
import { signalOf } from "./leaving.js";
import { linger } from "./lingering.js";
import { isPlainPath, mountedAt } from "./mounted-at.js";
import { sendFile } from "./outgoing-file.js";
import { type PageComponents, pageComponents } from "./page-components.js";
import { checkMediaType, parsePosted, parseUrlEncoded } from "./payload.js";
import { pagePath, plainPages, rememberPage } from "./plain-pages.js";
import { namesIn, type Route, routeOf } from "./routes.js";
import { sessionCookie } from "./session-cookie.js";
import { takesStream } from "./stream-answer.js";
import { wholePage } from "./whole-page.js";

/** What the application knows about who asks. */
export interface KnownCaller {
  /** Who is signed in. */
  readonly user?: User | null;
  /** Name of the application's own session; kept secret, because seals are bound to it. */
  readonly session?: string | null;
  /** Seals are bound to it beside the user; count it up when somebody signs out, and old seals open no more. */
  readonly epoch?: string | number;
  readonly [extra: string]: unknown;
}

/** Options of {@link hydrantKoa}. */
export interface KoaDoorOptions {
  /** Where the components answer. Default `/components`. */
  readonly prefix?: string;
  /**
   * Who asks. Give `user` for somebody signed in, or `session` where the application has sessions of its own; with
   * neither, an anonymous signed cookie tells visitors apart. Everything else is handed to the components.
   */
  readonly caller?: (ctx: Context) => KnownCaller;
  /** Other origins whose pages may send events, such as `https://admin.example.com`. Default none. */
  readonly origins?: readonly string[];
  /** Where people sign in: a path, or a path made of that of the page they are on. Whoever needs to sign in is led there. */
  readonly signIn?: string | ((page: string) => string);
  /**
   * Proxies in front of this process that add to `X-Forwarded-For`. The visitor's address is the one the outermost of
   * them saw; with 0, the default, that header means nothing.
   */
  readonly trustedProxies?: number;
  /** Name of the anonymous session's cookie. Default `hydrant` and the prefix. */
  readonly cookie?: string;
}

/** The custom context of an application that uses the door: `new Koa<DefaultState, ComponentsContext>()`. */
export interface ComponentsContext {
  /** Components in the pages of the application. */
  components: PageComponents;
}

/** `ctx.components` with its type, in applications that do not name {@link ComponentsContext}. */
export function componentsOf(ctx: object): PageComponents {
  const { components } = ctx as Partial<ComponentsContext>;
  if (components === undefined)
    throw new DefinitionError("ctx.components is missing: use hydrantKoa() before the pages.");
  return components;
}

/**
 * Serves components in a Koa application: events and mounts under the prefix, `ctx.components` everywhere else.
 * Mounts anywhere a middleware can stand.
 *
 * @throws {DefinitionError} for a prefix that is not a plain path.
 */
export function hydrantKoa(server: ComponentServer, options: KoaDoorOptions = {}): Middleware {
  const {
    prefix = "/components",
    caller: known = (): KnownCaller => ({}),
    origins = [],
    signIn,
    trustedProxies = 0,
  } = options;
  if (!isPlainPath(prefix)) {
    throw new DefinitionError(
      `the prefix ${JSON.stringify(prefix)} must be a path such as "/components", without a slash at its end.`,
    );
  }
  checkEntrance(signIn, trustedProxies);
  const assets = loadAssets(server);
  const allowed = new Set(origins);
  const cookie = sessionCookie(server, options.cookie ?? `hydrant${prefix.replace(/[^A-Za-z0-9]+/g, "_")}`);
  const baseOf = (ctx: Context): string => mountedAt(ctx) + prefix;
  const plain = plainPages((ctx) => `${baseOf(ctx)}/_assets/${assets.fileName("pages")}`);
  const pages = wholePage(plain);

  /** @param session How an anonymous visitor gets a session. */
  function callerOf(ctx: Context, session: (ctx: Context) => string): Caller {
    const { user = null, session: own = null, ...extra } = known(ctx);
    const name = own ?? (user === null ? session(ctx) : null);
    return { ip: clientAddress(ctx.req, trustedProxies), ...extra, user, session: name };
  }

  /** Events set no cookie; a visitor without one holds no seal that could open, and gets the usual refusal. */
  function visitor(ctx: Context): { readonly caller: Caller; readonly isStranger: boolean } {
    let isStranger = false;
    const caller = callerOf(ctx, (one) => {
      const session = cookie.read(one);
      isStranger = session === undefined;
      return session ?? server.sessions.create();
    });
    return { caller, isStranger };
  }
  const eventCaller = (ctx: Context): Caller => visitor(ctx).caller;
  const pageCaller = (ctx: Context): Caller => callerOf(ctx, cookie.ensure);

  function refuseForeign(ctx: Context): void {
    // Not `ctx.origin`: from Koa 3 on that is the request's own `Origin` header.
    if (!isOwnSite(ctx.req, () => `${ctx.protocol}://${ctx.host}`, allowed)) throw new HydrantError("cross_site");
  }

  const lasting = lastingRoutes({ server, caller: eventCaller, visitor, base: baseOf, refuseForeign });

  async function answerEvent(ctx: Context, component: string, event: string): Promise<void> {
    if (server.describe(component)?.events.has(event) !== true) throw new HydrantError("not_found");
    if (ctx.method !== "POST") return refuseMethod(ctx, "POST");
    refuseForeign(ctx);
    const contentType = ctx.req.headers["content-type"] ?? "";
    checkMediaType(contentType);
    const idempotencyKey = ctx.req.headers["idempotency-key"];
    let posted = "";
    const call: UnreadEventCall = {
      component,
      event,
      async read(take) {
        const body = await readBody(ctx, server);
        const { state, page, payload } = await parsePosted(body, contentType, ctx.querystring, server, take);
        rememberPage(ctx, page);
        posted = state;
        return { state, payload };
      },
      caller: eventCaller(ctx),
      base: baseOf(ctx),
      signal: signalOf(ctx),
      instance: targetInstance(ctx),
      idempotencyKey: typeof idempotencyKey === "string" ? idempotencyKey : undefined,
      onceBySeal: audienceOf(ctx) === "browser",
    };
    const outcome = takesStream(ctx)
      ? await server.stream({ ...call, callerNow: () => eventCaller(ctx) })
      : await server.dispatch(call);
    if (outcome.kind === "stream") return lasting.send(ctx, outcome);
    await answerOutcome(ctx, outcome, component, posted);
  }

  async function answerOutcome(ctx: Context, outcome: Outcome, component: string, state: string): Promise<void> {
    const audience = audienceOf(ctx);
    if (audience === "htmx") return answerHtmx(ctx, outcome);
    if (audience === "json") {
      const refused =
        outcome.code === undefined ? undefined : new HydrantError(outcome.code, undefined, fieldsOf(outcome));
      return answerJson(ctx, outcome, refused && server.report(refused, { component }));
    }
    if (outcome.kind !== "redirect") return pages.answer(ctx, outcome, component, state);
    ctx.status = 303;
    ctx.set("Location", outcome.effects.redirect as string);
    ctx.body = null;
    ctx.status = 303;
  }

  async function answerMount(ctx: Context, component: string): Promise<void> {
    const described = server.describe(component);
    if (described === undefined) throw new HydrantError("not_found");
    if (ctx.method !== "GET" && ctx.method !== "HEAD") return refuseMethod(ctx, "GET, HEAD");
    const { ticket, [PAGE_FIELD]: page, ...params } = parseUrlEncoded(ctx.querystring, server.limits);
    rememberPage(ctx, page);
    const call = { component, caller: pageCaller(ctx), base: baseOf(ctx), signal: signalOf(ctx) };
    if (ticket === undefined && !described.mountable) throw new HydrantError("not_found");
    const outcome =
      ticket === undefined
        ? await server.mount({ ...call, params })
        : await server.mountTicket({ ...call, ticket: String(ticket) });
    const audience = audienceOf(ctx);
    if (audience === "json") answerJson(ctx, outcome, undefined);
    // The link in a lazy place, followed without JavaScript.
    else if (audience === "browser" && page !== undefined) await pages.answer(ctx, outcome, component, outcome.state);
    else answerHtmx(ctx, outcome);
  }

  async function answerFile(ctx: Context, ticket: string): Promise<void> {
    if (ctx.method !== "GET" && ctx.method !== "HEAD") return refuseMethod(ctx, "GET, HEAD");
    sendFile(ctx, await server.fetchFile({ caller: eventCaller(ctx), ticket }));
  }

  function refuseMethod(ctx: Context, allow: string): never {
    ctx.set("Allow", allow);
    throw new HydrantError("method_not_allowed");
  }

  async function fail(ctx: Context, error: unknown, route: Route | undefined): Promise<void> {
    const failure = server.report(error, namesIn(route));
    const audience = audienceOf(ctx);
    if (audience === "browser" && route?.kind === "event") await findPage(ctx);
    // The rest of a body that nobody wants is read before the next request; of a long one that is too much. Node does it
    // by itself only where nobody began.
    const isLong = isLongAndUnread(ctx.req, server);
    if (isLong) ctx.set("Connection", "close");
    else ctx.req.resume();
    const entrance = failure.status === 401 ? signInPath(ctx) : undefined;
    if (audience === "json") failJson(ctx, failure);
    else if (audience === "htmx") failHtmx(ctx, failure, entrance);
    else plain.fail(ctx, failure, entrance);
    if (isLong) linger(ctx, server);
  }

  /**
   * Who was refused before the body was read still wants to go back to the page, and only the form says which: the
   * address bar may show that of an earlier event. A form that is short enough is read for that alone.
   */
  async function findPage(ctx: Context): Promise<void> {
    const isShort = Number(ctx.req.headers["content-length"] ?? Number.NaN) <= server.limits.bodyBytes;
    const type = mediaType(ctx.req.headers["content-type"] ?? "");
    if (!isShort || type !== URL_ENCODED || ctx.req.readableDidRead) return;
    try {
      const body = await readBody(ctx, server);
      if ("bytes" in body) rememberPage(ctx, parseUrlEncoded(body.bytes.toString("utf8"), server.limits)[PAGE_FIELD]);
    } catch (error) {
      server.log.info({ error }, "the page of a refused form could not be found out");
    }
  }

  function signInPath(ctx: Context): string | undefined {
    const path = typeof signIn === "function" ? signIn(pagePath(ctx)) : signIn;
    return path === undefined ? undefined : localPath(path);
  }

  async function answer(ctx: Context, rest: string): Promise<void> {
    const route = routeOf(rest);
    try {
      if (route?.kind === "event") await answerEvent(ctx, route.component, route.event);
      else if (route?.kind === "mount") await answerMount(ctx, route.component);
      else if (route?.kind === "file") await answerFile(ctx, route.ticket);
      else if (route?.kind === "live") await lasting.live(ctx);
      else if (route?.kind === "stream") await lasting.stream(ctx, route.ticket);
      else if (route === undefined || !assets.serve(ctx, route.file)) throw new HydrantError("not_found");
    } catch (error) {
      await fail(ctx, error, route);
    }
  }

  return function hydrant(ctx, next) {
    const { path } = ctx;
    if (path.startsWith(prefix) && path[prefix.length] === "/") return answer(ctx, path.slice(prefix.length + 1));
    const held = pages.held(ctx.req);
    (ctx as Context & ComponentsContext).components = pageComponents(ctx, {
      server,
      assets,
      base: baseOf(ctx),
      // Before anything of the page is rendered, so that nothing that changes from now on is missed.
      cursor: server.live.position(),
      caller: () => pageCaller(ctx),
      held,
    });
    return next();
  };
}

function checkEntrance(signIn: KoaDoorOptions["signIn"], trustedProxies: number): void {
  if (typeof signIn === "string" && !/^\/(?![/\\])/.test(signIn)) {
    throw new DefinitionError(`signIn is ${JSON.stringify(signIn)}; give a path of this site, such as "/sign-in".`);
  }
  if (!Number.isInteger(trustedProxies) || trustedProxies < 0) {
    throw new DefinitionError("trustedProxies is the number of proxies in front of this process: 0, 1, 2 …");
  }
}

function fieldsOf({ kind, refusal }: Outcome): { fields?: Readonly<Record<string, readonly string[]>> } {
  return refusal === undefined || kind !== "invalid" ? {} : { fields: refusal.errors };
}
