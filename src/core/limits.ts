import type { Caller } from "./caller.js";
import { DefinitionError } from "./errors.js";
import { networkOf } from "./network.js";
import type { LimitWindow } from "./ports/limit-store.js";

/** Whom a limit counts: the user, else the network address, else the session; or one of these; or whatever a function says. */
export type LimitKey = "caller" | "ip" | "session" | ((caller: Caller) => string);

/** So many calls in so much time: `"60/min"`, `"3/10s"`, or written out. */
export type LimitRule =
  | string
  | {
      /** Calls that are let through. */
      readonly points: number;
      readonly seconds: number;
      /** Default `"caller"`. */
      readonly key?: LimitKey;
    };

/** A limit as the server uses it. */
export interface Limit {
  readonly window: LimitWindow;
  /** Tells it apart from all others. */
  readonly name: string;
  readonly key: LimitKey;
}

/** What the answer to a call over a limit says about it. */
export interface LimitReached {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
  /** Seconds until the window ends. */
  readonly reset: number;
}

/** A timer of Node holds no more milliseconds, and the store in memory ends windows with one. */
const LONGEST_SECONDS = 2_147_483;

const UNITS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  min: 60,
  h: 3_600,
  hour: 3_600,
  d: 86_400,
  day: 86_400,
};
const SHORT = /^(\d{1,9})\/(\d{1,5})?(s|sec|min|h|hour|d|day)$/;

function windowOf(rule: LimitRule | null | undefined): LimitWindow | undefined {
  if (typeof rule !== "string") return rule ? { points: rule.points, seconds: rule.seconds } : undefined;
  const [, points, times = "1", unit = ""] = SHORT.exec(rule) ?? [];
  return points === undefined
    ? undefined
    : { points: Number(points), seconds: Number(times) * (UNITS[unit] as number) };
}

/**
 * @param name Tells it apart, and names it in the message and in the `RateLimit` headers.
 * @throws {DefinitionError} for a rule nobody can follow.
 */
function readLimit(name: string, rule: LimitRule): Limit {
  const window = windowOf(rule);
  const sound = window !== undefined && [window.points, window.seconds].every((n) => Number.isInteger(n) && n > 0);
  const key = typeof rule === "string" ? "caller" : (rule?.key ?? "caller");
  if (window === undefined || !sound || !(typeof key === "function" || ["caller", "ip", "session"].includes(key))) {
    throw new DefinitionError(
      `the limit of ${name} is ${JSON.stringify(rule)}; write it as "60/min", "5/10s", "100/h", "1000/day", or as ` +
        '{ points: 60, seconds: 60, key: "caller" | "ip" | "session" | (caller) => string }.',
    );
  }
  if (window.seconds > LONGEST_SECONDS) {
    throw new DefinitionError(
      `the limit of ${name} lasts ${window.seconds} seconds; a window may last 24 days (2,147,483 seconds) at most.`,
    );
  }
  return { name, window, key };
}

/** @throws {DefinitionError} as above. */
export function readLimits(name: string, rules: LimitRule | readonly LimitRule[]): readonly Limit[] {
  const all = Array.isArray(rules) ? (rules as readonly LimitRule[]) : [rules as LimitRule];
  // With a dot, which the name of no component has, and a digit, with which that of no event begins.
  return all.map((rule, index) => readLimit(index === 0 ? name : `${name}.${index + 1}`, rule));
}

/**
 * Whose calls are counted together. Where there is nothing of what the limit asks for, the next best thing stands in, so
 * that those without it are not all counted as one.
 * @throws {DefinitionError} when the author's function gives no text.
 */
export function countedAs({ name, key }: Limit, caller: Caller): string {
  if (typeof key === "function") return `own ${ownKey(name, key(caller))}`;
  const user = caller.user === null ? undefined : `user ${caller.user.id}`;
  const ip = caller.ip === undefined ? undefined : `ip ${networkOf(caller.ip)}`;
  const session = caller.session === null || caller.session === "" ? undefined : `session ${caller.session}`;
  const inOrder = { caller: [user, ip, session], ip: [ip, session, user], session: [session, user, ip] }[key];
  return inOrder.find((who) => who !== undefined) ?? "";
}

function ownKey(name: string, key: unknown): string {
  if (typeof key === "string") return key;
  throw new DefinitionError(`the key function of the limit ${name} gave ${String(key)}; it must give a text.`);
}
