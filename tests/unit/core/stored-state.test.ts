import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Component, memoryStateStore } from "../../../src/core/index.js";
import { caller, codeOf, start } from "./fixture.js";

describe("state in the store", () => {
  class Sheet extends Component<{ cells: string[] }> {
    static override readonly template = "show";
    static override readonly storage = "store";
    static override readonly events = { set: z.object({ cell: z.string() }), look: null };
    override mount() {
      this.state = { cells: ["x".repeat(5000)] };
    }
    on_set({ cell }: { cell: string }) {
      this.state.cells.push(cell);
    }
    on_look() {}
  }
  const set = (cell: string, state: string) => ({ component: "sheet", event: "set", payload: { cell }, state, caller });

  it("keeps the seal small whatever the state holds", async () => {
    const { state } = await start({ sheet: Sheet }).server.mount({ component: "sheet", caller });
    expect(state.length).toBeLessThan(250);
  });

  it("shows how things stand, and keeps them, when an older page writes", async () => {
    const { server } = start({ sheet: Sheet });
    const { state } = await server.mount({ component: "sheet", caller });
    const first = await server.dispatch(set("first", state));
    const late = await server.dispatch(set("late", state));
    expect(late).toMatchObject({ status: 409, code: "state_conflict" });
    expect(late.html).toContain("first");
    expect(late.html).not.toContain("late");
    expect((await server.dispatch(set("second", late.state))).status).toBe(200);
    expect((await server.dispatch(set("third", first.state))).status).toBe(409);
  });

  it("is not written by an event that changed nothing", async () => {
    const { server } = start({ sheet: Sheet });
    const { state } = await server.mount({ component: "sheet", caller });
    await server.dispatch({ component: "sheet", event: "look", state, caller });
    expect((await server.dispatch(set("still fits", state))).status).toBe(200);
  });

  it("lets one of many events sent at once through", async () => {
    const { server } = start({ sheet: Sheet });
    const { state } = await server.mount({ component: "sheet", caller });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => server.dispatch(set(`n${n}`, state))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "state_conflict")).toHaveLength(9);
  });

  it("that the store forgot starts the component anew", async () => {
    const stateStore = memoryStateStore({ bounds: { entries: 1, weight: 1_000_000 } });
    const { server } = start({ sheet: Sheet }, { stateStore });
    const { state } = await server.mount({ component: "sheet", caller });
    await server.mount({ component: "sheet", caller });
    expect(await server.dispatch(set("x", state))).toMatchObject({ status: 409, code: "state_expired" });
  });

  it("in a store that is down is said to be unavailable, with a time to try again", async () => {
    const down = () => Promise.reject(new Error("ECONNREFUSED"));
    const { server } = start({ sheet: Sheet }, { stateStore: { read: down, write: down, remove: down } });
    expect(await codeOf(server.mount({ component: "sheet", caller }))).toBe("unavailable");
  });
});
