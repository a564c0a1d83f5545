import type { Context } from "koa";
import { type Caller, type ComponentServer, HydrantError, type OutcomeStream } from "../../core/index.js";
import { audienceOf, errorJson, write } from "./answer.js";
import { mediaType, readBody } from "./body.js";
import { EventStreams } from "./event-stream.js";
import { signalOf } from "./leaving.js";
import { LiveParts, openLive, readLiveQuery } from "./live-answer.js";
import { type LiveChange, parseLiveChange } from "./live-change.js";
import { sendStream } from "./stream-answer.js";

/** What the door knows of a request. */
export interface DoorParts {
  readonly server: ComponentServer;
  readonly caller: (ctx: Context) => Caller;
  /** The same, and whether nobody knows who it is: neither the application nor the session cookie. */
  readonly visitor: (ctx: Context) => { readonly caller: Caller; readonly isStranger: boolean };
  readonly base: (ctx: Context) => string;
  readonly refuseForeign: (ctx: Context) => void;
}

/** Answers that stay open, and what belongs to them. */
export interface LastingRoutes {
  /** `GET {prefix}/_live`: the updates of a page. `POST`: what it is told of changes. */
  live(ctx: Context): Promise<void>;
  /** `GET {prefix}/_streams/{ticket}`: the rest of a stream. `DELETE`: ends it. */
  stream(ctx: Context, ticket: string): Promise<void>;
  /** The frames of a handler that yields. */
  send(ctx: Context, stream: OutcomeStream): Promise<void>;
}

const JSON_TYPE = "application/json";

export function lastingRoutes({ server, caller, visitor, base, refuseForeign }: DoorParts): LastingRoutes {
  const streams = new EventStreams(server);
  const parts = new LiveParts(server, streams);
  const call = (ctx: Context) => ({ caller: caller(ctx), callerNow: () => caller(ctx), base: base(ctx) });

  function refuseMethod(ctx: Context, allow: string): never {
    ctx.set("Allow", allow);
    throw new HydrantError("method_not_allowed");
  }

  async function readChange(ctx: Context): Promise<LiveChange> {
    if (mediaType(ctx.req.headers["content-type"] ?? "") !== JSON_TYPE) {
      throw new HydrantError("unsupported_media_type", `Send ${JSON_TYPE}.`);
    }
    return parseLiveChange(await readBody(ctx, server), server.limits);
  }

  async function change(ctx: Context): Promise<void> {
    refuseForeign(ctx);
    const refused = await server.live.change({ ...(await readChange(ctx)), caller: caller(ctx), base: base(ctx) });
    const answers = refused.map(({ request: { component }, error }) => ({
      component,
      ...errorJson(server.report(error, { component })),
    }));
    write(ctx, 200, JSON.stringify({ refused: answers }), "application/json; charset=utf-8");
  }

  return {
    async live(ctx) {
      if (ctx.method === "POST") return change(ctx);
      if (ctx.method !== "GET") return refuseMethod(ctx, "GET, POST");
      refuseForeignReader(ctx, refuseForeign);
      const asked = { ...visitor(ctx), callerNow: () => caller(ctx), base: base(ctx) };
      await openLive(ctx, readLiveQuery(ctx), asked, parts);
    },
    async stream(ctx, ticket) {
      if (ctx.method === "DELETE") {
        refuseForeign(ctx);
        await server.stopStream({ caller: caller(ctx), ticket });
        return write(ctx, 204, null);
      }
      if (ctx.method !== "GET") return refuseMethod(ctx, "GET, DELETE");
      refuseForeignReader(ctx, refuseForeign);
      const after = lastNumber(ctx);
      const stream = await server.resumeStream({ ...call(ctx), ticket, after, signal: signalOf(ctx) });
      await sendStream(ctx, stream, { audience: audienceOf(ctx), after }, streams, server);
    },
    send: (ctx, stream) => sendStream(ctx, stream, { audience: audienceOf(ctx), after: 0 }, streams, server),
  };
}

/** The number of the last frame that arrived. @throws {HydrantError} `malformed`. */
function lastNumber({ req, query }: Context): number {
  const last = req.headers["last-event-id"];
  const given = typeof last === "string" && last !== "" ? last : (query.after ?? "0");
  if (typeof given === "string" && /^\d{1,9}$/.test(given)) return Number(given);
  throw new HydrantError("malformed", "`after` must be the number of a frame.");
}

/** Browsers name the site of a reader; older ones name nothing, and send no cookie to read another site with. */
function refuseForeignReader(ctx: Context, refuseForeign: (ctx: Context) => void): void {
  const { headers } = ctx.req;
  if (headers["sec-fetch-site"] !== undefined || headers.origin !== undefined) refuseForeign(ctx);
}
