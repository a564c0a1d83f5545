import { BasePermission, type Caller, HydrantError, IsAuthenticated, type PermissionRequest } from "hydrant";
import type { TestFrame } from "hydrant/testing";
import { describe, expect, it } from "vitest";
import type { TestClock } from "../support/clock.js";
import { aborted, node, type ScriptedOptions, servedNode } from "../support/scripted.js";

const ANN: Caller = { user: { id: "ann", permissions: ["tell"] }, session: null };

function may({ user }: Caller): boolean {
  return [...(user?.permissions ?? [])].includes("tell");
}

class MayTell extends BasePermission {
  override hasPermission({ caller }: PermissionRequest): boolean {
    return may(caller);
  }
}

class MayTellLater extends BasePermission {
  override async hasPermission({ caller }: PermissionRequest): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return may(caller);
  }
}

class MayTellThis extends BasePermission {
  override hasObjectPermission({ caller }: PermissionRequest): boolean {
    return may(caller);
  }
}

async function settled(): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets so much time pass, a second at a time. */
async function pass(clock: TestClock, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 1000) {
    clock.advance(1000);
    await settled();
  }
}

/** A stream that runs until it is ended, as somebody whose rights the test changes. */
async function running(options: ScriptedOptions, heeds = true) {
  const own = node({ limits: { frameMs: 600_000 }, ...options });
  const { door, script } = own;
  const known = { now: ANN };
  let shown = 0;
  script.handler = async function* (self) {
    self.state.n = ++shown;
    yield;
    await (heeds ? aborted(self.signal) : new Promise(() => {}));
  };
  const tale = await door.mount("tale", {}, { caller: ANN });
  const asked = { caller: ANN, callerNow: () => known.now };
  const frames = door.stream(tale, "tell", {}, { ...asked, idempotencyKey: "one" });
  const first = (await frames.next()).value as TestFrame;
  return { ...own, tale, frames, first, known, asked };
}

const RULES = [
  ["of the component", MayTell],
  ["asked of a database", MayTellLater],
  ["to the instance", MayTellThis],
] as const;
const MODES = ["abort", "resume"] as const;

describe.each(MODES)("a stream of the mode %s", (stream) => {
  it.each(RULES)(
    "whose reader lost the right %s ends with an error within five seconds",
    async (_what, permissions) => {
      for (const heeds of [true, false]) {
        const { clock, frames, known, log } = await running({ stream, permissions }, heeds);
        const next = frames.next();
        await pass(clock, 60_000);
        known.now = { user: { id: "ann" }, session: null };
        await pass(clock, 5_000);
        const end = (await next).value as TestFrame;
        expect([end.kind, end.code, end.stream_done]).toEqual(["failed", "forbidden", true]);
        expect(log.at("error")).toEqual([]);
      }
    },
  );

  it("whose reader signed out, or is somebody else by now, ends with an error within five seconds", async () => {
    const others: Caller[] = [
      { user: null, session: "another" },
      { user: null, session: null },
      { user: null, session: "" },
      { user: { id: "bob", permissions: ["tell"] }, session: null },
      { user: { id: "ann" }, session: null, epoch: 2 },
    ];
    for (const other of others) {
      const { clock, frames, known, log } = await running({ stream });
      known.now = other;
      const next = frames.next();
      await pass(clock, 5_000);
      expect((await next).value).toMatchObject({ kind: "failed", code: "unauthenticated" });
      expect(log.at("error")).toEqual([]);
    }
  });

  it("whose permission fails ends with an error, not with more of what nobody may judge", async () => {
    let isDown = false;
    class Fails extends BasePermission {
      override hasPermission(): boolean {
        if (isDown) throw new HydrantError("unavailable", "the directory is down");
        return true;
      }
    }
    const { clock, frames } = await running({ stream, permissions: Fails });
    isDown = true;
    const next = frames.next();
    await pass(clock, 5_000);
    expect((await next).value).toMatchObject({ kind: "failed", code: "unavailable" });
  });

  it("leaves no timer behind, however it ends", async () => {
    const { clock, frames, first, door, server } = await running({ stream, permissions: MayTellLater });
    await pass(clock, 10_000);
    await door.stop(first.ticket as string, { caller: ANN });
    for await (const _frame of frames);
    await settled();
    await server.drain();
    expect(clock.pending()).toBe(0);
  });
});

describe("a stream that is read again", () => {
  it("is watched as well, far beyond the time of a call", async () => {
    const { clock, frames, first, known, asked, door } = await running({
      stream: "resume",
      permissions: MayTellLater,
    });
    await frames.return?.();
    const rest = door.resume(first.ticket as string, first.number, asked);
    const next = rest.next();
    await pass(clock, 120_000);
    known.now = { user: { id: "ann" }, session: null };
    await pass(clock, 5_000);
    expect((await next).value).toMatchObject({ kind: "failed", code: "forbidden" });
  });

  it("by the same intent is watched as well", async () => {
    const { clock, known, asked, door, tale, first } = await running({ stream: "resume", permissions: MayTell });
    const again = door.stream(tale, "tell", {}, { ...asked, idempotencyKey: "one", state: tale.state });
    expect((await again.next()).value).toMatchObject({ html: first.html });
    known.now = { user: { id: "ann" }, session: null };
    const next = again.next();
    await pass(clock, 5_000);
    expect((await next).value).toMatchObject({ kind: "failed", code: "forbidden" });
  });

  it("does not give what is kept to a reader whose rights were lost while he read", async () => {
    const { clock, frames, first, known, asked, door, script } = await running({
      stream: "resume",
      permissions: MayTell,
    });
    await door.stop(first.ticket as string, { caller: ANN });
    for await (const _frame of frames);
    script.handler = async function* (self) {
      for (let n = 0; n < 10; n++) yield self.piece("secret");
    };
    const all = door.stream(await door.mount("tale", {}, { caller: ANN }), "tell", {}, asked);
    const { ticket } = (await all.next()).value as TestFrame;
    await settled();
    const rest = door.resume(ticket as string, 0, asked);
    await rest.next();
    known.now = { user: { id: "ann" }, session: null };
    await pass(clock, 5_000);
    // The other nine frames lie ready.
    expect((await rest.next()).value).toMatchObject({ kind: "failed", code: "forbidden" });
  });
});

describe("a person whose stream runs over Koa", () => {
  it.each(MODES)("and who is no longer let in gets component:error within five seconds (%s)", async (stream) => {
    const people: Record<string, { permissions: string[] }> = { ann: { permissions: ["tell"] } };
    const { tell, script, clock } = await servedNode({ stream, permissions: MayTell }, { people });
    script.handler = async function* (self) {
      yield;
      await aborted(self.signal);
    };
    const answer = await tell();
    await expect.poll(() => answer.events).toHaveLength(1);
    people.ann = { permissions: [] };
    await pass(clock, 5_000);
    await answer.body;
    expect(answer.events.map(({ event }) => event)).toEqual([undefined, undefined, "component:error"]);
    expect(JSON.parse(answer.events[2]?.data ?? "")).toMatchObject({ code: "forbidden" });
    expect(answer.events[1]?.data).toContain('data-code="forbidden"');
  });

  it("and who signs out gets component:error", async () => {
    let isSignedIn = true;
    const caller = () => ({ user: isSignedIn ? { id: "ann" } : null, session: isSignedIn ? null : "anybody" });
    const { tell, script, clock } = await servedNode({ permissions: IsAuthenticated }, { door: { caller } });
    script.handler = async function* (self) {
      yield;
      await aborted(self.signal);
    };
    const answer = await tell();
    await expect.poll(() => answer.events).toHaveLength(1);
    isSignedIn = false;
    await pass(clock, 5_000);
    await answer.body;
    expect(JSON.parse(answer.events.at(-1)?.data ?? "")).toMatchObject({ code: "unauthenticated" });
  });
});
