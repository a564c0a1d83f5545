import type { TopicEntry, TopicLog } from "hydrant";
import { memoryTopicLog } from "hydrant";
import { describe, expect, it } from "vitest";
import { eventOf, socketApp, subscribeTo } from "../support/socket-app.js";

describe("an instance that was subscribed", () => {
  it("is sent again when something is published under its topic, with the render it was made from", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    const [subscribed] = await socket.ask(subscribeTo("counter", counter, "s1"));
    expect(subscribed).toMatchObject({ type: "subscribed", component_id: "c-one", id: "s1" });
    await app.sockets.broadcast("hall", { say: "hello" });
    const update = await socket.message({ type: "component_update" });
    expect(update.html).toContain("<i>hello</i>");
    expect([update.component, update.base]).toEqual(["counter", counter.state.slice(-16)]);
    expect(update.rev).toBeGreaterThan(Number(/ data-rev="(\d+)"/.exec(counter.html)?.[1]));
    expect([update.id, typeof update.cursor]).toEqual([undefined, "string"]);
  });

  it("is rendered from the newest state that this socket sent", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    await socket.ask(subscribeTo("counter", counter, "s1"));
    const [shown] = await socket.ask(eventOf("counter", counter, "add", "m1", { by: 4 }));
    await app.sockets.pushUpdate("c-one", { say: "psst" });
    const pushed = await socket.message({ base: shown?.state?.slice(-16) ?? "" });
    expect(pushed.html).toContain("<output>4</output><i>psst</i>");
  });

  it("is told of nothing more once it was unsubscribed", async () => {
    const app = await socketApp();
    const [one, two] = [await app.mount("counter", "c-one"), await app.mount("counter", "c-two")];
    const socket = await app.open();
    await socket.ask(subscribeTo("counter", one, "s1"));
    await socket.ask(subscribeTo("counter", two, "s2"));
    const [answer] = await socket.ask({ type: "unsubscribe", component_id: "c-one", id: "u1" });
    expect(answer).toEqual({ type: "unsubscribed", component_id: "c-one", id: "u1" });
    await app.sockets.broadcast("hall", { say: "hello" });
    await socket.message({ type: "component_update", component_id: "c-two" });
    expect(
      socket.messages.filter(({ component_id, type }) => type.endsWith("update") && component_id === "c-one"),
    ).toEqual([]);
  });

  it("may be one of a list", async () => {
    const app = await socketApp();
    const [one, two] = [await app.mount("counter", "c-one"), await app.mount("counter", "c-two")];
    const foreign = await app.mount("counter", "c-three", "bob");
    const instances = [one, two, foreign].map(({ component_id, state }) => ({
      component: "counter",
      component_id,
      state,
    }));
    const socket = await app.open();
    const [subscribed] = await socket.ask({ type: "subscribe", instances, id: "s1" });
    expect([subscribed?.type, subscribed?.instances]).toEqual(["subscribed", ["c-one", "c-two"]]);
    expect(await socket.message({ type: "error" })).toMatchObject({
      code: "state_invalid",
      component_id: "c-three",
      id: "s1",
    });
    await app.sockets.broadcast("hall", { say: "hello" });
    await Promise.all(["c-one", "c-two"].map((id) => socket.message({ type: "component_update", component_id: id })));
    expect((await socket.ask({ type: "unsubscribe", instances: ["c-one", "c-two"], id: "u1" }))[0]?.type).toBe(
      "unsubscribed",
    );
  });

  it("of a page that htmx's extension feeds comes as a partial alone", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open("ann", "?html=1");
    await socket.ask(subscribeTo("counter", counter, "s1"));
    await app.server.publish("hall", { say: "hello" });
    await expect.poll(() => socket.texts).toHaveLength(1);
    expect(socket.texts[0]).toMatch(
      /^<hx-partial data-base="[\w-]{16}" hx-target="#c-one" hx-swap="outerMorph"><p id="c-one"/,
    );
    expect(socket.texts[0]).toContain("<i>hello</i></p></hx-partial>");
  });

  it("gets the same piece as everybody else, at the end of its place", async () => {
    const app = await socketApp();
    const sockets = [];
    for (const user of ["ann", "bob"]) {
      const socket = await app.open(user);
      await socket.ask(subscribeTo("counter", await app.mount("counter", "c-one", user), "s1"));
      sockets.push(socket);
    }
    await app.server.append("hall", "lines", "<b>");
    const pieces = await Promise.all(sockets.map((socket) => socket.message({ type: "component_update" })));
    expect(pieces[0]).toMatchObject({ component_id: "c-one", append: "c-one--lines", html: "&lt;b&gt;", state: "" });
    expect(pieces[1]).toEqual(pieces[0]);
  });
});

describe("a cursor", () => {
  it("taken before the page was rendered brings what happened since", async () => {
    const app = await socketApp();
    const cursor = app.server.live.position();
    const counter = await app.mount("counter", "c-one");
    await app.server.publish("hall", { say: "missed" });
    const socket = await app.open();
    await socket.ask(subscribeTo("counter", counter, "s1", { cursor }));
    expect((await socket.message({ type: "component_update" })).html).toContain("<i>missed</i>");
    const other = await app.open("ann", `?cursor=${encodeURIComponent(cursor)}`);
    expect((await other.message({ type: "connected" })).cursor).toBe(cursor);
    await other.ask(subscribeTo("counter", counter, "s1"));
    expect((await other.message({ type: "component_update" })).html).toContain("<i>missed</i>");
  });

  it.each([
    ["invented", "x-1"],
    ["of another log", "start-abcdefghijklmnop"],
    ["ancient", "0-0"],
    ["empty", ""],
  ])("that is %s is said to know nothing, and the instance is rendered as it stands", async (_what, cursor) => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    await socket.ask(subscribeTo("counter", counter, "s1", { cursor }));
    expect(await socket.message({ type: "resync" })).toEqual({ type: "resync", instances: ["c-one"] });
    expect((await socket.message({ type: "component_update" })).component_id).toBe("c-one");
  });

  it("comes with a pong, where the page has everything", async () => {
    const app = await socketApp();
    const socket = await app.open();
    await app.server.publish("hall", 1);
    const [pong] = await socket.ask({ type: "ping", id: "p1" });
    expect(pong).toEqual({ type: "pong", id: "p1", cursor: app.server.live.position() });
  });
});

describe("a topic", () => {
  const door = { topicAccess: (topic: string) => topic.startsWith("news") };

  it("is listened to by whom the application lets, and what is published there comes as it is", async () => {
    const app = await socketApp({ server: door });
    const socket = await app.open();
    expect((await socket.ask({ type: "subscribe", topic: "news", id: "t1" }))[0]).toMatchObject({
      type: "subscribed",
      topic: "news",
    });
    await app.sockets.broadcast("news", { big: 12n, when: new Date(0), tags: new Set(["a"]), by: new Map([["k", 1]]) });
    const { change } = await socket.message({ type: "published", topic: "news" });
    expect(change).toEqual({ big: "12", when: "1970-01-01T00:00:00.000Z", tags: ["a"], by: [["k", 1]] });
    expect((await socket.ask({ type: "unsubscribe", topic: "news", id: "t2" }))[0]?.type).toBe("unsubscribed");
    await app.sockets.broadcast("news", "later");
    await app.sockets.broadcast("news2", "later");
    await socket.ask({ type: "ping", id: "p" });
    expect(socket.messages.filter(({ type }) => type === "published")).toHaveLength(1);
  });

  it.each([
    ["somebody else's", "room-of-bob"],
    ["everything", "*"],
    ["of nodes among themselves", "_nodes"],
    ["nothing", ""],
  ])("that is %s is refused, and the socket stays open", async (_what, topic) => {
    const app = await socketApp({ server: door });
    const socket = await app.open();
    expect((await socket.ask({ type: "subscribe", topic, id: "t1" }))[0]).toMatchObject({
      type: "error",
      code: "forbidden",
    });
    await app.server.publish("room-of-bob", "secret");
    expect((await socket.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
    expect(socket.messages.map(({ type }) => type)).toEqual(["connected", "error", "pong"]);
  });

  it("is heard no more by somebody who may not listen any longer", async () => {
    let isOpen = true;
    const app = await socketApp({ server: { topicAccess: () => isOpen, limits: { rightsMs: 50 } } });
    const socket = await app.open();
    await socket.ask({ type: "subscribe", topic: "news", id: "t1" });
    isOpen = false;
    expect(await socket.message({ type: "error" })).toMatchObject({ code: "forbidden", topic: "news" });
    await app.sockets.broadcast("news", "secret");
    await socket.ask({ type: "ping", id: "p" });
    expect(socket.messages.filter(({ type }) => type === "published")).toEqual([]);
  });
});

describe("a page that publishes", () => {
  it("does so under the topics of its instance, where the component lets it and what it says passes", async () => {
    const app = await socketApp();
    const [mine, theirs] = [await app.mount("counter", "c-one"), await app.mount("counter", "c-two", "bob")];
    const [ann, bob] = [await app.open("ann"), await app.open("bob")];
    await bob.ask(subscribeTo("counter", theirs, "s1"));
    const message = { type: "broadcast", component: "counter", component_id: "c-one", state: mine.state, id: "b1" };
    expect(await ann.ask({ ...message, change: { say: "hi bob" } })).toEqual([
      { type: "ack", id: "b1", reached: "everywhere" },
    ]);
    expect((await bob.message({ type: "component_update" })).html).toContain("<i>hi bob</i>");
    const tooLong = await ann.ask({ ...message, id: "b2", change: { say: "x".repeat(21) } });
    expect([tooLong[0]?.code, Object.keys(tooLong[0]?.fields ?? {})]).toEqual(["invalid", ["say"]]);
    const foreign = await ann.ask({ ...message, id: "b3", state: theirs.state, change: { say: "x" } });
    expect(foreign[0]?.code).toBe("state_invalid");
  });

  it("is refused by a component that does not let pages publish", async () => {
    const app = await socketApp();
    const { state } = await app.mount("diary", "c-diary");
    const socket = await app.open();
    const message = { type: "broadcast", component: "diary", component_id: "c-diary", state, change: {}, id: "b1" };
    expect((await socket.ask(message))[0]?.code).toBe("forbidden");
  });
});

/** A log that can be cut and healed. */
function brittleLog(): TopicLog & { cut(): void; heal(): void } {
  const log = memoryTopicLog();
  let isDown = false;
  let follower: Parameters<TopicLog["follow"]>[0] | undefined;
  return {
    async publish(topic, data) {
      if (isDown) throw new Error("connection refused");
      await log.publish(topic, data);
    },
    follow(one) {
      follower = one;
      return log.follow({ ...one, entry: (entry: TopicEntry) => one.entry(entry) });
    },
    cut() {
      isDown = true;
      follower?.down(new Error("connection refused"));
    },
    heal() {
      isDown = false;
      follower?.up();
    },
  };
}

describe("a page whose node hears nothing of the others", () => {
  it("is told so, and told when it does again", async () => {
    const topicLog = brittleLog();
    const app = await socketApp({ server: { topicLog } });
    const socket = await app.open();
    topicLog.cut();
    await socket.message({ type: "stale" });
    const later = await app.open("bob");
    await later.message({ type: "stale" });
    topicLog.heal();
    await Promise.all([socket, later].map((one) => one.message({ type: "current" })));
  });
});
