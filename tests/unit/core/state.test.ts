import { load } from "cheerio";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Component } from "../../../src/core/index.js";
import { caller, Note, start, testClock } from "./fixture.js";

describe("state", () => {
  it("survives with its rich values from one event to the next", async () => {
    const { server } = start({ note: Note });
    const { state } = await server.mount({ component: "note", params: { text: "hi" }, caller });
    const tagged = await server.dispatch({ component: "note", event: "tag", payload: { tag: "x" }, state, caller });
    const resolved = await server.resolve({
      component: "note",
      event: "tag",
      payload: { tag: "y" },
      state: tagged.state,
      caller,
    });
    expect(resolved).toEqual({ text: "hi", tags: new Set(["x", "y"]), at: new Date(0) });
  });

  it("of an older version is lifted by the component's migration", async () => {
    class Before extends Note {
      static override readonly state = z.object({ text: z.string(), tags: z.set(z.string()), at: z.date() });
    }
    class After extends Component<{ title: string }> {
      static override readonly template = "show";
      static override readonly version = 2;
      static override readonly state = z.object({ title: z.string() });
      static override readonly events = { write: null };
      static override migrate({ text }: { text: string }, version: number) {
        return { title: `${text} from ${version}` };
      }
      on_write() {}
    }
    const { state } = await start({ note: Before }).server.mount({
      component: "note",
      params: { text: "old" },
      caller,
    });
    const { server } = start({ note: After });
    const answer = await server.dispatch({ component: "note", event: "write", state, caller });
    expect(answer.html).toContain("old from 1");
  });

  it("of an older shape that nothing lifts starts the component anew, with its params and a notice", async () => {
    class Changed extends Note {
      static override readonly version = 2;
    }
    const { state } = await start({ note: Note }).server.mount({ component: "note", params: { text: "kept" }, caller });
    const { server } = start({ note: Changed });
    const answer = await server.dispatch({
      component: "note",
      event: "write",
      payload: { text: "lost" },
      state,
      caller,
    });
    expect(answer).toMatchObject({ kind: "stale", status: 409, code: "state_outdated" });
    expect(load(answer.html)("[data-component-error] [role=alert]").attr("data-code")).toBe("state_outdated");
    expect(answer.html).toContain("kept");
  });

  it("that no longer fits its schema starts the component anew", async () => {
    class Strict extends Note {
      static override readonly state = z.object({ text: z.string().max(3), tags: z.set(z.string()), at: z.date() });
    }
    const { state } = await start({ note: Note }).server.mount({
      component: "note",
      params: { text: "long text" },
      caller,
    });
    const answer = await start({ note: Strict }).server.dispatch({
      component: "note",
      event: "tag",
      payload: { tag: "" },
      state,
      caller,
    });
    expect(answer.code).toBe("state_outdated");
  });

  it("that expired starts the component anew", async () => {
    const { clock, pass } = testClock();
    const { server } = start({ note: Note }, { clock, sealMs: 60_000 });
    const { state } = await server.mount({ component: "note", params: { text: "kept" }, caller });
    pass(59_999);
    expect(
      (await server.dispatch({ component: "note", event: "tag", payload: { tag: "" }, state, caller })).status,
    ).toBe(200);
    pass(2);
    const late = await server.dispatch({ component: "note", event: "tag", payload: { tag: "" }, state, caller });
    expect(late).toMatchObject({ status: 409, code: "state_expired" });
    expect(late.html).toContain("kept");
  });

  it("too large for the cap is refused with the way out in the log's message", async () => {
    const { server, logged } = start({ note: Note }, { limits: { stateBytes: 2000, stateWarnBytes: 500 } });
    await server.mount({ component: "note", params: { text: "x".repeat(600) }, caller });
    expect(logged.map(({ level }) => level)).toEqual(["warn"]);
    await expect(server.mount({ component: "note", params: { text: "x".repeat(3000) }, caller })).rejects.toThrow(
      '"store"',
    );
  });

  it("of locked fields is never sealed and always derived again", async () => {
    const prices: Record<string, number> = { tea: 3, gold: 900 };
    class Order extends Component<{ item: string; price: number }, { item: string }> {
      static override readonly template = "show";
      static override readonly params = z.object({ item: z.string() });
      static override readonly state = z.object({ item: z.string(), price: z.number() });
      static override readonly locked = ["price"];
      static override readonly events = { choose: z.object({ item: z.string() }) };
      override mount({ item }: { item: string }) {
        this.state = { item, price: -1 };
      }
      override derive() {
        return { price: prices[this.state.item] ?? 0 };
      }
      on_choose({ item }: { item: string }) {
        this.state.item = item;
        this.state.price = 0.01;
      }
    }
    const { server } = start({ order: Order });
    const { state } = await server.mount({ component: "order", params: { item: "tea" }, caller });
    prices.tea = 4;
    const chosen = await server.dispatch({
      component: "order",
      event: "choose",
      payload: { item: "gold" },
      state,
      caller,
    });
    expect(chosen.html).toContain("&quot;price&quot;:900");
    const back = await server.dispatch({
      component: "order",
      event: "choose",
      payload: { item: "tea" },
      state: chosen.state,
      caller,
    });
    expect(back.html).toContain("&quot;price&quot;:4");
  });
});
