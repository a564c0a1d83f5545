import { load } from "cheerio";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { html, taggedRenderer } from "../../../src/adapters/tagged/index.js";
import {
  type Clock,
  Component,
  type ComponentClass,
  type ComponentServerOptions,
  createComponentServer,
  HydrantError,
  type LogFields,
  memoryStateStore,
  type View,
} from "../../../src/core/index.js";

const caller = { user: { id: 7 }, session: null };
const KEY = "kR3v0nQ8yT1mZ5wX7cB2dF4gH6jK9lP0";

function testClock() {
  let time = Date.UTC(2026, 5, 1, 12);
  const tasks = new Map<number, () => void>();
  let last = 0;
  const clock: Clock = {
    now: () => time,
    after(ms, task) {
      const id = ++last;
      tasks.set(id, task);
      void ms;
      return () => tasks.delete(id);
    },
  };
  return {
    clock,
    pass: (ms: number) => {
      time += ms;
    },
    /** Runs every task that waits for its time. */
    fire: () => {
      for (const task of [...tasks.values()]) task();
    },
    waiting: () => tasks.size,
  };
}

const show = ({ root, state }: View) => html`<div ${root()}>${JSON.stringify(state)}</div>`;

function start(components: Record<string, ComponentClass>, options: Partial<ComponentServerOptions> = {}) {
  const logged: { level: string; message: string; fields: LogFields }[] = [];
  const note = (level: string) => (fields: LogFields, message: string) => {
    logged.push({ level, message, fields });
  };
  const server = createComponentServer({
    components,
    renderer: taggedRenderer({ templates: { show } }),
    keys: [KEY],
    log: { info: note("info"), warn: note("warn"), error: note("error") },
    ...options,
  });
  return { server, logged };
}

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return error instanceof HydrantError ? error.code : String(error);
};

class Note extends Component<{ text: string; tags: Set<string>; at: Date }, { text: string }> {
  static override readonly template: string = "show";
  static override readonly params = z.object({ text: z.string().default("empty") });
  static override readonly events = {
    write: z.object({ text: z.string().min(1) }),
    tag: z.object({ tag: z.string() }),
  };
  override mount({ text }: { text: string }) {
    this.state = { text, tags: new Set(), at: new Date(0) };
  }
  on_write({ text }: { text: string }) {
    this.state.text = text;
  }
  on_tag({ tag }: { tag: string }) {
    this.state.tags.add(tag);
  }
}

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

describe("an intent with an Idempotency-Key", () => {
  let runs = 0;
  class Shop extends Component<{ bought: number }> {
    static override readonly template = "show";
    static override readonly events = { buy: z.object({ item: z.string() }), fail: null };
    override mount() {
      this.state = { bought: 0 };
    }
    async on_buy() {
      runs++;
      await new Promise((resolve) => setImmediate(resolve));
      this.state.bought++;
    }
    on_fail() {
      runs++;
      throw new Error("out of stock");
    }
  }
  const { server } = start({ shop: Shop });
  const buy = (state: string, idempotencyKey: string, item = "tea") =>
    server.dispatch({ component: "shop", event: "buy", payload: { item }, state, caller, idempotencyKey });

  it("is carried out once and answered alike, however often and however quickly it comes", async () => {
    runs = 0;
    const { state } = await server.mount({ component: "shop", caller });
    const together = await Promise.all([buy(state, "k1"), buy(state, "k1"), buy(state, "k1")]);
    const later = await buy(state, "k1");
    expect(runs).toBe(1);
    for (const answer of together) expect(answer.html).toBe(later.html);
  });

  it("is refused when the key comes back with other values", async () => {
    const { state } = await server.mount({ component: "shop", caller });
    await buy(state, "k2");
    expect(await codeOf(buy(state, "k2", "coffee"))).toBe("key_reused");
  });

  it("that failed is not tried again behind the person's back", async () => {
    runs = 0;
    const { state } = await server.mount({ component: "shop", caller });
    const fail = () => server.dispatch({ component: "shop", event: "fail", state, caller, idempotencyKey: "k3" });
    expect(await codeOf(fail())).toBe("internal");
    expect(await codeOf(fail())).toBe("internal");
    expect(runs).toBe(1);
  });

  it("belongs to one caller and one instance", async () => {
    runs = 0;
    const mine = await server.mount({ component: "shop", caller });
    const other = await server.mount({ component: "shop", caller });
    await buy(mine.state, "k4");
    await buy(other.state, "k4");
    expect(runs).toBe(2);
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
    on_refuse() {
      this.state.n = 99;
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

  it("that never ends is stopped when its time is over", async () => {
    const { clock, fire, waiting } = testClock();
    const code = codeOf(send("hang", { clock }));
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
