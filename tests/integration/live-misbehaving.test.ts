import { HydrantError } from "hydrant";
import { describe, expect, it } from "vitest";
import { Board, barrier, type LiveStage, liveStage, turns, type Watcher } from "../support/live-stage.js";
import { unhandledRejections } from "../support/rejections.js";

type Hook = (this: Board) => unknown;

/** A component that behaves until it is told of something, beside one that always does. */
async function besideGood(hook: Hook, limits: { callMs?: number } = {}) {
  class Bad extends Board {
    override beforeRender() {
      if (this.state.told.length > 0) return hook.call(this) as Promise<void>;
    }
  }
  const rejections = unhandledRejections();
  const stage = liveStage({ bad: Bad, board: Board }, { limits });
  const bad = await stage.mount("bad");
  const together = await stage.watch({ bad, board: await stage.mount("board") });
  const alone = await stage.watch({ board: await stage.mount("board", "bob") }, "bob");
  return { stage, bad, together, alone, rejections };
}

const components = (page: Watcher) => page.of("update").map(({ component }) => component);

async function passing(stage: LiveStage, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 100) {
    stage.clock.advance(100);
    await turns();
  }
}

describe("a component that misbehaves when it is pushed", () => {
  it("by throwing is told to its reader with an id for the log; the others go on, and so does it", async () => {
    let isBroken = true;
    const { stage, bad, together, alone } = await besideGood(() => {
      if (isBroken) throw new Error("the password is swordfish");
    });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    expect(together.of("refused")).toMatchObject([{ component_id: bad.component_id, error: { code: "internal" } }]);
    expect([components(together), components(alone)]).toEqual([["board"], ["board"]]);
    isBroken = false;
    await stage.server.publish("room:hall", 2);
    await stage.flush();
    expect(components(together)).toEqual(["board", "bad", "board"]);
  });

  it("by hanging is stopped after its time and told; meanwhile the rest of its page and other people are shown", async () => {
    const { stage, bad, together, alone, rejections } = await besideGood(() => new Promise(() => {}), {
      callMs: 5_000,
    });
    await stage.server.publish("room:hall", 1);
    await passing(stage, 1_200);
    expect([components(together), components(alone)]).toEqual([["board"], ["board"]]);
    expect(together.of("refused")).toEqual([]);
    await passing(stage, 5_000);
    expect(together.of("refused")).toMatchObject([{ component_id: bad.component_id, error: { code: "timeout" } }]);
    expect(together.ended()).toEqual([]);
    expect(rejections()).toEqual([]);
  });

  it("by hanging is not rendered a second time meanwhile, and then once with all that came", async () => {
    const gate = barrier();
    let renders = 0;
    const { stage, together } = await besideGood(async () => {
      renders++;
      await gate.opened;
    });
    for (let n = 1; n <= 30; n++) {
      await stage.server.publish("room:hall", n);
      await passing(stage, 200);
    }
    expect(renders).toBe(1);
    gate.open();
    await passing(stage, 200);
    expect(renders).toBe(2);
    const shown = together.of("update").filter(({ component }) => component === "bad");
    expect(shown.length).toBe(2);
    expect(shown.at(-1)?.outcome.html).toContain("30");
  });

  it("by hanging on a hundred pages holds up nobody else", async () => {
    class Stuck extends Board {
      override beforeRender() {
        if (this.state.told.length > 0) return new Promise<void>(() => {});
      }
    }
    const stage = liveStage({ stuck: Stuck, board: Board }, { limits: { connections: 500 } });
    for (let n = 0; n < 150; n++) await stage.watch({ stuck: await stage.mount("stuck", "ann", { room: "stuck" }) });
    const good = await stage.watch({ board: await stage.mount("board", "bob") }, "bob");
    await stage.server.publish("room:stuck", 1);
    await stage.flush();
    await stage.server.publish("room:hall", 1);
    await passing(stage, 4_000);
    expect(good.shown().length).toBe(1);
  });

  it("by redirecting shows nothing and takes nobody away; the others go on", async () => {
    const { stage, together, alone } = await besideGood(function (this: Board) {
      (this as unknown as { redirect(path: string): void }).redirect("/elsewhere");
    });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const [first, second] = together.of("update");
    expect([first?.outcome.kind, first?.outcome.html, second?.component]).toEqual(["redirect", "", "board"]);
    expect(components(alone)).toEqual(["board"]);
  });

  it("by removing itself leaves the page, and is told of nothing more", async () => {
    let asked = 0;
    class Leaving extends Board {
      override changed() {
        asked++;
        this.remove();
      }
    }
    const stage = liveStage({ leaving: Leaving, board: Board });
    const leaving = await stage.mount("leaving");
    const page = await stage.watch({ leaving, board: await stage.mount("board") });
    for (let n = 0; n < 3; n++) {
      await stage.server.publish("room:hall", n);
      await stage.flush();
    }
    const own = page.of("update").filter(({ component }) => component === "leaving");
    expect(own).toMatchObject([{ outcome: { kind: "removed", html: "", component_id: leaving.component_id } }]);
    expect(asked).toBe(1);
    expect(components(page).filter((name) => name === "board").length).toBe(3);
    expect(page.ended()).toEqual([]);
  });

  it("by changing nothing is sent as nothing, and the page may go on from there", async () => {
    const stage = liveStage({
      calm: class extends Board {
        override changed() {
          this.unchanged();
        }
      },
    });
    const page = await stage.watch({ calm: await stage.mount("calm") });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    expect(page.of("update")).toMatchObject([
      { outcome: { kind: "nothing", html: "" }, cursor: stage.server.live.position() },
    ]);
  });

  it.each(["changed", "hydrated", "getContext", "dehydrated"] as const)(
    "in %s() is told to its reader alone",
    async (hook) => {
      let isBroken = false;
      class Bad extends Board {}
      Object.defineProperty(Bad.prototype, hook, {
        value(this: Board) {
          if (isBroken) throw new Error("broken");
          return hook === "dehydrated" ? this.state : {};
        },
      });
      const stage = liveStage({ bad: Bad, board: Board });
      const page = await stage.watch({ bad: await stage.mount("bad"), board: await stage.mount("board") });
      isBroken = true;
      await stage.server.publish("room:hall", 1);
      await stage.flush();
      expect(page.of("refused")).toMatchObject([{ error: { code: "internal" } }]);
      expect(components(page)).toEqual(["board"]);
    },
  );

  it("by saying that something is not there any more is told of nothing more", async () => {
    const { stage, bad, together } = await besideGood(() => {
      throw new HydrantError("not_found");
    });
    for (let n = 0; n < 2; n++) {
      await stage.server.publish("room:hall", n);
      await stage.flush();
    }
    expect(together.of("refused")).toMatchObject([{ component_id: bad.component_id, error: { code: "not_found" } }]);
  });
});

describe("a door that cannot write", () => {
  it("loses its connection, and nobody else's", async () => {
    const rejections = unhandledRejections();
    const stage = liveStage();
    const good = await stage.watch({ board: await stage.mount("board") });
    const caller = { user: { id: "bob" }, session: null };
    const ends: string[] = [];
    const broken = stage.server.live.connect(
      { caller },
      {
        send() {
          throw new Error("no way out");
        },
        end: (why) => void ends.push(why),
      },
    );
    const { state } = await stage.mount("board", "bob");
    await stage.server.live.change({ connection: broken.id, caller, subscribe: [{ component: "board", state }] });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    expect(good.shown().length).toBe(1);
    expect([ends, broken.ended]).toEqual([["internal"], true]);
    expect(stage.log.at("error").map(({ fields }) => String(fields.error))).toEqual(["Error: no way out"]);
    expect(rejections()).toEqual([]);
  });
});

describe("state that lies in the store", () => {
  class Kept extends Board {
    static override readonly storage = "store" as const;
  }

  it("is pushed as it stands there, without a warning that it changed elsewhere", async () => {
    const stage = liveStage({ kept: Kept });
    const kept = await stage.mount("kept");
    const page = await stage.watch({ kept });
    const caller = { user: { id: "ann" }, session: null };
    const event = await stage.server.dispatch({ component: "kept", event: "add", state: kept.state, caller });
    expect(event.kind).toBe("done");
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const [update] = page.of("update");
    expect(update?.outcome.kind).toBe("done");
    expect(update?.outcome.html).not.toContain("data-code");
    expect(page.shown()).toMatchObject([{ count: 1, told: [["room:hall", 1]] }]);
  });

  it("goes on through many pushes, and the page's next event works", async () => {
    const stage = liveStage({ kept: Kept });
    const page = await stage.watch({ kept: await stage.mount("kept") });
    for (let n = 0; n < 5; n++) {
      await stage.server.publish("room:hall", n);
      await stage.flush();
    }
    const state = page.of("update").at(-1)?.outcome.state ?? "";
    const caller = { user: { id: "ann" }, session: null };
    const event = await stage.server.dispatch({ component: "kept", event: "add", state, caller });
    expect([event.kind, event.html.includes("<output>1</output>")]).toEqual(["done", true]);
  });

  it("that an event writes while it is pushed is pushed again, and the page stays told", async () => {
    const gate = barrier();
    let waits = true;
    class Slow extends Kept {
      override async beforeRender() {
        if (this.state.told.length > 0 && waits) await gate.opened;
      }
    }
    const stage = liveStage({ slow: Slow });
    const slow = await stage.mount("slow");
    const page = await stage.watch({ slow });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const caller = { user: { id: "ann" }, session: null };
    const event = await stage.server.dispatch({ component: "slow", event: "add", state: slow.state, caller });
    expect(event.kind).toBe("done");
    waits = false;
    gate.open();
    await stage.flush();
    await stage.flush();
    expect(page.of("refused")).toEqual([]);
    expect(page.shown()).toMatchObject([{ count: 1, told: [["room:hall", 1]] }]);
    await stage.server.publish("room:hall", 2);
    await stage.flush();
    expect(page.shown().at(-1)?.told.length).toBe(2);
  });

  it("of a store that is down is told as a failure, and pushed once it is back", async () => {
    let isDown = false;
    const kept = new Map<string, { version: number; data: string }>();
    const stage = liveStage(
      { kept: Kept },
      {
        stateStore: {
          async read(key) {
            if (isDown) throw new Error("down");
            return kept.get(key);
          },
          async write(key, data, version) {
            if ((kept.get(key)?.version ?? 0) !== version) return false;
            kept.set(key, { version: version + 1, data });
            return true;
          },
          async remove(key) {
            kept.delete(key);
          },
        },
      },
    );
    const page = await stage.watch({ kept: await stage.mount("kept") });
    isDown = true;
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    expect(page.of("refused")).toMatchObject([{ error: { code: "unavailable" } }]);
    isDown = false;
    await stage.server.publish("room:hall", 2);
    await stage.flush();
    expect(page.shown().length).toBe(1);
  });
});
