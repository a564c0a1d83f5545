import { BasePermission, type Caller, HydrantError, IsStaff, type PermissionRequest } from "hydrant";
import { describe, expect, it } from "vitest";
import { Board, callerOf, liveStage, turns } from "../support/live-stage.js";
import { unhandledRejections } from "../support/rejections.js";

/** Shows who it was rendered for, and what only they may know. */
class Mine extends Board {
  override async beforeRender() {
    await turns();
  }
  override getContext() {
    return { extra: `only ${String(this.caller.user?.id)} knows` };
  }
}

/** Who may see which room; a test changes it while pages are open. */
const MEMBERS = new Map<string, string[]>();
class IsMember extends BasePermission {
  override hasObjectPermission({ caller }: PermissionRequest, instance: Board) {
    return MEMBERS.get(instance.params.room)?.includes(String(caller.user?.id)) === true;
  }
}
class Room extends Board {
  static override readonly permissions = IsMember;
}

class IsStaffLater extends BasePermission {
  override async hasPermission({ caller }: PermissionRequest) {
    await turns();
    return caller.user?.isStaff === true;
  }
}

function staff(isStaff: boolean): Caller {
  return { user: { id: "ann", isStaff }, session: null };
}

const RIGHTS_MS = 3_000;

describe("a change that many people see", () => {
  it("is rendered for each of them alone, and nobody gets what was rendered for another", async () => {
    const stage = liveStage({ mine: Mine });
    const people = Array.from({ length: 40 }, (_, n) => `person-${n}`);
    const pages = await Promise.all(
      people.map(async (user) => stage.watch({ mine: await stage.mount("mine", user) }, user)),
    );
    for (let n = 0; n < 3; n++) {
      await stage.server.publish("room:hall", n);
      for (let turn = 0; turn < 50; turn++) await stage.flush();
    }
    pages.forEach((page, n) => {
      expect(page.shown().map(({ extra }) => extra)).toEqual(Array(3).fill(`only person-${n} knows`));
    });
    const seals = pages.flatMap((page) => page.of("update").map(({ outcome }) => outcome.state));
    expect(new Set(seals).size).toBe(people.length * 3);
  });

  it("carries a seal that works for whom it was made, and for nobody else", async () => {
    const stage = liveStage();
    const ann = await stage.watch({ board: await stage.mount("board", "ann") }, "ann");
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const [update] = ann.of("update");
    const send = (user: string) =>
      stage.server.dispatch({
        component: "board",
        event: "add",
        state: update?.outcome.state ?? "",
        caller: callerOf(user),
      });
    await expect(send("bob")).rejects.toMatchObject({ code: "state_invalid" });
    expect((await send("ann")).html).toContain("<output>1</output>");
  });
});

describe("permission", () => {
  it("is asked when somebody subscribes, for the class and for the instance", async () => {
    class Office extends Board {
      static override readonly permissions = IsStaff;
    }
    MEMBERS.set("hall", ["ann"]);
    const stage = liveStage({ office: Office, room: Room });
    const caller = staff(true);
    const office = await stage.server.mount({ component: "office", caller });
    const room = await stage.mount("room");
    await expect(stage.watch({ office })).rejects.toMatchObject({ code: "forbidden" });
    MEMBERS.set("hall", []);
    await expect(stage.watch({ room })).rejects.toMatchObject({ code: "forbidden" });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
  });

  it("is asked again at delivery for each instance; who lost it is told, and only of that", async () => {
    MEMBERS.set("hall", ["ann", "bob"]);
    MEMBERS.set("attic", ["ann"]);
    const stage = liveStage({ room: Room, board: Board });
    const hall = await stage.mount("room");
    const ann = await stage.watch({ room: hall, board: await stage.mount("board") });
    const bob = await stage.watch({ room: await stage.mount("room", "bob") }, "bob");
    MEMBERS.set("hall", ["bob"]);
    await stage.server.publish("room:hall", "secret");
    await stage.flush();
    expect(ann.of("refused")).toMatchObject([{ component_id: hall.component_id, error: { code: "forbidden" } }]);
    expect(ann.of("update").map(({ component }) => component)).toEqual(["board"]);
    expect(bob.shown()).toMatchObject([{ told: [["room:hall", "secret"]] }]);
    await stage.server.publish("room:hall", "more");
    await stage.flush();
    expect(ann.of("refused").length).toBe(1);
    expect(ann.ended()).toEqual([]);
  });

  it("that is lost ends a connection within limits.rightsMs, also when nothing is published", async () => {
    MEMBERS.set("hall", ["ann"]);
    const stage = liveStage({ room: Room });
    const page = await stage.watch({ room: await stage.mount("room") });
    for (let round = 0; round < 3; round++) {
      stage.clock.advance(RIGHTS_MS);
      await turns();
    }
    expect(page.messages).toEqual([]);
    MEMBERS.set("hall", []);
    stage.clock.advance(RIGHTS_MS);
    await turns();
    expect(page.ended()).toEqual(["forbidden"]);
    await stage.server.publish("room:hall", "secret");
    await stage.flush();
    expect(page.of("update")).toEqual([]);
  });

  it("is asked of who the caller is by now", async () => {
    class Office extends Board {
      static override readonly permissions = IsStaffLater;
    }
    let now: Caller = staff(true);
    const stage = liveStage({ office: Office });
    const page = stage.open("ann", { callerNow: async () => now });
    page.connection.caller = now;
    const office = await stage.server.mount({ component: "office", caller: now });
    const subscribe = [{ component: "office", state: office.state }];
    await stage.server.live.change({ connection: page.connection.id, caller: now, subscribe });
    stage.clock.advance(RIGHTS_MS);
    await turns();
    await turns();
    await stage.server.publish("room:hall", 1);
    for (let turn = 0; turn < 5; turn++) await stage.flush();
    expect(page.shown().length).toBe(1);
    now = staff(false);
    stage.clock.advance(RIGHTS_MS);
    for (let turn = 0; turn < 5; turn++) await turns();
    expect(page.ended()).toEqual(["forbidden"]);
  });

  it.each([
    ["somebody else", callerOf("bob")],
    ["nobody", { user: null, session: null }],
    ["a visitor", { user: null, session: "visitor" }],
    ["the same person after signing out and in", { user: { id: "ann" }, session: null, epoch: 2 }],
  ])("ends with the person: %s does not see it", async (_who, later) => {
    let now = callerOf("ann");
    const stage = liveStage();
    const page = await stage.watch({ board: await stage.mount("board") }, "ann", { callerNow: () => now });
    stage.clock.advance(RIGHTS_MS);
    await turns();
    expect(page.ended()).toEqual([]);
    now = later;
    stage.clock.advance(RIGHTS_MS);
    await turns();
    expect(page.ended()).toEqual(["unauthenticated"]);
  });

  it("that cannot be asked ends nothing, is noted, and is asked again", async () => {
    let answer: () => Caller = () => {
      throw new Error("the session store is gone");
    };
    const stage = liveStage();
    const page = await stage.watch({ board: await stage.mount("board") }, "ann", { callerNow: () => answer() });
    stage.clock.advance(RIGHTS_MS);
    await turns();
    expect(page.ended()).toEqual([]);
    expect(stage.log.at("error").map(({ message }) => message)).toEqual([
      "whether a live page may still be seen could not be asked",
    ]);
    answer = () => callerOf("bob");
    stage.clock.advance(RIGHTS_MS);
    await turns();
    expect(page.ended()).toEqual(["unauthenticated"]);
  });

  it("of one component that fails or does not answer does not put off that of another beyond five seconds", async () => {
    for (const ask of [() => Promise.reject(new Error("broken")), () => new Promise<boolean>(() => {})]) {
      let isBroken = false;
      class Unreliable extends BasePermission {
        override hasPermission() {
          return isBroken ? ask() : true;
        }
      }
      class Shaky extends Board {
        static override readonly permissions = Unreliable;
      }
      MEMBERS.set("hall", ["ann"]);
      const stage = liveStage({ shaky: Shaky, room: Room });
      const room = await stage.mount("room");
      const page = await stage.watch({ shaky: await stage.mount("shaky"), room });
      isBroken = true;
      stage.clock.advance(RIGHTS_MS);
      await turns();
      MEMBERS.set("hall", []);
      for (let ms = 0; ms < 5_000; ms += 100) {
        stage.clock.advance(100);
        await turns();
      }
      expect(page.of("refused")).toMatchObject([{ component_id: room.component_id, error: { code: "forbidden" } }]);
      expect(page.ended()).toEqual([]);
    }
  });

  it("of one person that does not answer does not put off that of others", async () => {
    const stage = liveStage(undefined, { limits: { connections: 500 } });
    const never = new Promise<Caller>(() => {});
    for (let n = 0; n < 200; n++) {
      await stage.watch({ board: await stage.mount("board") }, "ann", { callerNow: () => never });
    }
    let now = callerOf("bob");
    const bob = await stage.watch({ board: await stage.mount("board", "bob") }, "bob", { callerNow: () => now });
    now = callerOf("ann");
    for (let ms = 0; ms < 8_000; ms += 500) {
      stage.clock.advance(500);
      await turns();
    }
    expect(bob.ended()).toEqual(["unauthenticated"]);
  });

  it("is asked once per round, however often pages come and go", async () => {
    let asked = 0;
    const callerNow = () => {
      asked++;
      return callerOf("ann");
    };
    const stage = liveStage();
    for (let n = 0; n < 20; n++) {
      const gone = await stage.watch({ board: await stage.mount("board") }, "ann", { callerNow });
      stage.clock.advance(100);
      gone.connection.closed();
    }
    await stage.watch({ board: await stage.mount("board") }, "ann", { callerNow });
    for (let round = 0; round < 10; round++) {
      stage.clock.advance(RIGHTS_MS);
      await turns();
    }
    expect(asked).toBeLessThanOrEqual(10);
    expect(asked).toBeGreaterThanOrEqual(9);
  });

  it("that takes its time to say no to a piece rejects nothing that nobody waits for", async () => {
    const rejections = unhandledRejections();
    let isStaff = true;
    class Later extends BasePermission {
      override async hasPermission() {
        await turns();
        return isStaff;
      }
    }
    class Office extends Board {
      static override readonly permissions = Later;
    }
    const stage = liveStage({ office: Office });
    const page = await stage.watch({ office: await stage.mount("office") });
    isStaff = false;
    await stage.server.append("room:hall", "log", "secret");
    for (let turn = 0; turn < 10; turn++) await stage.flush();
    expect(page.of("append")).toEqual([]);
    expect(page.ended()).toEqual(["forbidden"]);
    expect(rejections()).toEqual([]);
  });
});

describe("what a permission says no with", () => {
  it.each([
    ["forbidden", true],
    ["not_found", true],
    ["rate_limited", false],
    ["unavailable", false],
  ] as const)("%s: told, and the end of it: %s", async (code, ends) => {
    let says: HydrantError | undefined;
    class Says extends BasePermission {
      override hasPermission() {
        if (says !== undefined) throw says;
        return true;
      }
    }
    class Moody extends Board {
      static override readonly permissions = Says;
    }
    const stage = liveStage({ moody: Moody });
    const page = await stage.watch({ moody: await stage.mount("moody") });
    says = new HydrantError(code);
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    expect(page.of("refused").map(({ error }) => error.code)).toEqual([code]);
    expect(page.ended()).toEqual(ends ? [code] : []);
    says = undefined;
    await stage.server.publish("room:hall", 2);
    await stage.flush();
    expect(page.shown().length).toBe(ends ? 0 : 1);
  });
});

describe("topics", () => {
  it("may depend on the caller, so that people are told of different things", async () => {
    class Inbox extends Board {
      static override readonly topics = (({ caller }: { readonly caller: Caller }) => [
        `inbox:${String(caller.user?.id)}`,
      ]) as never;
    }
    const stage = liveStage({ inbox: Inbox });
    const ann = await stage.watch({ inbox: await stage.mount("inbox", "ann") }, "ann");
    const bob = await stage.watch({ inbox: await stage.mount("inbox", "bob") }, "bob");
    await stage.server.publish("inbox:bob", "for bob");
    await stage.flush();
    expect(ann.messages).toEqual([]);
    expect(bob.shown().length).toBe(1);
  });

  it.each([
    ["", /gave "".*a text of 1 to 200 characters/],
    ["_nodes", /gave "_nodes"/],
    ["x".repeat(201), /a topic is a text of 1 to 200 characters/],
    ["a\u0007b", /a topic is/],
    [7, /gave 7/],
    [null, /gave null/],
  ])("that cannot be one refuse the subscription, and the log says what is wrong: %j", async (name, message) => {
    class Bad extends Board {
      static override readonly topics = () => ["fine", name as string];
    }
    const stage = liveStage({ bad: Bad });
    const watching = stage.watch({ bad: await stage.mount("bad") });
    await expect(watching).rejects.toThrow(message);
    await stage.server.publish("fine", 1);
    await stage.flush();
  });

  it.each([
    ["a promise", () => Promise.resolve(["a"])],
    ["a text", () => "abc"],
  ])("that are %s are refused the same way", async (_what, topics) => {
    class Bad extends Board {
      static override readonly topics = topics as never;
    }
    const stage = liveStage({ bad: Bad });
    await expect(stage.watch({ bad: await stage.mount("bad") })).rejects.toThrow(/must give a list of names/);
  });

  it("named twice are told once", async () => {
    class Twice extends Board {
      static override readonly topics = () => ["a", "a"];
    }
    const stage = liveStage({ twice: Twice });
    const page = await stage.watch({ twice: await stage.mount("twice") });
    await stage.server.publish("a", 1);
    await stage.flush();
    expect(page.shown().map(({ told }) => told)).toEqual([[["a", 1]]]);
    page.connection.remove("", page.shown()[0]?.id ?? "");
    await stage.server.publish("a", 2);
    await stage.flush();
    expect(page.shown().length).toBe(1);
  });
});
