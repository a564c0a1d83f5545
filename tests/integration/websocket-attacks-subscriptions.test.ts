import { describe, expect, it } from "vitest";
import { testClock } from "../support/clock.js";
import type { SocketMessage } from "../support/socket.js";
import { eventOf, socketApp, subscribeTo } from "../support/socket-app.js";

const DAY_MS = 86_400_000;

describe("a subscription over a socket", () => {
  it("with what was sealed for something else, or by somebody else, gets one answer, and hears nothing", async () => {
    const app = await socketApp();
    const stranger = await socketApp({ server: { keys: ["another-key-5tG7hJ2kL9zX4cV8bN1mQ6w"] } });
    const elsewhere = await socketApp({ server: { app: "another application" } });
    const mine = await app.mount("counter", "c-one");
    const socket = await app.open();
    app.deeds.release();
    const story = await app.mount("story", "c-story");
    const told = await socket.ask(eventOf("story", story, "tell", "m1"));
    const seals: readonly (readonly [string, string])[] = [
      ["the ticket of a stream", told.find(({ ticket }) => ticket !== undefined)?.ticket as string],
      ["another component", story.state],
      ["another instance", (await app.mount("counter", "c-two")).state],
      ["another person", (await app.mount("counter", "c-one", "bob")).state],
      [
        "a visitor",
        (await app.server.mount({ component: "counter", id: "c-one", caller: { user: null, session: "ann" } })).state,
      ],
      ["another key", (await stranger.mount("counter", "c-one")).state],
      ["another application", (await elsewhere.mount("counter", "c-one")).state],
      ["nothing", ""],
      ["one letter less", mine.state.slice(0, -1)],
      ["one letter more", `${mine.state}A`],
      ["another spelling", `${mine.state}=`],
      ["a day far from now", `${mine.state.slice(0, 6)}____${mine.state.slice(10)}`],
    ];
    const answers: (readonly [string, Partial<SocketMessage>])[] = [];
    for (const [what, state] of seals) {
      const [answer] = await socket.ask(subscribeTo("counter", { component_id: "c-one", state }, "s"));
      const { error_id: _id, ...said } = answer as SocketMessage;
      answers.push([what, said]);
    }
    const refusal = { type: "error", code: "state_invalid", id: "s", component_id: "c-one" };
    for (const [what, said] of answers) expect([what, said]).toEqual([what, { ...refusal, message: said.message }]);
    expect(new Set(answers.map(([, said]) => JSON.stringify(said))).size).toBe(1);
    await app.server.publish("hall", { say: "secret" });
    await app.server.pushUpdate("c-one", { say: "secret" });
    await socket.ask({ type: "ping", id: "p" });
    expect(JSON.stringify(socket.messages)).not.toContain("secret");
    expect([app.log.at("warn"), app.log.at("error")]).toEqual([[], []]);
  });

  it("with a seal whose time is over is told how the instance stands now, with a seal that works", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock } });
    const old = await app.mount("counter", "c-one");
    clock.advance(DAY_MS + 1_000);
    const socket = await app.open();
    expect((await socket.ask(subscribeTo("counter", old, "s")))[0]?.type).toBe("subscribed");
    await expect.poll(() => clock.pending()).toBeGreaterThan(0);
    await expect
      .poll(() => {
        clock.advance(25);
        return socket.messages.filter(({ type }) => type === "component_update").length;
      })
      .toBe(1);
    const { state = "" } = await socket.message({ type: "component_update" });
    const fresh = { component_id: "c-one", state };
    expect((await socket.ask(eventOf("counter", fresh, "add", "m1"))).at(-1)?.type).toBe("ack");
    expect(app.log.at("error")).toEqual([]);
  });

  it("made twice is one, and taken off as often as one likes, also by who never had it", async () => {
    const app = await socketApp();
    const [counter, theirs] = [await app.mount("counter", "c-one"), await app.mount("counter", "c-one", "bob")];
    const [socket, bob] = [await app.open(), await app.open("bob")];
    await bob.ask(subscribeTo("counter", theirs, "b"));
    for (const id of ["s1", "s2", "s3"]) await socket.ask(subscribeTo("counter", counter, id));
    await app.server.publish("hall", { say: "one" });
    for (const one of [socket, bob]) await one.message({ type: "component_update" });
    await socket.ask({ type: "ping", id: "p1" });
    expect(socket.messages.filter(({ type }) => type === "component_update")).toHaveLength(1);
    for (const component_id of ["c-one", "c-one", "c-nobody", "__proto__", "", "*"]) {
      expect((await socket.ask({ type: "unsubscribe", component_id, id: "u" }))[0]?.type).toBe("unsubscribed");
    }
    expect((await socket.ask({ type: "unsubscribe", topic: "hall", id: "u" }))[0]?.type).toBe("unsubscribed");
    await app.server.publish("hall", { say: "two" });
    await expect.poll(() => bob.messages.filter(({ type }) => type === "component_update").length).toBe(2);
    await socket.ask({ type: "ping", id: "p2" });
    expect(socket.messages.filter(({ type }) => type === "component_update")).toHaveLength(1);
  });

  it("does not go by the name of a connection, whosever it is", async () => {
    const app = await socketApp();
    const [socket, bob] = [await app.open(), await app.open("bob")];
    const theirs = await app.mount("counter", "c-bob", "bob");
    await bob.ask(subscribeTo("counter", theirs, "b"));
    const { connection } = await bob.message({ type: "connected" });
    const counter = await app.mount("counter", "c-one");
    await socket.ask(subscribeTo("counter", counter, "s", { connection, page: "" }));
    await socket.ask({ type: "unsubscribe", connection, component_id: "c-bob", id: "u" });
    await app.server.publish("hall", { say: "all" });
    expect((await bob.message({ type: "component_update" })).component_id).toBe("c-bob");
    expect((await socket.message({ type: "component_update" })).component_id).toBe("c-one");
    expect(bob.messages.filter(({ component_id }) => component_id === "c-one")).toEqual([]);
  });
});

describe("what a page publishes", () => {
  it("with somebody else's seal, or that nobody checks, is refused, and nobody hears it", async () => {
    const app = await socketApp();
    const [socket, bob] = [await app.open(), await app.open("bob")];
    const [mine, theirs] = [await app.mount("counter", "c-one"), await app.mount("counter", "c-bob", "bob")];
    const diary = await app.mount("diary", "c-diary");
    await bob.ask(subscribeTo("counter", theirs, "b"));
    const say = { say: "secret" };
    const broadcast = (component: string, held: typeof mine, change: unknown) => ({
      ...subscribeTo(component, held, "m"),
      type: "broadcast",
      change,
    });
    const refused: readonly (readonly [string, object])[] = [
      ["state_invalid", broadcast("counter", theirs, say)],
      ["state_invalid", broadcast("counter", { ...mine, component_id: "c-bob" }, say)],
      ["state_invalid", broadcast("diary", mine, say)],
      ["forbidden", broadcast("diary", diary, say)],
      ["not_found", broadcast("__proto__", mine, say)],
      ["invalid", broadcast("counter", mine, { say: "x".repeat(21) })],
      ["invalid", broadcast("counter", mine, "secret")],
      ["invalid", broadcast("counter", mine, undefined)],
      ["malformed", broadcast("counter", mine, JSON.parse('{"__proto__":{"say":"secret"}}'))],
    ];
    for (const [code, message] of refused) {
      expect((await socket.ask(message as { readonly id: string } & typeof message)).at(-1)).toMatchObject({
        type: "error",
        code,
      });
    }
    await socket.ask({ type: "ping", id: "p" });
    await bob.ask({ type: "ping", id: "p" });
    expect(bob.messages.filter(({ type }) => type === "component_update")).toEqual([]);
    // What the schema does not name is not handed on.
    await socket.ask(broadcast("counter", mine, { say: "hello", n: 999 }) as { readonly id: string });
    const { html = "" } = await bob.message({ type: "component_update" });
    expect([html.includes("hello"), html.includes("999")]).toEqual([true, false]);
    expect([app.log.at("warn"), app.log.at("error")]).toEqual([[], []]);
  });
});
