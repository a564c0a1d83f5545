import { BasePermission, IsAuthenticated } from "hydrant";
import { html } from "hydrant/tagged";
import { describe, expect, it } from "vitest";
import { Board, barrier, liveStage, type Watcher } from "../support/live-stage.js";

/** Keeps what was appended outside, as an application does, and shows all of it whenever it is rendered. */
function chat() {
  const kept: string[] = [];
  let renders = 0;
  class Chat extends Board {
    override getContext() {
      renders++;
      return { extra: kept.join(",") };
    }
  }
  return { kept, Chat, renders: () => renders };
}

const pieces = (page: Watcher) => page.of("append").map(({ html: piece }) => piece);

describe("a piece appended under a topic", () => {
  it("is the same object with the same bytes for everybody who has all before it, and nothing is rendered", async () => {
    const { Chat, renders } = chat();
    const stage = liveStage({ chat: Chat });
    const own = await stage.mount("chat");
    const pages = [await stage.watch({ chat: own }), await stage.watch({ chat: own })];
    const before = renders();
    for (let n = 0; n < 3; n++) await stage.server.append("room:hall", "log", html`<li id="m${n}">${"<b>"}</li>`);
    await stage.flush();
    for (const page of pages) {
      expect(pieces(page)).toEqual([0, 1, 2].map((n) => `<li id="m${n}">&lt;b&gt;</li>`));
      expect(page.of("append")[0]).toMatchObject({ component_id: own.component_id, place: "log" });
      expect(page.of("update")).toEqual([]);
    }
    expect(renders()).toBe(before);
  });

  it("is escaped where it is text", async () => {
    const stage = liveStage();
    const page = await stage.watch({ board: await stage.mount("board") });
    await stage.server.append("room:hall", "log", '<script>"&');
    expect(pieces(page)).toEqual(["&lt;script&gt;&quot;&amp;"]);
  });

  it("goes out as a whole render where the page has something to be shown first", async () => {
    const { Chat, kept } = chat();
    const stage = liveStage({ chat: Chat });
    const page = await stage.watch({ chat: await stage.mount("chat") });
    await stage.server.publish("room:hall", "a change");
    kept.push("m1");
    await stage.server.append("room:hall", "log", "m1");
    await stage.flush();
    expect(pieces(page)).toEqual([]);
    expect(page.shown().map(({ extra }) => extra)).toEqual(["m1"]);
    kept.push("m2");
    await stage.server.append("room:hall", "log", "m2");
    expect(pieces(page)).toEqual(["m2"]);
  });

  it("does not take the place of a change that waits: changed() is given that", async () => {
    const stage = liveStage();
    const page = await stage.watch({ board: await stage.mount("board") });
    await stage.server.publish("room:hall", "a change");
    await stage.server.append("room:hall", "log", "a piece");
    await stage.flush();
    expect(page.shown()[0]?.told).toEqual([["room:hall", "a change"]]);
  });

  it("is part of a render that is under way, or of one more after it", async () => {
    const { Chat, kept } = chat();
    const gate = barrier();
    class Slow extends Chat {
      override async beforeRender() {
        if (this.state.told.length > 0) await gate.opened;
      }
    }
    const stage = liveStage({ slow: Slow });
    const page = await stage.watch({ slow: await stage.mount("slow") });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    kept.push("m1");
    await stage.server.append("room:hall", "log", "m1");
    gate.open();
    await stage.flush();
    await stage.flush();
    expect(pieces(page)).toEqual([]);
    expect(page.shown().at(-1)?.extra).toBe("m1");
  });

  it("is no piece for a reader who takes nothing: he gets one whole render once he does", async () => {
    const { Chat, kept } = chat();
    const stage = liveStage({ chat: Chat });
    const page = await stage.watch({ chat: await stage.mount("chat") });
    page.stall();
    for (let n = 0; n < 100; n++) {
      kept.push(String(n));
      await stage.server.append("room:hall", "log", String(n));
    }
    await stage.flush();
    expect(pieces(page)).toEqual(["0"]);
    expect(page.of("update")).toEqual([]);
    page.drain();
    await stage.flush();
    expect(page.shown().map(({ extra }) => extra)).toEqual([kept.join(",")]);
  });

  it("is rendered as a whole where rights depend on the instance, and only for whom they let through", async () => {
    const { Chat, kept } = chat();
    const allowed = new Set(["ann", "bob"]);
    class IsAllowed extends BasePermission {
      override hasObjectPermission({ caller }: { caller: { user: { id: unknown } | null } }) {
        return allowed.has(String(caller.user?.id));
      }
    }
    class Room extends Chat {
      static override readonly permissions = IsAllowed;
    }
    const stage = liveStage({ room: Room });
    const ann = await stage.watch({ room: await stage.mount("room") });
    const bob = await stage.watch({ room: await stage.mount("room", "bob") }, "bob");
    allowed.delete("bob");
    kept.push("secret");
    await stage.server.append("room:hall", "log", "secret");
    await stage.flush();
    expect([...pieces(ann), ...pieces(bob)]).toEqual([]);
    expect(ann.shown().map(({ extra }) => extra)).toEqual(["secret"]);
    expect(bob.of("update")).toEqual([]);
    expect(bob.ended()).toEqual(["forbidden"]);
  });

  it("reaches nobody who lost the right to the class, and everybody who has it", async () => {
    class Club extends Board {
      static override readonly permissions = IsAuthenticated;
    }
    const stage = liveStage({ club: Club });
    const ann = await stage.watch({ club: await stage.mount("club") });
    const bob = await stage.watch({ club: await stage.mount("club", "bob") }, "bob");
    bob.connection.caller = { user: null, session: "visitor" };
    await stage.server.append("room:hall", "log", "secret");
    await stage.flush();
    expect(pieces(ann)).toEqual(["secret"]);
    expect(pieces(bob)).toEqual([]);
    expect(bob.of("update")).toEqual([]);
  });

  it.each(["", "Log", "a b", '"><script>', "x".repeat(65)])(
    "needs a place that a template can name: not %j",
    async (place) => {
      const { server } = liveStage();
      await expect(server.append("room:hall", place, "x")).rejects.toThrow(/is no place: templates name places/);
    },
  );
});

describe("a page with several instances that a piece goes to", () => {
  it("may go on from the piece only once it has it everywhere", async () => {
    const stage = liveStage();
    const page = stage.open();
    const subscribe = [];
    for (let n = 0; n < 3; n++) subscribe.push({ component: "board", state: (await stage.mount("board")).state });
    const caller = { user: { id: "ann" }, session: null };
    await stage.server.live.change({ connection: page.connection.id, caller, subscribe });
    await stage.server.append("room:hall", "log", "one");
    expect(page.of("append").map(({ cursor }) => cursor)).toEqual([undefined, undefined, stage.server.live.position()]);
  });

  it("may not go on from a piece while another instance still has to be rendered for it", async () => {
    class Never extends BasePermission {
      override hasObjectPermission() {
        return true;
      }
    }
    class Guarded extends Board {
      static override readonly permissions = Never;
    }
    const stage = liveStage({ board: Board, guarded: Guarded });
    const start = stage.server.live.position();
    const page = await stage.watch({ board: await stage.mount("board"), guarded: await stage.mount("guarded") });
    await stage.server.append("room:hall", "log", "one");
    expect(page.of("append").map(({ cursor }) => cursor)).toEqual([undefined]);
    // The connection is cut here. Whoever goes on from the last cursor he was given is told of it once more.
    expect(start).not.toBe(stage.server.live.position());
    await stage.flush();
    expect(page.of("update").map(({ component, cursor }) => [component, cursor])).toEqual([
      ["guarded", stage.server.live.position()],
    ]);
  });
});
