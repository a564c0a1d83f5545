import { type IncomingMessage, ServerResponse } from "node:http";
import type Koa from "koa";
import type { Context } from "koa";
import {
  type Caller,
  type ComponentServer,
  clientAddress,
  cookieIn,
  HydrantError,
  type User,
} from "../../core/index.js";

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

/** How the door finds out who asks. */
export interface CallerOptions {
  /**
   * Who asks, as the `caller` of the Koa door says it; it may look somebody up and answer later. The context has the
   * headers and cookies of the upgrade, but the application's HTTP middleware did not run on it. Asked again for every
   * event, and every few seconds for as long as the socket is open.
   */
  readonly caller?: (ctx: Context) => KnownCaller | Promise<KnownCaller>;
  /** Proxies in front of this process that add to `X-Forwarded-For`. Default 0. */
  readonly trustedProxies?: number;
  /** Name of the anonymous session's cookie: that of the Koa door. Default `hydrant` and the prefix. */
  readonly cookie?: string;
}

/** What contexts are made by. */
export type ContextMaker = Pick<Koa, "createContext">;

/** A request to open a socket, and who made it. */
export interface Visitor {
  /** Who asks. */
  readonly first: () => Promise<Caller>;
  /** Who asks by now; left out where that cannot change, because the application knows nobody. */
  readonly now?: () => Promise<Caller>;
  /** Whether anybody knows who it is: the application, or the session cookie. Asked after `first`. */
  readonly isKnown: () => boolean;
}

/**
 * A context as Koa makes one for a request. Nothing is answered through it: what is written to its response is lost,
 * where without a response it would throw.
 */
export function contextOf(app: ContextMaker, req: IncomingMessage): Context {
  return app.createContext(req, new ServerResponse(req)) as Context;
}

/** @param cookieName Cookie of the anonymous session. A socket sets no cookies, so a visitor without one is nobody. */
export function visitorOf(
  req: IncomingMessage,
  app: ContextMaker,
  { sessions }: Pick<ComponentServer, "sessions">,
  options: CallerOptions,
  cookieName: string,
): Visitor {
  const { caller: known, trustedProxies = 0 } = options;
  const ip = clientAddress(req, trustedProxies);
  const signed = cookieIn(req, cookieName);
  const named = signed === undefined ? undefined : sessions.verify(signed);
  let fresh: string | undefined;
  let isKnown = named !== undefined;
  function session(): string {
    fresh ??= named ?? sessions.create();
    return fresh;
  }
  async function now(): Promise<Caller> {
    const given: KnownCaller = known === undefined ? {} : await known(contextOf(app, req));
    const { user = null, session: own = null, ...extra } = given;
    isKnown ||= user !== null || own !== null;
    return { ip, ...extra, user, session: own ?? (user === null ? session() : null) };
  }
  // What is asked again keeps the request for as long as the socket.
  return { first: now, isKnown: () => isKnown, ...(known === undefined ? {} : { now }) };
}

/** Who asks must be known in the time a call has. @throws {HydrantError} `timeout`, and what the answer rejects with. */
export async function within<T>({ after, limits }: ComponentServer, answer: T | Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    cancel = after(limits.callMs, () => reject(new HydrantError("timeout", "`caller` did not answer in time")));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    cancel();
  }
}

/** Whether seals of the one are seals of the other, as the core binds them. */
export function isSamePerson(one: Caller, other: Caller): boolean {
  if (one.user === null || other.user === null) return one.user === other.user && one.session === other.session;
  return String(one.user.id) === String(other.user.id) && String(one.epoch) === String(other.epoch);
}
