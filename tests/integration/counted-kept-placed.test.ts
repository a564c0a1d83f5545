import { load } from "cheerio";
import {
  BasePermission,
  Component,
  type ComponentClass,
  type ComponentServerOptions,
  createComponentServer,
  HydrantError,
} from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor } from "hydrant/testing";
import { expect, test } from "vitest";
import { testClock } from "../support/clock.js";
import { testLog } from "../support/log.js";

const template = ({ root, on }: { root: () => unknown; on: (event: string) => unknown }) =>
  html`<section ${root()}><button ${on("press")}>Press</button></section>`;

class Bell extends Component<{ rung: number }> {
  static override template = "bell";
  static override events = { press: null };
  override mount() {
    this.state = { rung: 0 };
  }
  on_press() {
    this.state.rung += 1;
  }
}

function serverOf(bell: ComponentClass, options: Partial<ComponentServerOptions> = {}) {
  return createComponentServer({
    components: { bell },
    renderer: taggedRenderer({ templates: { bell: template } }),
    keys: ["readers-key-4fJ8kP2sW6xZ9bN3vM7qT1"],
    log: testLog(),
    ...options,
  });
}

const signedIn = (id: number) => ({ user: { id }, session: null });

test("a limit by session counts people without a session of their own one by one", async () => {
  class Limited extends Bell {
    static override eventLimits = { press: { points: 1, seconds: 60, key: "session" } as const };
  }
  const server = serverOf(Limited, { limitStore: memoryLimitStore() });
  const statuses: number[] = [];
  for (const id of [1, 1, 2]) {
    const door = createTestDoor(server, { caller: signedIn(id) });
    statuses.push((await door.send(await door.mount("bell"), "press")).status);
  }
  expect(statuses).toEqual([200, 429, 200]);
});

test("a kept mount has a seal of its own each time it is shown, and both open", async () => {
  let mounts = 0;
  class Kept extends Bell {
    static override cache = { seconds: 60 };
    override mount() {
      mounts += 1;
      super.mount();
    }
  }
  const door = createTestDoor(serverOf(Kept));
  const [one, other] = [await door.mount("bell", {}, { id: "c-bell" }), await door.mount("bell", {}, { id: "c-bell" })];
  expect(mounts).toBe(1);
  expect(other.state).not.toBe(one.state);
  expect(JSON.parse(load(other.html)("section").attr("hx-vals:inherited") ?? "{}")).toEqual({ state: other.state });
  expect([(await door.send(one, "press")).status, (await door.send(other, "press")).status]).toEqual([200, 200]);
});

test("a body may take longer to arrive than a call, also behind a permission that has to wait", async () => {
  class Slow extends BasePermission {
    override async hasPermission() {
      return true;
    }
  }
  class Guarded extends Bell {
    static override permissions = [Slow];
    override async on_press() {
      await Promise.resolve();
    }
  }
  const clock = testClock();
  const server = serverOf(Guarded, { clock });
  const caller = { user: null, session: "s" };
  const { state } = await server.mount({ component: "bell", caller });
  const outcome = await server.dispatch({
    component: "bell",
    event: "press",
    caller,
    async read() {
      clock.advance(server.limits.callMs + 1);
      return { state };
    },
  });
  expect(outcome.status).toBe(200);
  expect(clock.pending()).toBe(0);
});

test("a placed component whose record is gone says so in its place, and the page around it stays", async () => {
  class Gone extends Bell {
    override mount() {
      throw new HydrantError("not_found");
    }
  }
  const server = serverOf(Gone);
  const page = server.page({ caller: { user: null, session: "s" }, wholePage: true });
  const { html: shown } = await page.fill(`<h1>Shop</h1>${page.component("bell").value}`);
  expect(shown).toContain("<h1>Shop</h1>");
  expect(load(shown)("#c-bell").attr("data-refused")).toBe("not_found");
});
