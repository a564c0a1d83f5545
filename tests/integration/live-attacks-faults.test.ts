import { BasePermission, type Caller, createComponentServer, IsAuthenticated } from "hydrant";
import { hydrantKoa, type KnownCaller } from "hydrant/koa";
import { redisTopicLog } from "hydrant/redis";
import { html, taggedRenderer } from "hydrant/tagged";
import Koa from "koa";
import { createClient } from "redis";
import { describe, expect, it, onTestFinished } from "vitest";
import { openEvents } from "../support/event-stream.js";
import { listen } from "../support/http.js";
import { Board, boardTemplate, callerOf, liveStage } from "../support/live-stage.js";
import { testLog } from "../support/log.js";
import { startRedis } from "../support/redis.js";
import { unhandledRejections } from "../support/rejections.js";
import { eventOf, socketApp, subscribeTo } from "../support/socket-app.js";

class Guarded extends Board {
  static override readonly permissions = IsAuthenticated;
}

describe("a piece, while the application cannot say who is behind a socket", () => {
  it("leaves no rejection that nobody handles, which would end the process", async () => {
    const unheard = unhandledRejections();
    let isDown = false;
    const caller = async () => {
      if (isDown) throw new Error("the session store is gone");
      return { user: { id: "ann" } };
    };
    const app = await socketApp({ door: { caller } });
    const socket = await app.open();
    await socket.ask(subscribeTo("diary", await app.mount("diary", "c-one"), "s1"));
    isDown = true;
    await app.server.append("diary", "text", "x");
    await socket.message({ type: "error" });
    expect(unheard()).toEqual([]);
  });
});

describe("a piece, while `caller` throws for one reader of GET _live", () => {
  it("reaches everybody else: it is not lost, and the log is not said to be down", async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const client = createClient({ url: redis.url, disableOfflineQueue: true });
    client.on("error", () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    const log = testLog();
    const server = createComponentServer({
      components: { board: Guarded },
      renderer: boardTemplate,
      keys: ["live-stage-key-4rT8yU2iO6pA9sD3fG7hJ"],
      log,
      topicLog: redisTopicLog(client as never),
    });
    onTestFinished(() => server.close());
    let isDown = false;
    const app = new Koa();
    const caller = (ctx: Koa.Context) => {
      if (isDown && ctx.get("x-user") === "ann") throw new Error("the session store is gone");
      return { user: { id: ctx.get("x-user") } };
    };
    app.use(hydrantKoa(server, { caller }));
    const http = await listen(app.callback());
    onTestFinished(() => http.close());
    const open = async (user: string) => {
      const { state } = await server.mount({ component: "board", caller: callerOf(user) });
      const path = `/components/_live?component=board&state=${state}`;
      const page = await openEvents(http.port, { method: "GET", path, headers: { "x-user": user } });
      onTestFinished(() => page.leave());
      await expect.poll(() => page.events.length).toBe(1);
      return page;
    };
    const [, bob] = [await open("ann"), await open("bob")];
    isDown = true;
    expect(await server.append("room:hall", "log", "the piece")).toEqual({ reached: "everywhere" });
    await expect.poll(() => bob.received().includes("hx-partial"), { timeout: 4_000 }).toBe(true);
    expect(log.lines.map(({ message }) => message)).not.toContain(
      "the topic log is down; pages are not told of what other nodes publish",
    );
  });
});

const never = <T>(): Promise<T> => new Promise<T>(() => {});

describe("topicAccess that never answers", () => {
  it("is answered with `timeout` after limits.callMs, and does not hold up the socket's subscriptions", async () => {
    const app = await socketApp({ server: { topicAccess: () => never(), limits: { callMs: 200 } } });
    const socket = await app.open();
    const counter = await app.mount("counter", "c-one");
    socket.send({ type: "subscribe", topic: "news", id: "t1" });
    socket.send(subscribeTo("counter", counter, "s1"));
    expect((await socket.message({ id: "t1" })).code).toBe("timeout");
    expect((await socket.message({ id: "s1" })).type).toBe("subscribed");
  });

  it("for one topic does not put off that the right to another is noticed to be lost", async () => {
    let isLost = false;
    const topicAccess = (topic: string, _caller: Caller) => (topic === "slow" && isLost ? never<boolean>() : !isLost);
    const app = await socketApp({ server: { topicAccess, limits: { callMs: 200, rightsMs: 100 } } });
    const socket = await app.open();
    for (const topic of ["slow", "news"]) await socket.ask({ type: "subscribe", topic, id: topic });
    isLost = true;
    expect(await socket.message({ type: "error", topic: "news" })).toMatchObject({ code: "forbidden" });
  });
});

describe("`caller` of a socket that never answers", () => {
  it("has its event answered with `timeout` after limits.callMs", async () => {
    let hangs = false;
    const caller = () => (hangs ? never<KnownCaller>() : { user: { id: "ann" } });
    const app = await socketApp({ door: { caller }, server: { limits: { callMs: 200 } } });
    const socket = await app.open();
    const counter = await app.mount("counter", "c-one");
    hangs = true;
    socket.send(eventOf("counter", counter, "add", "m1"));
    expect((await socket.message({ id: "m1" })).code).toBe("timeout");
  });
});

describe("connections for updates of visitors nobody knows", () => {
  it("are counted by their address, as those of sockets are", async () => {
    const server = createComponentServer({
      components: {},
      renderer: taggedRenderer({ templates: { none: () => html`` } }),
      keys: ["upgrade-key-3Hn7Vq1Zx9Lc5Wt8Bm2R"],
      log: testLog(),
      limits: { connections: 3 },
    });
    onTestFinished(() => server.close());
    const http = await listen(new Koa().use(hydrantKoa(server)).callback());
    onTestFinished(() => http.close());
    const statuses = [];
    for (let n = 0; n < 5; n++) {
      const page = await openEvents(http.port, { method: "GET", path: "/components/_live?shared" });
      onTestFinished(() => page.leave());
      statuses.push(page.status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });
});

describe("what a stranger asks of connections that do not exist", () => {
  it("does not push what others may still need out of history", async () => {
    const stage = liveStage();
    const board = await stage.mount("board");
    const cursor = stage.server.live.position();
    const asked = { caller: { user: null, session: "stranger" }, unsubscribe: ["x"] };
    for (let n = 0; n < 21_000; n++) await stage.server.live.change({ ...asked, connection: `invented-${n}` });
    const page = await stage.watch({ board }, "ann", { cursor });
    expect(page.of("resync")).toEqual([]);
  });
});

describe("the rest of a stream that ended, after a frame it never had", () => {
  it("is refused at once, and not after twelve seconds with a code that says to try again", async () => {
    const app = await socketApp();
    app.deeds.release();
    const socket = await app.open();
    const told = await socket.ask(eventOf("story", await app.mount("story", "c-s"), "tell", "m1"));
    const ticket = told.find((one) => one.ticket !== undefined)?.ticket;
    const answers = await socket.ask({ type: "component_resume", ticket, after: 999, id: "r1" });
    expect(answers.at(-1)?.code).toBe("malformed");
  });
});

describe("many subscriptions in one request, of a component whose permission never answers", () => {
  it("are answered in the time of one call, not of one for each", async () => {
    class Hanging extends Board {
      static override readonly permissions = class extends BasePermission {
        override hasPermission() {
          return isDown ? never<boolean>() : true;
        }
      };
    }
    let isDown = false;
    const server = createComponentServer({
      components: { board: Hanging },
      renderer: boardTemplate,
      keys: ["live-stage-key-4rT8yU2iO6pA9sD3fG7hJ"],
      log: testLog(),
      limits: { callMs: 300 },
    });
    onTestFinished(() => server.close());
    const { state } = await server.mount({ component: "board", caller: callerOf("ann") });
    isDown = true;
    const begun = performance.now();
    const subscribe = Array.from({ length: 10 }, () => ({ component: "board", state }));
    await server.live.change({ connection: "none", caller: callerOf("ann"), subscribe });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
