import { describe, expect, it } from "vitest";
import {
  Board,
  barrier,
  callerOf,
  type LiveStage,
  liveStage,
  PUSH_MS,
  type Shown,
  shownIn,
  type Watcher,
} from "../support/live-stage.js";

/** A browser's side of one instance: what it shows, and the rules by which it takes what is pushed. */
function pageOf(
  stage: LiveStage,
  watcher: Watcher,
  component: string,
  first: { readonly html: string; readonly state: string },
) {
  let { html, state } = first;
  let read = 0;
  let isBusy = false;
  let asks = 0;
  const caller = callerOf("ann");
  const send = async (event: string): Promise<void> => {
    const answer = await stage.server.dispatch({ component, event, state, caller });
    html = answer.html;
    state = answer.state;
  };
  return {
    shows: (): Shown => shownIn(html),
    holds: () => state,
    asked: () => asks,
    /** An event is on its way until the returned function takes its answer. */
    async begin(event: string): Promise<() => void> {
      isBusy = true;
      const answer = await stage.server.dispatch({ component, event, state, caller });
      return () => {
        isBusy = false;
        html = answer.html;
        state = answer.state;
      };
    },
    send,
    /** Reads what arrived. A push made from another render than the one shown is not taken; the newest is asked for. */
    async read(): Promise<void> {
      const updates = watcher.of("update");
      for (; read < updates.length; read++) {
        const update = updates[read];
        if (update === undefined) break;
        if (isBusy || !state.endsWith(update.base)) {
          asks++;
          if (!isBusy) await send("_refresh");
          continue;
        }
        html = update.outcome.html;
        state = update.outcome.state;
      }
    },
    /** Tells the connection which render it shows by now. */
    async announce(cursor?: string): Promise<void> {
      const call = { connection: watcher.connection.id, caller, subscribe: [{ component, state }], cursor };
      expect(await stage.server.live.change(call)).toEqual([]);
    },
  };
}

async function opened(component: typeof Board = Board) {
  const stage = liveStage({ board: component });
  const first = await stage.mount("board");
  const watcher = await stage.watch({ board: first });
  return { stage, watcher, page: pageOf(stage, watcher, "board", first) };
}

describe("a push and an event that cross", () => {
  it("name what they were made from: each push the render before it", async () => {
    const { stage, watcher, page } = await opened();
    const first = page.holds();
    for (let n = 0; n < 3; n++) {
      await stage.server.publish("room:hall", n);
      await stage.flush();
    }
    const seals = watcher.of("update").map(({ outcome }) => outcome.state);
    const bases = watcher.of("update").map(({ base }) => base);
    expect(bases).toEqual([first, ...seals.slice(0, -1)].map((seal) => seal.slice(-16)));
    await page.read();
    expect(page.shows().told.length).toBe(3);
    expect(page.asked()).toBe(0);
  });

  it("keep what the event did, when the push comes while it is under way", async () => {
    const { stage, page } = await opened();
    const take = await page.begin("add");
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    await page.read();
    take();
    expect(page.shows()).toMatchObject({ count: 1 });
    await page.announce();
    await stage.server.publish("room:hall", 2);
    await stage.flush();
    await page.read();
    expect(page.shows()).toMatchObject({ count: 1, told: [["room:hall", 2]] });
  });

  it("keep what the event did, however many pushes knew nothing of it", async () => {
    for (let events = 1; events <= 6; events++) {
      for (let pushes = 1; pushes <= 6; pushes++) {
        const { stage, page } = await opened();
        for (let n = 0; n < events; n++) await page.send("add");
        for (let n = 0; n < pushes; n++) {
          await stage.server.publish("room:hall", n);
          await stage.flush();
          await page.read();
          expect(page.shows().count).toBe(events);
        }
        await page.announce();
        await stage.server.publish("room:hall", "last");
        await stage.flush();
        await page.read();
        expect(page.shows()).toMatchObject({ count: events });
        expect(page.shows().told.at(-1)).toEqual(["room:hall", "last"]);
      }
    }
  });

  it("keep what the event did, when later pushes of the same number of renders come before the page could announce it", async () => {
    const { stage, page } = await opened();
    const push = async (change: number): Promise<void> => {
      await stage.server.publish("room:hall", change);
      await stage.flush();
      await page.read();
    };
    const takeEvent = await page.begin("add");
    await push(1);
    takeEvent();
    const takeNewest = await page.begin("_refresh");
    await push(2);
    takeNewest();
    for (let n = 3; n < 8; n++) await push(n);
    expect(page.shows().count).toBe(1);
  });

  it("keep what the events did, also where the page is at the revision of a push by chance", async () => {
    for (let events = PUSH_MS - 3; events <= PUSH_MS + 1; events++) {
      const { stage, page } = await opened();
      for (let n = 0; n < events; n++) await page.send("add");
      for (let n = 0; n < 3; n++) {
        await stage.server.publish("room:hall", n);
        await stage.flush();
        await page.read();
        expect(page.shows().count).toBe(events);
      }
    }
  });

  it("leave a revision that grows with the time, so that a later mount of the instance is newer", async () => {
    const { stage, watcher } = await opened();
    for (let n = 0; n < 200; n++) {
      await stage.server.publish("room:hall", n);
      await stage.flush();
    }
    const revs = watcher.shown().map(({ rev }) => rev);
    expect(revs).toEqual([...new Set(revs)].sort((a, b) => a - b));
    stage.clock.advance(PUSH_MS);
    const later = shownIn((await stage.mount("board")).html).rev;
    expect(later).toBeGreaterThan(revs.at(-1) ?? Number.POSITIVE_INFINITY);
  });
});

describe("an instance that is announced again", () => {
  it("while a change waits is rendered for it, from the newer seal", async () => {
    const { stage, watcher, page } = await opened();
    await stage.server.publish("room:hall", 1);
    await page.send("add");
    await page.announce();
    await stage.flush();
    expect(watcher.shown()).toMatchObject([{ count: 1, told: [["room:hall", 1]] }]);
    expect(watcher.of("update")[0]?.base).toBe(page.holds().slice(-16));
  });

  it("while it is rendered is rendered once more, with the same change, from the newer seal", async () => {
    const gate = barrier();
    class Slow extends Board {
      override async changed(change: unknown, topic: string) {
        await gate.opened;
        this.state.told.push([topic, change]);
      }
    }
    const { stage, watcher, page } = await opened(Slow);
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    await page.send("add");
    await page.announce();
    gate.open();
    await stage.flush();
    await stage.flush();
    expect(watcher.shown()).toMatchObject([{ count: 1, told: [["room:hall", 1]] }]);
    await page.read();
    expect([page.shows().count, page.asked()]).toEqual([1, 0]);
  });

  it("in another way, while it is rendered, is rendered once more from the newer seal as well", async () => {
    const gate = barrier();
    class Slow extends Board {
      override async changed(change: unknown, topic: string) {
        await gate.opened;
        this.state.told.push([topic, change]);
      }
    }
    const { stage, watcher } = await opened(Slow);
    const [subscription] = watcher.connection.subscriptions;
    if (subscription === undefined) throw new Error("nothing is told of");
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const { id, seal } = subscription;
    const answer = await stage.server.dispatch({
      component: "board",
      event: "add",
      state: seal,
      caller: callerOf("ann"),
    });
    watcher.connection.moved("", id, answer.state);
    gate.open();
    await stage.flush();
    await stage.flush();
    expect(watcher.shown()).toMatchObject([{ count: 1, told: [["room:hall", 1]] }]);
  });

  it("while a reader takes nothing is shown once he does, with what came before and after", async () => {
    const { stage, watcher, page } = await opened();
    watcher.stall();
    await stage.server.publish("room:hall", "seen");
    await stage.flush();
    await page.read();
    await stage.server.publish("room:hall", "waits");
    await page.send("add");
    await page.announce();
    watcher.drain();
    await stage.flush();
    await page.read();
    expect(page.shows()).toMatchObject({
      count: 1,
      told: [
        ["room:hall", "seen"],
        ["room:hall", "waits"],
      ],
    });
  });

  it("with its cursor is told what came since, once, and no more after that", async () => {
    const { stage, watcher, page } = await opened();
    const cursor = stage.server.live.position();
    await stage.server.publish("room:hall", 1);
    await page.send("add");
    await page.announce(cursor);
    await stage.flush();
    for (let turn = 0; turn < 5; turn++) await stage.flush();
    expect(watcher.of("update").length).toBe(1);
  });

  it("beside one that is too old, is told of, and the one taken off is not", async () => {
    const stage = liveStage(undefined, { sealMs: 60_000 });
    const old = await stage.mount("board");
    stage.clock.advance(61_000);
    const first = await stage.mount("board");
    const second = await stage.mount("board");
    const watcher = stage.open();
    const call = { connection: watcher.connection.id, caller: callerOf("ann") };
    await stage.server.live.change({ ...call, subscribe: [{ component: "board", state: second.state }] });
    await stage.server.live.change({
      ...call,
      subscribe: [first, old].map(({ state }) => ({ component: "board", state })),
      unsubscribe: [first.component_id, second.component_id],
    });
    const told = new Set([...watcher.connection.subscriptions].map(({ id }) => id));
    expect(told).toEqual(new Set([first.component_id, old.component_id]));
  });
});

describe("a page that leaves a shared connection", () => {
  it("is told of nothing more, and the others are", async () => {
    const stage = liveStage();
    const watcher = stage.open();
    const caller = callerOf("ann");
    for (const page of ["one", "other"]) {
      const { state } = await stage.mount("board");
      const subscribe = [{ component: "board", state }];
      await stage.server.live.change({ connection: watcher.connection.id, page, caller, subscribe });
    }
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    expect(watcher.messages.map(({ to }) => to)).toEqual(["one", "other"]);
    await stage.server.live.change({ connection: watcher.connection.id, page: "one", caller, leave: true });
    await stage.server.publish("room:hall", 2);
    await stage.flush();
    expect(watcher.messages.map(({ to }) => to)).toEqual(["one", "other", "other"]);
  });

  it("may show the same instance as another page, each with its own render", async () => {
    const stage = liveStage();
    const watcher = stage.open();
    const caller = callerOf("ann");
    const { state } = await stage.mount("board");
    for (const page of ["one", "other"]) {
      const subscribe = [{ component: "board", state }];
      await stage.server.live.change({ connection: watcher.connection.id, page, caller, subscribe });
    }
    const event = await stage.server.dispatch({ component: "board", event: "add", state, caller });
    const subscribe = [{ component: "board", state: event.state }];
    await stage.server.live.change({ connection: watcher.connection.id, page: "other", caller, subscribe });
    await stage.server.publish("room:hall", 1);
    await stage.flush();
    const shown = watcher.of("update").map(({ page, outcome }) => [page, shownIn(outcome.html).count]);
    expect(shown).toEqual([
      ["one", 0],
      ["other", 1],
    ]);
  });
});
