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

function windowOf(rule: LimitRule): LimitWindow | undefined {
  if (typeof rule !== "string") return { points: rule.points, seconds: rule.seconds };
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
  const window = typeof rule === "object" && rule === null ? undefined : windowOf(rule);
  const sound = window !== undefined && [window.points, window.seconds].every((n) => Number.isInteger(n) && n > 0);
  const key = typeof rule === "string" ? "caller" : (rule?.key ?? "caller");
  if (window === undefined || !sound || !(typeof key === "function" || ["caller", "ip", "session"].includes(key))) {
    throw new DefinitionError(
      `the limit of ${name} is ${JSON.stringify(rule)}; write it as "60/min", "5/10s", "100/h", "1000/day", or as ` +
        '{ points: 60, seconds: 60, key: "caller" | "ip" | "session" | (caller) => string }.',
    );
  }
  return { name, window, key };
}

/** @throws {DefinitionError} as above. */
export function readLimits(name: string, rules: LimitRule | readonly LimitRule[]): readonly Limit[] {
  const all = Array.isArray(rules) ? (rules as readonly LimitRule[]) : [rules as LimitRule];
  return all.map((rule, index) => readLimit(index === 0 ? name : `${name}-${index + 1}`, rule));
}

/** Whose calls are counted together. */
export function countedAs({ key }: Limit, caller: Caller): string {
  if (typeof key === "function") return `own ${key(caller)}`;
  const user = caller.user === null ? undefined : `user ${caller.user.id}`;
  const ip = caller.ip === undefined ? undefined : `ip ${networkOf(caller.ip)}`;
  const session = caller.session === null ? undefined : `session ${caller.session}`;
  if (key === "session") return session ?? user ?? "nobody";
  return (key === "caller" ? user : undefined) ?? ip ?? session ?? user ?? "nobody";
}
