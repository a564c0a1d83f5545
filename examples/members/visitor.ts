import type { Caller } from "hydrant";
import type { Context } from "koa";
import { type Member, people } from "./people.js";
import { sessions } from "./sessions.js";

const COOKIE = "members";

/** Who asks, and how that changes: what handlers need of the request, and no more of it. */
export interface Visitor extends Caller {
  readonly user: Member | null;
  signIn(member: Member): void;
  signOut(): void;
}

function setCookie(ctx: Context, session: string | null): void {
  const { secure } = ctx;
  ctx.cookies.set(COOKIE, session, { httpOnly: true, sameSite: "lax", secure, signed: false, overwrite: true });
}

/** The `caller` option of the door. */
export function visitor(ctx: Context): Visitor {
  const session = ctx.cookies.get(COOKIE, { signed: false }) ?? "";
  const member = people.find(sessions.memberOf(session) ?? "");
  // The back button must not bring a member's page back after they signed out.
  if (member !== undefined) ctx.set("Cache-Control", "no-store");
  return {
    user: member ?? null,
    // Without one, the door tells anonymous visitors apart by a cookie of its own.
    session: member === undefined ? null : session,
    ...(member === undefined ? {} : { epoch: people.epochOf(member.id) }),
    signIn({ id }) {
      sessions.end(session);
      setCookie(ctx, sessions.begin(id));
    },
    signOut() {
      sessions.end(session);
      setCookie(ctx, null);
      if (member !== undefined) people.beginEpoch(member.id);
    },
  };
}
