import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { testClock } from "../support/clock.js";
import { upgradeAnswer } from "../support/socket.js";
import { eventOf, socketApp, subscribeTo } from "../support/socket-app.js";

describe("somebody who signs out", () => {
  it("is cut off with 4401 within five seconds, also where nothing was subscribed", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock } });
    const [ann, quiet, bob] = [await app.open("ann"), await app.open("ann"), await app.open("bob")];
    await ann.ask(subscribeTo("diary", await app.mount("diary", "c-diary"), "s1"));
    app.people.ann = null;
    clock.advance(5000);
    expect(await ann.closed).toEqual({ code: 4401, reason: "unauthenticated" });
    expect((await quiet.closed).code).toBe(4401);
    expect((await bob.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
  });

  it("is cut off at once where the application says so", async () => {
    const app = await socketApp();
    const [ann, bob] = [await app.open("ann"), await app.open("bob")];
    await app.server.signedOut({ user: { id: "ann" }, session: null });
    expect((await ann.closed).code).toBe(4401);
    expect((await bob.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
  });

  it("has the stream that runs for them ended", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock } });
    const socket = await app.open();
    socket.send(eventOf("teller", await app.mount("teller", "c-one"), "hang", "m1"));
    await socket.message({ type: "component_update", number: 1 });
    app.people.ann = null;
    clock.advance(5000);
    await expect.poll(() => app.deeds.ran).toEqual(["aborted", "closed"]);
    expect((await socket.closed).code).toBe(4401);
  });
});

describe("somebody who may no longer see the only instance of a page", () => {
  it("is told so and of nothing more of it, and may use the socket for everything else", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock, topicAccess: () => true } });
    app.people.ann = { id: "ann", permissions: ["vault.see"] };
    const vault = await app.server.mount({
      component: "vault",
      id: "c-vault",
      caller: { user: app.people.ann, session: null },
    });
    const socket = await app.open();
    await socket.ask(subscribeTo("vault", vault, "s1"));
    await socket.ask({ type: "subscribe", topic: "news", id: "t1" });
    app.people.ann = { id: "ann" };
    clock.advance(3000);
    expect(await socket.message({ type: "error" })).toMatchObject({ code: "forbidden", component_id: "c-vault" });
    await app.server.publish("diary");
    await expect
      .poll(async () => {
        await app.server.publish("news", "still");
        return socket.messages.filter(({ type }) => type === "published").length;
      })
      .toBeGreaterThan(0);
    clock.advance(1000);
    const counter = await app.mount("counter", "c-one");
    await socket.ask(subscribeTo("counter", counter, "s2"));
    await app.server.publish("hall", { say: "hello" });
    clock.advance(1000);
    expect((await socket.message({ type: "component_update" })).component_id).toBe("c-one");
    expect((await socket.ask(eventOf("counter", counter, "add", "m1"))).at(-1)?.type).toBe("ack");
    expect(
      socket.messages.filter(({ component_id, type }) => type !== "subscribed" && component_id === "c-vault"),
    ).toHaveLength(1);
  });
});

describe("a node that gets ready to stop", () => {
  it("closes sockets with 1012, so that pages connect elsewhere", async () => {
    const app = await socketApp();
    const sockets = [await app.open("ann"), await app.open("bob")];
    await app.server.drain(0);
    const endings = await Promise.all(sockets.map(({ closed }) => closed));
    expect(endings).toEqual(Array(2).fill({ code: 1012, reason: "restart" }));
    expect((await upgradeAnswer(app.url)).status).toBe(503);
  });

  it("finishes and acknowledges what it began, takes nothing new, and then closes", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    const begun = socket.ask(eventOf("counter", counter, "wait", "m1"));
    await expect.poll(() => app.deeds.ran).toEqual(["c-one wait"]);
    await app.server.drain(0);
    expect((await socket.ask(eventOf("counter", counter, "add", "m2")))[0]).toMatchObject({
      code: "unavailable",
      retry_after: 1,
    });
    app.deeds.release();
    expect((await begun).map(({ type }) => type)).toEqual(["component_update", "ack"]);
    expect((await socket.closed).code).toBe(1012);
    expect(app.deeds.ran).toEqual(["c-one wait", "c-one waited"]);
  });

  it("ends streams when their time is over, and says that they did not finish", async () => {
    const app = await socketApp();
    const socket = await app.open();
    const answers = socket.ask(eventOf("teller", await app.mount("teller", "c-one"), "hang", "m1"));
    await socket.message({ type: "component_update", number: 1 });
    await app.server.drain(1);
    expect((await answers).at(-1)).toMatchObject({ type: "error", code: "unavailable" });
    expect((await socket.closed).code).toBe(1012);
  });

  it("closes at once when the door is closed, also towards a client that does not answer", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const [socket, deaf] = [await app.open("ann"), await app.open("bob")];
    deaf.client.pause();
    socket.send(eventOf("counter", counter, "wait", "m1"));
    await expect.poll(() => app.deeds.ran).toEqual(["c-one wait"]);
    const closing = app.sockets.close();
    expect((await socket.closed).code).toBe(1012);
    await closing;
    await expect.poll(() => app.deeds.ran).toEqual(["c-one wait", "c-one aborted"]);
    deaf.client.terminate();
  });
});

describe("a socket that is silent", () => {
  it("is cut off when it leaves a ping without an answer for thirty seconds; others are not", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock } });
    const deaf = await app.open("ann", "", { autoPong: false });
    const good = await app.open("bob");
    let pings = 0;
    deaf.client.on("ping", () => pings++);
    let heard = 0;
    good.client.on("ping", () => heard++);
    for (let beat = 1; beat <= 3; beat++) {
      clock.advance(15_000);
      await expect.poll(() => heard).toBe(beat);
      await good.ask({ type: "ping", id: `p${beat}` });
    }
    expect((await deaf.closed).code).toBe(1006);
    expect(pings).toBe(2);
    expect((await good.ask({ type: "ping", id: "last" }))[0]?.type).toBe("pong");
  });

  it("stays open when it answers pings and says nothing else", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock } });
    const quiet = await app.open();
    let heard = 0;
    quiet.client.on("ping", () => heard++);
    for (let beat = 1; beat <= 8; beat++) {
      clock.advance(15_000);
      await expect.poll(() => heard).toBe(beat);
      // The answer has to arrive before time goes on.
      await wait(5);
    }
    expect((await quiet.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
  });
});

describe("a reader that never reads", () => {
  it("holds up nobody else, gets no more than a bounded amount, and is cut off", async () => {
    const app = await socketApp({ server: { limits: { pushMs: 1, stallMs: 500 } } });
    const [deaf, good] = [await app.open("ann"), await app.open("bob")];
    await deaf.ask(subscribeTo("counter", await app.mount("counter", "c-one", "ann"), "s1"));
    await good.ask(subscribeTo("counter", await app.mount("counter", "c-one", "bob"), "s1"));
    deaf.client.pause();
    const long = "x".repeat(300_000);
    for (let at = 1; at <= 40; at++) {
      await app.server.publish("hall", { say: `${at} ${long}` });
      await expect.poll(() => good.messages.at(-1)?.html?.includes(`<i>${at} `), { interval: 5 }).toBe(true);
    }
    // It is cut off while it still does not read; only then does it notice.
    await wait(600);
    deaf.client.resume();
    expect((await deaf.closed).code).toBe(1006);
    expect(deaf.messages.length).toBeLessThan(40);
    expect((await good.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
  });

  it("that reads again in time is shown how things stand, once", async () => {
    const app = await socketApp({ server: { limits: { pushMs: 1 } } });
    const slow = await app.open("ann");
    await slow.ask(subscribeTo("counter", await app.mount("counter", "c-one"), "s1"));
    slow.client.pause();
    const long = "x".repeat(300_000);
    for (let at = 1; at <= 60; at++) {
      await app.server.publish("hall", { say: `${at} ${long}` });
      await wait(3);
    }
    slow.client.resume();
    await expect.poll(() => slow.messages.at(-1)?.html?.includes("<i>60 "), { timeout: 5000 }).toBe(true);
    expect(slow.messages.length).toBeLessThan(50);
  });

  it("has its own events wait, so that their answers do not pile up", async () => {
    const app = await socketApp({ door: { messagesPerSecond: 10_000 } });
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    socket.client.pause();
    for (let at = 0; at < 90; at++) socket.send(eventOf("counter", counter, "grow", `m${at}`, { size: 300_000 }));
    await wait(300);
    socket.client.resume();
    await expect.poll(() => socket.messages.filter(({ type }) => type === "ack"), { timeout: 10_000 }).toHaveLength(90);
  });

  it("of more answers than fit, because all were begun at once, is cut off", async () => {
    const app = await socketApp({ door: { messagesPerSecond: 10_000 } });
    const all = await Promise.all(Array.from({ length: 90 }, (_, at) => app.mount("counter", `c-${at}`)));
    const socket = await app.open();
    socket.client.pause();
    for (const one of all) socket.send(eventOf("counter", one, "grow", one.component_id, { size: 400_000 }));
    await wait(300);
    socket.client.resume();
    expect((await socket.closed).code).toBe(1006);
  });
});
