import { DefinitionError } from "./errors.js";

/** Somebody the application knows. */
export interface User {
  /** Tells users apart and never changes: seals are bound to it. */
  readonly id: string | number;
  /** Asked by `IsStaff`. */
  readonly isStaff?: boolean;
  /** Asked by `IsSuperuser`; a superuser also holds every named permission. */
  readonly isSuperuser?: boolean;
  /** Names asked by `HasPermission`, such as `todo.change`. */
  readonly permissions?: Iterable<string>;
}

/** Who asks, as the door and the application know it. */
export interface Caller {
  /** Who is signed in; `null` for an anonymous visitor. */
  readonly user: User | null;
  /** The anonymous or signed-in session; needed where `user` is null. */
  readonly session: string | null;
  /**
   * Seals are bound to it beside the user. Change it, and no seal from before opens again: count it up when somebody
   * signs out.
   */
  readonly epoch?: string | number;
  /** Network address, where the door has one. */
  readonly ip?: string;
  /** Whatever else the application attaches. */
  readonly [extra: string]: unknown;
}

/**
 * The part of the caller that seals are bound to: the user, else the session.
 * @throws {DefinitionError} when there is neither.
 */
export function subjectOf(caller: Caller): string {
  if (caller.user !== null) {
    const user = `user ${caller.user.id}`;
    return caller.epoch === undefined ? user : `${user}\n${caller.epoch}`;
  }
  if (caller.session !== null && caller.session !== "") return `session ${caller.session}`;
  throw new DefinitionError(
    "the caller has neither a user nor a session, so its state could be used by anybody. " +
      "Return { user } or { session } from the door's `caller` option.",
  );
}
