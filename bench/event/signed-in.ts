import { randomUUID } from "node:crypto";
import type { KoaDoorOptions } from "hydrant/koa";

const USER = /(?:^|; )user=([\w-]+)/;

/** The least an application can do to know its users: whoever opens the page is signed in as somebody new. */
export const signedIn: KoaDoorOptions = {
  caller(ctx) {
    const known = USER.exec(ctx.headers.cookie ?? "")?.[1] ?? (ctx.state.user as string | undefined);
    if (known !== undefined) return { user: { id: known } };
    if (ctx.method !== "GET") return {};
    const id = randomUUID();
    ctx.state.user = id;
    ctx.set("Set-Cookie", `user=${id}; Path=/; HttpOnly; SameSite=Lax`);
    return { user: { id } };
  },
};
