import { createHash } from "node:crypto";
import type { Caller } from "hydrant";

/** Tells people apart, signed in or not, without naming them: what a session is called is its key. */
export function personOf({ user, session }: Pick<Caller, "user" | "session">): string {
  const name = user === null ? `session ${session}` : `user ${user.id}`;
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}
