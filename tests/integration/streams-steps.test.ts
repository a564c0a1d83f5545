import { HydrantError } from "hydrant";
import type { TestFrame, TestFrames } from "hydrant/testing";
import { ComponentWebSocketManager } from "hydrant/websocket";
import Koa from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { from } from "../conformance/koa-door.js";
import { node, type Script, type Scripted, servedNode } from "../support/scripted.js";
import { openSocket, serveSockets } from "../support/socket.js";

async function all(frames: TestFrames): Promise<readonly TestFrame[]> {
  const read: TestFrame[] = [];
  for await (const frame of frames) read.push(frame);
  return read;
}

const outputOf = ({ html }: { readonly html: string }) => /<output>(\d+)</.exec(html)?.[1];

/** What the page shows in the end, with a stream and without one. */
async function bothWays(handler: Script["handler"]) {
  const { door, script } = node();
  script.handler = handler;
  const streamed = await all(door.stream(await door.mount("tale"), "tell"));
  return { streamed, answer: await door.send(await door.mount("tale"), "tell") };
}

describe("a handler that yields, where no stream is wanted", () => {
  it("shows what came after a step that had nothing to show", async () => {
    const { streamed, answer } = await bothWays(async function* (self) {
      self.isQuiet();
      yield;
      self.state.n = 3;
    });
    expect(streamed.map(({ kind }) => kind)).toEqual(["nothing", "done"]);
    expect([answer.status, outputOf(answer)]).toEqual([200, "3"]);
  });

  it("shows what came before a last step that has nothing to show", async () => {
    const { streamed, answer } = await bothWays(async function* (self) {
      self.state.n = 3;
      yield;
      self.isQuiet();
    });
    expect(streamed.map(({ kind }) => kind)).toEqual(["done", "nothing"]);
    expect([answer.status, outputOf(answer)]).toEqual([200, "3"]);
  });

  it("is empty where no step had anything to show", async () => {
    const { answer } = await bothWays(async function* (self) {
      self.isQuiet();
      yield;
      self.isQuiet();
    });
    expect([answer.status, answer.kind]).toEqual([204, "nothing"]);
  });

  it.each([
    ["goes elsewhere", (self: Scripted) => self.goes("/elsewhere"), "redirect"],
    ["leaves the page", (self: Scripted) => self.leaves(), "removed"],
  ] as const)("ends at the step that %s, as in a stream", async (_what, act, kind) => {
    const ran: string[] = [];
    const { streamed, answer } = await bothWays(async function* (self) {
      try {
        act(self);
        yield;
        ran.push("went on");
      } finally {
        ran.push("ended");
      }
    });
    expect([streamed.at(-1)?.kind, answer.kind]).toEqual([kind, kind]);
    expect(ran).toEqual(["ended", "ended"]);
  });
});

describe("an instance that finds out in beforeRender that it is gone", () => {
  it("leaves the page, with a stream and without one, and what its handler dispatches goes out", async () => {
    const { door, script } = node();
    script.beforeRender = (self) => self.state.n === 2 && self.leaves();
    script.handler = async function* (self) {
      self.state.n = 1;
      self.dispatches("told");
      yield;
      self.state.n = 2;
      yield;
    };
    const streamed = await all(door.stream(await door.mount("tale"), "tell"));
    expect(streamed.map(({ kind, html, state }) => [kind, html === "", state === ""])).toEqual([
      ["done", false, false],
      ["removed", true, true],
    ]);
    expect(streamed.at(-1)?.effects.trigger).toEqual({ told: {} });
    expect((await door.send(await door.mount("tale"), "tell")).kind).toBe("removed");
  });
});

describe("an instance that a frame takes off the page", () => {
  it("still says over Koa what is to be dispatched", async () => {
    const { tell, script } = await servedNode();
    script.handler = async function* (self) {
      self.dispatches("told");
      yield;
      self.leaves();
      yield;
    };
    const answer = await tell();
    await answer.body;
    expect(answer.events.map(({ event }) => event)).toEqual([undefined, undefined, "component:done"]);
    expect(JSON.parse(answer.events.at(-1)?.data ?? "")).toEqual({ trigger: { told: {} } });
  });
});

/** Yields for ever and waits for nothing. */
function endless(ended: string[], name: string): Script["handler"] {
  return async function* ({ state }) {
    try {
      for (;;) {
        state.n += 1;
        yield;
      }
    } finally {
      ended.push(name);
    }
  };
}

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe("a handler that yields for ever and waits for nothing", () => {
  it("keeps nobody else waiting, and is stopped when its time is over, where no stream is wanted", async () => {
    const { door, script, clock } = node({ limits: { callMs: 1000 } });
    const ended: string[] = [];
    script.handler = endless(ended, "tell");
    const tale = await door.mount("tale");
    const answer = door.send(tale, "tell");
    await turns(5);
    expect((await door.send(tale, "calm")).status).toBe(200);
    clock.advance(1000);
    expect(await answer).toMatchObject({ status: 503, code: "timeout" });
    await expect.poll(() => ended).toEqual(["tell"]);
    expect(clock.pending()).toBe(0);
  });

  it("keeps nobody else waiting over Koa, and ends with its reader or with its time", async () => {
    const { tell, script, clock, stage } = await servedNode({ limits: { streamMs: 60_000 } });
    const ended: string[] = [];
    script.handler = endless(ended, "left");
    const left = await tell();
    await expect.poll(() => left.events.length).toBeGreaterThan(2);
    expect((await stage.send(await stage.mount("tale"), "calm")).status).toBe(200);
    left.leave();
    await expect.poll(() => ended).toEqual(["left"]);
    script.handler = endless(ended, "late");
    const late = await tell();
    await expect.poll(() => late.events.length).toBeGreaterThan(2);
    clock.advance(60_001);
    await expect.poll(() => late.events.at(-1)?.event).toBe("component:error");
    expect(JSON.parse(late.events.at(-1)?.data ?? "")).toMatchObject({ code: "timeout" });
    await expect.poll(() => ended).toEqual(["left", "late"]);
  });

  it.each([
    ["yields for ever", "timeout", 60_001],
    ["never yields", "timeout", 7000],
    ["throws after its third frame", "internal", 0],
  ] as const)(
    "or one that %s ends over a socket with a code; one whose page left ends with it",
    async (what, code, ms) => {
      const own = node({ limits: { streamMs: 60_000, frameMs: 7000, stallMs: 600_000 } });
      const ended: string[] = [];
      const caller = () => ({ user: { id: "ann" }, session: null });
      const sockets = new ComponentWebSocketManager(own.server, { caller });
      const served = await serveSockets(new Koa(), sockets);
      onTestFinished(() => served.close());
      const { state } = await own.door.mount("tale");
      const event = { type: "component_event", component: "tale", event: "tell", payload: {}, state } as const;
      own.script.handler = endless(ended, "left");
      const leaver = await openSocket(served.url, from("ann"));
      leaver.send({ ...event, id: "m0" });
      await leaver.message({ type: "component_update", number: 2 });
      leaver.client.terminate();
      await expect.poll(() => ended).toEqual(["left"]);
      const scripts: Record<typeof what, Script["handler"]> = {
        "yields for ever": endless(ended, "over"),
        "never yields": async function* () {
          yield await new Promise<never>(() => {});
        },
        "throws after its third frame": async function* (self) {
          for (self.state.n = 1; self.state.n <= 3; self.state.n++) yield;
          throw new HydrantError("internal", "no fourth");
        },
      };
      own.script.handler = scripts[what];
      const socket = await openSocket(served.url, from("ann"));
      socket.send({ ...event, id: "m1" });
      await socket.message({ type: "component_stream", id: "m1" });
      if (what === "yields for ever") await socket.message({ type: "component_update", id: "m1", number: 3 });
      await turns(5);
      if (ms > 0) own.clock.advance(ms);
      expect(await socket.message({ type: "error", id: "m1" })).toMatchObject({ code });
      const shown = socket.messages.filter(({ type }) => type === "component_update").map(({ number }) => number);
      if (what === "throws after its third frame") expect(shown).toEqual([1, 2, 3]);
      if (what === "never yields") expect(shown).toEqual([]);
    },
  );
});
