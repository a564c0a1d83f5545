import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/*
 * How a careful hand-written application protects state without encrypting it: an HMAC over the state, its expiry and
 * the session it belongs to. Used by both such peers.
 */
const KEY = randomBytes(32);
const LIFETIME_MS = 86_400_000;

export interface CounterState {
  readonly id: string;
  readonly count: number;
}

interface Signed extends CounterState {
  readonly until: number;
}

function macOf(text: string, session: string): Buffer {
  return createHmac("sha256", KEY).update(text).update("\0").update(session).digest();
}

export function signState(state: CounterState, session: string): string {
  const text = Buffer.from(JSON.stringify({ ...state, until: Date.now() + LIFETIME_MS })).toString("base64url");
  return `${text}.${macOf(text, session).toString("base64url")}`;
}

/** @returns `undefined` for a state that is forged, of another session, or too old. */
export function openState(token: unknown, session: string): CounterState | undefined {
  if (typeof token !== "string") return undefined;
  const dot = token.indexOf(".");
  const text = token.slice(0, dot);
  const given = Buffer.from(token.slice(dot + 1), "base64url");
  const expected = macOf(text, session);
  if (dot === -1 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const state = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Signed;
  return state.until > Date.now() ? state : undefined;
}

export function newSession(): string {
  return randomBytes(16).toString("base64url");
}

export function sessionOf(cookie: string | undefined): string {
  return /(?:^|; )session=([\w-]+)/.exec(cookie ?? "")?.[1] ?? "";
}

/** The step a visitor asked for, or `undefined` when it is not a whole number from 1 to 10. */
export function stepOf(given: unknown): number | undefined {
  const by = Number(given ?? 1);
  return Number.isInteger(by) && by >= 1 && by <= 10 ? by : undefined;
}

/** The headers the component server sends too. */
export const ANSWER_HEADERS = {
  "Cache-Control": "no-store",
  Vary: "HX-Request, HX-Request-Type, Accept",
  "X-Content-Type-Options": "nosniff",
} as const;
