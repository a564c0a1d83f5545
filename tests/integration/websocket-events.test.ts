import { describe, expect, it } from "vitest";
import { eventOf, socketApp } from "../support/socket-app.js";

describe("an event over a socket", () => {
  it("ends in an update of its instance and then in its acknowledgement", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    const [update, ack, ...more] = await socket.ask(eventOf("counter", counter, "add", "m1", { by: 2 }));
    expect(update).toMatchObject({
      type: "component_update",
      component: "counter",
      component_id: "c-one",
      status: 200,
      slots: {},
      id: "m1",
    });
    expect(update?.html).toContain("<output>2</output>");
    expect(update?.html).toContain(`data-rev="${update?.rev}"`);
    expect(update?.state).not.toBe(counter.state);
    expect([ack, more]).toEqual([{ type: "ack", id: "m1" }, []]);
    const next = { ...counter, state: update?.state ?? "" };
    expect((await socket.ask(eventOf("counter", next, "add", "m2")))[0]?.html).toContain("<output>3</output>");
  });

  it("may be sent without an id", async () => {
    const app = await socketApp();
    const { id: _id, ...message } = eventOf("counter", await app.mount("counter", "c-one"), "add", "");
    const socket = await app.open();
    socket.send(message);
    expect((await socket.message({ type: "component_update" })).html).toContain("<output>1</output>");
    expect(await socket.message({ type: "ack" })).toEqual({ type: "ack" });
  });

  it("is only acknowledged where there is nothing to show", async () => {
    const app = await socketApp();
    const socket = await app.open();
    const answers = await socket.ask(eventOf("counter", await app.mount("counter", "c-one"), "quiet", "m1"));
    expect(answers).toEqual([{ type: "ack", id: "m1" }]);
  });

  it("says where to go, and that an instance is gone", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    const [redirect] = await socket.ask(eventOf("counter", counter, "go", "m1"));
    expect([redirect?.html, redirect?.effects]).toEqual(["", { redirect: "/next" }]);
    const [removed] = await socket.ask(eventOf("counter", counter, "leave", "m2"));
    expect([removed?.html, removed?.effects]).toEqual(["", { removed: true }]);
  });

  it("whose payload is refused shows why", async () => {
    const app = await socketApp();
    const socket = await app.open();
    const counter = await app.mount("counter", "c-one");
    const [update, ack] = await socket.ask(eventOf("counter", counter, "add", "m1", { by: 77 }));
    expect([update?.type, update?.status, update?.error?.code]).toEqual(["component_update", 422, "invalid"]);
    expect(Object.keys(update?.error?.fields ?? {})).toEqual(["by"]);
    expect(ack?.type).toBe("ack");
  });

  it("that fails says so with an id that finds the log line, and the socket stays open", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    const [error, ...more] = await socket.ask(eventOf("counter", counter, "fail", "m1"));
    expect(error).toMatchObject({ type: "error", code: "internal", id: "m1", component_id: "c-one" });
    expect([JSON.stringify(error).includes("swordfish"), more]).toEqual([false, []]);
    expect(app.log.at("error").map(({ fields }) => fields.id)).toEqual([error?.error_id]);
    expect((await socket.ask(eventOf("counter", counter, "add", "m2"))).at(-1)?.type).toBe("ack");
  });

  it("waits for those of the same instance before it, in the order they were sent", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    socket.send(eventOf("counter", counter, "wait", "m1"));
    const others = [2, 3, 4].map((by) => socket.ask(eventOf("counter", counter, "add", `m${by}`, { by })));
    await expect.poll(() => app.deeds.ran).toEqual(["c-one wait"]);
    await socket.ask({ type: "ping", id: "p" });
    expect(app.deeds.ran).toEqual(["c-one wait"]);
    app.deeds.release();
    await Promise.all(others);
    expect(app.deeds.ran).toEqual(["c-one wait", "c-one waited", "c-one add 2", "c-one add 3", "c-one add 4"]);
    expect(socket.messages.filter(({ type }) => type === "ack").map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m4"]);
  });

  it("does not wait for those of other instances", async () => {
    const app = await socketApp();
    const [one, two] = [await app.mount("counter", "c-one"), await app.mount("counter", "c-two")];
    const socket = await app.open();
    socket.send(eventOf("counter", one, "wait", "m1"));
    await socket.ask(eventOf("counter", two, "add", "m2"));
    expect(app.deeds.ran).toEqual(["c-one wait", "c-two add 1"]);
  });

  it("that was not acknowledged and is sent again runs once, also over another socket", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const first = await app.open();
    const message = eventOf("counter", counter, "add", "m1", { by: 3 });
    const [update] = await first.ask(message);
    expect((await first.ask(message))[0]?.html).toBe(update?.html);
    first.client.terminate();
    const second = await app.open();
    const [again, ack] = await second.ask(message);
    expect([again?.html, ack]).toEqual([update?.html, { type: "ack", id: "m1" }]);
    expect(app.deeds.ran).toEqual(["c-one add 3"]);
    const [other] = await second.ask({ ...message, payload: { by: 4 } });
    expect([other?.type, other?.code]).toEqual(["error", "key_reused"]);
  });

  it("is judged by the rights of now, not by those of when the socket was opened", async () => {
    const app = await socketApp({ server: { permissions: [] } });
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    await socket.ask(eventOf("counter", counter, "add", "m1"));
    app.people.ann = null;
    socket.send(eventOf("counter", counter, "add", "m2"));
    expect(await socket.closed).toEqual({ code: 4401, reason: "unauthenticated" });
    expect(app.deeds.ran).toEqual(["c-one add 1"]);
  });

  it("of a page that left is aborted, and what waited behind it is not begun", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    socket.send(eventOf("counter", counter, "wait", "m1"));
    socket.send(eventOf("counter", counter, "add", "m2"));
    await expect.poll(() => app.deeds.ran).toEqual(["c-one wait"]);
    socket.client.terminate();
    await expect.poll(() => app.deeds.ran, { timeout: 1000 }).toEqual(["c-one wait", "c-one aborted"]);
    app.deeds.release();
    await expect.poll(() => app.deeds.ran).toContain("c-one waited");
    expect(app.deeds.ran).not.toContain("c-one add 1");
    expect(app.log.at("error")).toEqual([]);
  });
});

describe("a message of htmx's own extension", () => {
  const headers = { "HX-Request": "true", "HX-Source": "button#b", "HX-Target": "p#c-one" };

  it("is an event, answered with partials", async () => {
    const app = await socketApp();
    const { state } = await app.mount("counter", "c-one");
    const socket = await app.open("ann", "?html=1");
    socket.send({ headers, _component: "counter", _event: "add", state, by: 2, _page: "/" });
    await expect.poll(() => socket.texts).toHaveLength(1);
    expect(socket.texts[0]).toMatch(
      /^<hx-partial hx-target="#c-one" hx-swap="outerMorph"><p id="c-one" .*<output>2<\/output>.*<\/p><\/hx-partial>$/,
    );
  });

  it("runs once under one Idempotency-Key, which its acknowledgement names", async () => {
    const app = await socketApp();
    const { state } = await app.mount("counter", "c-one");
    const socket = await app.open("ann", "?html=1");
    const message = { headers: { ...headers, "Idempotency-Key": "k1" }, _component: "counter", _event: "add", state };
    socket.send(message);
    socket.send(message);
    await expect.poll(() => socket.messages.filter(({ type }) => type === "ack")).toHaveLength(2);
    expect([app.deeds.ran, socket.texts.length]).toEqual([["c-one add 1"], 2]);
    expect(await socket.message({ type: "ack" })).toEqual({ type: "ack", id: "k1" });
  });

  it("that fails is answered with a partial for the error place of its instance", async () => {
    const app = await socketApp();
    const { state } = await app.mount("counter", "c-one");
    const socket = await app.open("ann", "?html=1");
    socket.send({ headers, _component: "counter", _event: "fail", state });
    await expect.poll(() => socket.texts).toHaveLength(1);
    expect(socket.texts[0]).toMatch(
      /^<hx-partial hx-target="#c-one \[data-component-error\]" hx-swap="innerHTML"><p role="alert" data-code="internal"/,
    );
  });

  it("that goes elsewhere tells scripts so, in a message that htmx swaps nothing for", async () => {
    const app = await socketApp();
    const { state } = await app.mount("counter", "c-one");
    const socket = await app.open("ann", "?html=1");
    socket.send({ headers, _component: "counter", _event: "go", state });
    expect((await socket.message({ type: "component_update" })).effects).toEqual({ redirect: "/next" });
    expect(socket.texts).toEqual([]);
  });

  it("without the two names of the client is refused", async () => {
    const app = await socketApp();
    const socket = await app.open("ann", "?html=1");
    socket.send({ headers, state: "x" });
    expect((await socket.message({ type: "error" })).code).toBe("malformed");
  });
});
