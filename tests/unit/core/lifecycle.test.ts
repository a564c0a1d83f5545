import { describe, expect, it } from "vitest";
import { Component, type ComponentServerOptions, HydrantError } from "../../../src/core/index.js";
import { caller, codeOf, Note, start, testClock } from "./fixture.js";

describe("the order of a call", () => {
  const steps: string[] = [];
  class Steps extends Component<{ n: number }> {
    static override readonly template = "show";
    static override readonly events = { go: null };
    override mount() {
      steps.push("mount");
      this.state = { n: 0 };
    }
    override async hydrated() {
      steps.push("hydrated");
    }
    async on_go() {
      steps.push("on_go");
      this.state.n++;
    }
    override async beforeRender() {
      steps.push("beforeRender");
    }
    override getContext() {
      steps.push("getContext");
      return {};
    }
    override dehydrated() {
      steps.push("dehydrated");
      return this.state;
    }
  }

  it("is mount, beforeRender, context, template, dehydrate for a new instance", async () => {
    const { server } = start({ steps: Steps });
    steps.length = 0;
    await server.mount({ component: "steps", caller });
    expect(steps).toEqual(["mount", "beforeRender", "getContext", "dehydrated"]);
  });

  it("is hydrate, handler, beforeRender, context, template, dehydrate for an event", async () => {
    const { server } = start({ steps: Steps });
    const { state } = await server.mount({ component: "steps", caller });
    steps.length = 0;
    await server.dispatch({ component: "steps", event: "go", state, caller });
    expect(steps).toEqual(["hydrated", "on_go", "beforeRender", "getContext", "dehydrated"]);
  });
});

describe("a handler", () => {
  class Unruly extends Component<{ n: number }> {
    static override readonly template = "show";
    static override readonly events = {
      hang: null,
      throws: null,
      strange: null,
      wreck: null,
      refuse: null,
      lazily: null,
      stream: null,
    };
    override mount() {
      this.state = { n: 0 };
    }
    async on_hang() {
      await new Promise((_resolve, reject) => this.signal.addEventListener("abort", () => reject(this.signal.reason)));
    }
    on_throws() {
      throw "a text";
    }
    on_strange() {
      return Symbol("nonsense");
    }
    on_wreck() {
      this.state = null as unknown as { n: number };
    }
    /** As query builders do: something that waits and is no Promise. */
    on_lazily() {
      return new (class {
        // biome-ignore lint/suspicious/noThenProperty: that is what is tried here
        then() {}
      })();
    }
    on_refuse() {
      this.state.n = 99;
      this.redirect("/elsewhere");
      this.trigger("saved");
      throw new HydrantError("invalid", "no", { fields: { n: ["too many"] } });
    }
    async *on_stream() {
      for (let step = 0; step < 3; step++) {
        this.state.n++;
        yield;
      }
    }
  }
  const send = async (event: string, options: Partial<ComponentServerOptions> = {}) => {
    const { server } = start({ unruly: Unruly }, options);
    const { state } = await server.mount({ component: "unruly", caller });
    return server.dispatch({ component: "unruly", event, state, caller });
  };

  it.each(["hang", "lazily"])("that never ends is stopped when its time is over: on_%s", async (event) => {
    const { clock, fire, waiting } = testClock();
    const code = codeOf(send(event, { clock }));
    while (waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
    fire();
    expect(await code).toBe("timeout");
  });

  it("that throws anything at all is an internal failure", async () => {
    expect(await codeOf(send("throws"))).toBe("internal");
  });

  it("may return anything", async () => {
    expect((await send("strange")).status).toBe(200);
  });

  it("that loses its state is told so", async () => {
    await expect(send("wreck")).rejects.toThrow("must stay an object");
  });

  it("that refuses its payload leaves the state as it was", async () => {
    const answer = await send("refuse");
    expect(answer).toMatchObject({ kind: "invalid", status: 422, refusal: { errors: { n: ["too many"] } } });
    expect(answer.html).toContain("&quot;n&quot;:0");
    // Nor does the page do what the handler asked for before it refused.
    expect(answer.effects).toEqual({ redirect: undefined, pushUrl: undefined, replaceUrl: undefined, trigger: {} });
  });

  it("that is a generator runs to its end, and the last state is shown", async () => {
    expect((await send("stream")).html).toContain("&quot;n&quot;:3");
  });
});

describe("names from outside", () => {
  const { server } = start({ note: Note });

  it.each([
    "constructor",
    "__proto__",
    "toString",
    "mount",
    "hydrated",
    "render",
    "on_write",
    "WRITE",
    "wrіte",
    "",
    "state",
  ])("such as the event %j reach nothing", async (event) => {
    const { state } = await server.mount({ component: "note", caller });
    expect(await codeOf(server.dispatch({ component: "note", event, state, caller }))).toBe("not_found");
  });

  it.each(["constructor", "__proto__", "nothing"])("such as the component %j reach nothing", async (component) => {
    expect(await codeOf(server.mount({ component, caller }))).toBe("not_found");
  });
});

describe("a caller", () => {
  it("without a user or a session is refused, because its state would be anybody's", async () => {
    const { server } = start({ note: Note });
    await expect(server.mount({ component: "note", caller: { user: null, session: null } })).rejects.toThrow(
      "neither a user nor a session",
    );
  });

  it("cannot use another's state", async () => {
    const { server } = start({ note: Note });
    const { state } = await server.mount({ component: "note", caller });
    const other = { user: { id: 8 }, session: null };
    expect(
      await codeOf(server.dispatch({ component: "note", event: "tag", payload: { tag: "" }, state, caller: other })),
    ).toBe("state_invalid");
    const sameText = { user: null, session: "7" };
    expect(
      await codeOf(server.dispatch({ component: "note", event: "tag", payload: { tag: "" }, state, caller: sameText })),
    ).toBe("state_invalid");
  });
});
