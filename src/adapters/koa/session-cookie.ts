import type { Context } from "koa";
import { type ComponentServer, cookieIn } from "../../core/index.js";

/** The anonymous session of a visitor whom the application does not know: a random name, signed, in a cookie. */
export interface SessionCookie {
  /** The visitor's session, if the request carries one that is ours. */
  read(ctx: Context): string | undefined;
  /** The visitor's session; a new one is sent with the answer. Not for answers to events, which may come late. */
  ensure(ctx: Context): string;
}

export function sessionCookie({ sessions }: ComponentServer, name: string): SessionCookie {
  function read(ctx: Context): string | undefined {
    const signed = cookieIn(ctx.req, name);
    return signed === undefined ? undefined : sessions.verify(signed);
  }
  return {
    read,
    ensure(ctx) {
      const known = read(ctx);
      if (known !== undefined) return known;
      const session = sessions.create();
      const secure = ctx.secure ? "; Secure" : "";
      ctx.append("Set-Cookie", `${name}=${sessions.sign(session)}; Path=/; HttpOnly; SameSite=Lax${secure}`);
      return session;
    },
  };
}
