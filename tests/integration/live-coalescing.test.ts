import { describe, expect, it } from "vitest";
import { Board, barrier, callerOf, liveStage, turns } from "../support/live-stage.js";

describe("many changes in a moment", () => {
  it("are one update for each instance, and changed() is given the last of each topic", async () => {
    class Two extends Board {
      static override readonly topics = () => ["a", "b"];
    }
    const stage = liveStage({ two: Two });
    const pages = [];
    for (let n = 0; n < 3; n++) pages.push(await stage.watch({ two: await stage.mount("two") }));
    for (let n = 0; n < 100; n++) await stage.server.publish(n % 2 === 0 ? "a" : "b", n);
    await stage.flush();
    for (const page of pages) {
      expect(page.shown().map(({ told }) => told)).toEqual([
        [
          ["a", 98],
          ["b", 99],
        ],
      ]);
    }
  });

  it("are told topic by topic in the order of the last changes", async () => {
    class Two extends Board {
      static override readonly topics = () => ["a", "b"];
    }
    const stage = liveStage({ two: Two });
    const page = await stage.watch({ two: await stage.mount("two") });
    for (const topic of ["a", "b", "a"]) await stage.server.publish(topic, topic);
    await stage.flush();
    expect(page.shown()[0]?.told).toEqual([
      ["b", "b"],
      ["a", "a"],
    ]);
  });

  it("are gathered for limits.pushMs and not longer", async () => {
    const stage = liveStage(undefined, { limits: { pushMs: 400 } });
    const page = await stage.watch({ board: await stage.mount("board") });
    await stage.server.publish("room:hall", 1);
    stage.clock.advance(399);
    await turns();
    expect(page.messages).toEqual([]);
    await stage.server.publish("room:hall", 2);
    stage.clock.advance(1);
    await turns();
    expect(page.shown().map(({ told }) => told)).toEqual([[["room:hall", 2]]]);
  });

  it("that come while an instance is rendered are one more update, after it", async () => {
    const gate = barrier();
    class Slow extends Board {
      override async beforeRender() {
        if (this.state.told.length > 0) await gate.opened;
      }
    }
    const stage = liveStage({ slow: Slow });
    const page = await stage.watch({ slow: await stage.mount("slow") });
    await stage.server.publish("room:hall", 0);
    await stage.flush();
    for (let n = 1; n <= 50; n++) await stage.server.publish("room:hall", n);
    gate.open();
    await stage.flush();
    await stage.flush();
    const seen = page.shown().map(({ told }) => told);
    expect(seen).toEqual([
      [["room:hall", 0]],
      [
        ["room:hall", 0],
        ["room:hall", 50],
      ],
    ]);
  });

  it("reach only the instances that have the topic", async () => {
    const stage = liveStage();
    const hall = await stage.watch({ board: await stage.mount("board") });
    const attic = await stage.watch({ board: await stage.mount("board", "ann", { room: "attic" }) });
    await stage.server.publish("room:attic", "up here");
    await stage.server.publish("nobody", "listens");
    await stage.flush();
    expect(hall.messages).toEqual([]);
    expect(attic.shown()[0]?.told).toEqual([["room:attic", "up here"]]);
  });
});

describe("what is published", () => {
  it("arrives as it was, whatever plain values it is made of", async () => {
    const given: unknown[] = [];
    class Reads extends Board {
      override changed(change: unknown) {
        given.push(change);
      }
    }
    const stage = liveStage({ reads: Reads });
    await stage.watch({ reads: await stage.mount("reads") });
    const change = {
      date: new Date(0),
      map: new Map([["a", new Set([1n])]]),
      url: new URL("http://x.test/"),
      "": [undefined, null, Number.NaN],
    };
    for (const one of [change, undefined, null, 0, "text\u0000\u2028"]) {
      await stage.server.publish("room:hall", one);
      await stage.flush();
    }
    expect(given).toEqual([change, undefined, null, 0, "text\u0000\u2028"]);
  });

  it("is a copy for each instance: what one makes of it the others do not see", async () => {
    class Greedy extends Board {
      override changed(change: unknown) {
        const { items } = change as { items: string[] };
        items.push(String(this.caller.user?.id));
        this.state.told = items;
      }
    }
    const stage = liveStage({ greedy: Greedy });
    const ann = await stage.watch({ greedy: await stage.mount("greedy", "ann") }, "ann");
    const bob = await stage.watch({ greedy: await stage.mount("greedy", "bob") }, "bob");
    const published = { items: ["all"] };
    await stage.server.publish("room:hall", published);
    published.items.push("later");
    await stage.flush();
    expect(ann.shown()[0]?.told).toEqual(["all", "ann"]);
    expect(bob.shown()[0]?.told).toEqual(["all", "bob"]);
  });

  it.each([
    ["a function", () => {}],
    ["an instance of a class", new (class Foo {})()],
    ["a symbol", Symbol("x")],
    ["a circle", circle()],
    ["more than any node reads", "x".repeat(2_000_000)],
  ])("is refused where it is %s, before anybody is told", async (_what, change) => {
    const stage = liveStage();
    const page = await stage.watch({ board: await stage.mount("board") });
    await expect(stage.server.publish("room:hall", change)).rejects.toThrow(/kept|published/);
    await stage.server.publish("room:hall", "fine");
    await stage.flush();
    expect(page.shown().map(({ told }) => told)).toEqual([[["room:hall", "fine"]]]);
    expect(stage.log.at("warn")).toEqual([]);
  });

  it.each(["", "_nodes", "_instance:c-board", "x".repeat(201), "a\nb", "a\u0000", 7 as unknown as string])(
    "needs a topic that can be one: %j is refused with what would be right",
    async (topic) => {
      const { server } = liveStage();
      await expect(server.publish(topic)).rejects.toThrow(/is no topic: a text of 1 to 200 characters/);
      await expect(server.append(topic, "log", "x")).rejects.toThrow(/is no topic/);
    },
  );
});

describe("pushUpdate", () => {
  it("renders one instance on every page of everybody who shows it, also one without topics", async () => {
    class Plain extends Board {
      static override readonly topics = undefined as never;
    }
    const stage = liveStage({ plain: Plain });
    const own = await stage.mount("plain");
    const shared = () =>
      stage.server.mount({ component: "plain", caller: callerOf("bob"), params: {}, id: own.component_id });
    const ann = await stage.watch({ plain: own });
    const bob = await stage.watch({ plain: await shared() }, "bob");
    const other = await stage.watch({ plain: await stage.mount("plain") });
    await stage.server.pushUpdate(own.component_id, { n: 1 });
    await stage.flush();
    for (const page of [ann, bob]) {
      expect(page.shown()).toMatchObject([
        { id: own.component_id, told: [[`_instance:${own.component_id}`, { n: 1 }]] },
      ]);
    }
    expect(other.messages).toEqual([]);
  });
});

function circle(): unknown {
  const one: { self?: unknown } = {};
  one.self = one;
  return one;
}
