import { type ComponentClass, DefinitionError } from "hydrant";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Board, callerOf, liveStage } from "../support/live-stage.js";

describe("at the start", () => {
  it.each([
    ["topics as a list", { topics: ["a"] }, /`static topics` must be a function, such as \(\{ params \}\)/],
    ["topics as a text", { topics: "a" }, /`static topics` must be a function/],
    [
      "broadcast without topics",
      { topics: undefined, broadcast: z.string() },
      /`static broadcast` needs `static topics`/,
    ],
  ])("a component with %s is refused with what would be right", (_what, statics, message) => {
    class Bad extends Board {}
    Object.assign(Bad, statics);
    const start = (): unknown => liveStage({ bad: Bad as ComponentClass });
    expect(start).toThrow(DefinitionError);
    expect(start).toThrow(message);
  });

  it("an event of one's own cannot take the name of the one that every live component has", () => {
    class Bad extends Board {
      static override readonly events = { add: null, _refresh: null };
      on__refresh() {}
    }
    expect(() => liveStage({ bad: Bad as ComponentClass })).toThrow(/"_refresh" cannot be the name of an event/);
  });
});

describe("what pages publish under the topics of an instance", () => {
  class Wall extends Board {
    static override readonly broadcast = z.object({ text: z.string().min(1) });
  }

  async function broadcast(change: unknown, { user = "ann", component = "wall" } = {}) {
    const stage = liveStage({ wall: Wall, board: Board });
    const own = await stage.mount(component);
    const page = await stage.watch({ [component]: own });
    const call = { component, state: own.state, caller: callerOf(user), change };
    const answer = await stage.server.live.broadcast(call).catch((error: unknown) => error);
    await stage.flush();
    return { answer, page };
  }

  it("is told to all, as the schema let it through", async () => {
    const { answer, page } = await broadcast({ text: "hello", admin: true });
    expect(answer).toEqual({ reached: "everywhere" });
    expect(page.shown().map(({ told }) => told)).toEqual([[["room:hall", { text: "hello" }]]]);
  });

  it.each([
    ["that the schema refuses", { text: "" }, {}, "invalid"],
    ["with a component that does not let it", { text: "x" }, { component: "board" }, "forbidden"],
    ["with a seal of somebody else", { text: "x" }, { user: "eve" }, "state_invalid"],
    ["with a key that reaches a prototype", JSON.parse('{"text":"x","__proto__":{}}') as object, {}, "malformed"],
  ])("%s is refused, and nobody is told", async (_what, change, options, code) => {
    const { answer, page } = await broadcast(change, options);
    expect(answer).toMatchObject({ code });
    expect(page.messages).toEqual([]);
  });
});
