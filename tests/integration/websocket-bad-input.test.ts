import { describe, expect, it } from "vitest";
import { testClock } from "../support/clock.js";
import { frame, rawClient } from "../support/raw-socket.js";
import type { TestSocket } from "../support/socket.js";
import { eventOf, type SocketApp, socketApp, subscribeTo } from "../support/socket-app.js";

const EVENT = { type: "component_event", component: "counter", event: "add", state: "x" };

/** Messages nobody should send, by what is wrong with them. */
const MALFORMED: readonly (readonly [string, object | string])[] = [
  ["no JSON", "hello"],
  ["nothing", ""],
  ["half of an object", '{"type":"ping"'],
  ["a list", "[]"],
  ["a number", "5"],
  ["a text", '"ping"'],
  ["null", "null"],
  ["without a type", {}],
  ["of an unknown type", { type: "eval" }],
  ["of a type every object has", { type: "constructor" }],
  ["of a type that is no text", { type: ["ping"] }],
  ["with a component that is no text", { ...EVENT, component: { a: 1 } }],
  ["with an event that is no text", { ...EVENT, event: 5 }],
  ["with an instance that is no text", { ...EVENT, component_id: [] }],
  ["without a seal", { ...EVENT, state: undefined }],
  ["with a list of seals", { ...EVENT, state: ["a", "b"] }],
  ["with a payload that is a list", { ...EVENT, payload: [1] }],
  ["with a payload that is a text", { ...EVENT, payload: "by=1" }],
  ["with an id that is no text", { ...EVENT, id: 5 }],
  ["with an empty id", { ...EVENT, id: "" }],
  ["with an id too long to be said back", { ...EVENT, id: "x".repeat(201) }],
  ["nested deep", `{"type":"component_event","payload":${"[".repeat(100_000)}`],
  ["nested deep, and complete", `{"type":"ping","x":${"[".repeat(5000)}${"]".repeat(5000)}}`],
  ["of many fields", `{"type":"ping","x":[${"1,".repeat(20_000)}1]}`],
  ["a subscription to nothing", { type: "subscribe" }],
  ["a subscription without a seal", { type: "subscribe", component: "counter" }],
  ["a subscription with a cursor that is no text", { type: "subscribe", component: "counter", state: "x", cursor: 1 }],
  ["a subscription with a cursor that is long", { type: "subscribe", topic: "news", cursor: "x".repeat(201) }],
  ["a list of subscriptions that is none", { type: "subscribe", instances: { length: 3 } }],
  ["a list of subscriptions with a hole", { type: "subscribe", instances: [null] }],
  ["a topic that is no text", { type: "subscribe", topic: { $gt: "" } }],
  ["a topic that is long", { type: "subscribe", topic: "x".repeat(201) }],
  ["the end of no subscription", { type: "unsubscribe" }],
  ["a stop without a ticket", { type: "component_stop" }],
];

async function stillAnswers(app: SocketApp, socket: TestSocket): Promise<boolean> {
  const counter = await app.mount("counter", "c-last");
  return (await socket.ask(eventOf("counter", counter, "add", "last"))).at(-1)?.type === "ack";
}

describe("a message that is", () => {
  it.each(MALFORMED)("%s is refused, nothing runs, and the socket goes on", async (_what, message) => {
    const app = await socketApp();
    const socket = await app.open();
    socket.send(message);
    expect(await socket.message({ type: "error" })).toMatchObject({ code: "malformed" });
    expect(app.deeds.ran).toEqual([]);
    expect(await stillAnswers(app, socket)).toBe(true);
    expect(app.log.at("error")).toEqual([]);
  });

  it("binary is refused, and the socket goes on", async () => {
    const app = await socketApp();
    const socket = await app.open();
    socket.client.send(Buffer.from('{"type":"ping"}'), { binary: true });
    expect((await socket.message({ type: "error" })).code).toBe("malformed");
    expect(await stillAnswers(app, socket)).toBe(true);
  });

  it("about something unknown is not found, with the same bytes for all, and its names are not repeated", async () => {
    const app = await socketApp();
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    const wrong = [
      eventOf("nobody", counter, "add", "m"),
      eventOf("counter", counter, "nothing", "m"),
      eventOf("__proto__", counter, "add", "m"),
      eventOf("counter", counter, "constructor", "m"),
      eventOf("counter", { ...counter, component_id: "C-ONE!" }, "add", "m"),
    ];
    const answers = [];
    for (const message of wrong) answers.push((await socket.ask(message))[0]);
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]).toMatchObject({ code: "not_found", id: "m", error_id: "not-found" });
  });

  it("full of names that reach a prototype is refused before any schema sees it", async () => {
    const app = await socketApp();
    const { component_id, state } = await app.mount("counter", "c-one");
    const socket = await app.open();
    const text = JSON.stringify({ ...EVENT, component_id, state, id: "m1" });
    socket.send(`${text.slice(0, -1)},"payload":{"__proto__":{"by":3}}}`);
    expect((await socket.message({ type: "error" })).code).toBe("malformed");
    expect(app.deeds.ran).toEqual([]);
  });

  it("larger than allowed closes the socket with 1009", async () => {
    const app = await socketApp({ door: { messageBytes: 1000 } });
    const socket = await app.open();
    expect((await socket.message({ type: "connected" })).message_bytes).toBe(1000);
    socket.send({ ...EVENT, payload: { text: "x".repeat(1000) } });
    expect((await socket.closed).code).toBe(1009);
    expect(app.deeds.ran).toEqual([]);
  });

  it("about other people's instances is refused like any seal that does not open", async () => {
    const app = await socketApp();
    const theirs = await app.mount("counter", "c-one", "bob");
    const other = await app.mount("counter", "c-two");
    const socket = await app.open();
    const refused = [
      ...(await socket.ask(subscribeTo("counter", theirs, "s1"))),
      ...(await socket.ask(subscribeTo("counter", { ...other, component_id: "c-three" }, "s2"))),
      ...(await socket.ask(subscribeTo("diary", other, "s3"))),
      ...(await socket.ask(subscribeTo("counter", { ...other, state: "forged" }, "s4"))),
      ...(await socket.ask(eventOf("counter", theirs, "add", "m1"))),
    ];
    expect(refused.map(({ type, code }) => [type, code])).toEqual(Array(5).fill(["error", "state_invalid"]));
    await app.server.publish("hall", { say: "secret" });
    await socket.ask({ type: "ping", id: "p" });
    expect(socket.messages.filter(({ type }) => type === "component_update")).toEqual([]);
  });
});

describe("a thousand subscriptions at once", () => {
  it("are refused as one list", async () => {
    const app = await socketApp();
    const { component_id, state } = await app.mount("counter", "c-one");
    const socket = await app.open();
    const instances = Array.from({ length: 1000 }, () => ({
      component: "counter",
      component_id,
      state: state.slice(0, 50),
    }));
    expect((await socket.ask({ type: "subscribe", instances, id: "s1" }))[0]?.code).toBe("malformed");
    expect(await stillAnswers(app, socket)).toBe(true);
  });

  it("are taken up to the bound, and the others are refused without closing the socket", async () => {
    const app = await socketApp({ server: { limits: { subscriptions: 20 }, topicAccess: () => true } });
    const socket = await app.open();
    const all = await Promise.all(Array.from({ length: 25 }, (_, at) => app.mount("counter", `c-${at}`)));
    for (const one of all) await socket.ask(subscribeTo("counter", one, one.component_id));
    const refused = socket.messages.filter(({ code }) => code === "too_large");
    expect(refused.map(({ component_id }) => component_id)).toEqual(["c-20", "c-21", "c-22", "c-23", "c-24"]);
    const topics = [];
    for (let at = 0; at < 25; at++)
      topics.push((await socket.ask({ type: "subscribe", topic: `t${at}`, id: `t${at}` }))[0]);
    expect(topics.filter((one) => one?.code === "too_large")).toHaveLength(5);
    expect(await stillAnswers(app, socket)).toBe(true);
  });
});

describe("a flood", () => {
  it("is refused beyond twice a second's worth, each message with its id, and goes on when time has passed", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock }, door: { messagesPerSecond: 5 } });
    const socket = await app.open();
    for (let at = 0; at < 15; at++) socket.send({ type: "ping", id: `p${at}` });
    await expect.poll(() => socket.messages.filter(({ type }) => type !== "connected")).toHaveLength(15);
    const refused = socket.messages.filter(({ code }) => code === "rate_limited");
    expect(refused.map(({ id, retry_after }) => [id, retry_after])).toEqual(
      [10, 11, 12, 13, 14].map((at) => [`p${at}`, 1]),
    );
    clock.advance(1000);
    expect((await socket.ask({ type: "ping", id: "again" }))[0]?.type).toBe("pong");
  });

  it("that does not heed it closes the socket with 1008", async () => {
    const app = await socketApp({ server: { clock: testClock() }, door: { messagesPerSecond: 5 } });
    const [socket, other] = [await app.open("ann"), await app.open("bob")];
    for (let at = 0; at < 500; at++) socket.client.send(JSON.stringify({ type: "ping", id: `p${at}` }), () => {});
    expect(await socket.closed).toEqual({ code: 1008, reason: "rate_limited" });
    expect(socket.messages.length).toBeLessThan(150);
    expect((await other.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
  });

  it("of nonsense does so too", async () => {
    const app = await socketApp({ server: { clock: testClock() }, door: { messagesPerSecond: 10_000 } });
    const socket = await app.open();
    for (let at = 0; at < 500; at++) socket.client.send("nonsense", () => {});
    expect((await socket.closed).code).toBe(1008);
  });

  it("of events that all wait is refused when too many do", async () => {
    const app = await socketApp({ door: { messagesPerSecond: 10_000 } });
    const counter = await app.mount("counter", "c-one");
    const socket = await app.open();
    socket.send(eventOf("counter", counter, "wait", "m0"));
    for (let at = 1; at <= 110; at++) socket.send(eventOf("counter", counter, "add", `m${at}`));
    await expect.poll(() => socket.messages.filter(({ code }) => code === "rate_limited")).toHaveLength(11);
    app.deeds.release();
    await expect.poll(() => socket.messages.filter(({ type }) => type === "ack")).toHaveLength(100);
  });
});

describe("frames that are no messages", () => {
  it("close the socket with the code of the protocol: bad UTF-8, no mask, reserved bits, an unknown kind", async () => {
    const app = await socketApp();
    const wrong: readonly (readonly [number, Buffer])[] = [
      [1007, frame(0x81, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
      [1002, Buffer.from([0x81, 2, 0x7b, 0x7d])],
      [1002, frame(0xc1, Buffer.from("{}"))],
      [1002, frame(0x83, Buffer.from("{}"))],
      [1002, frame(0x80, Buffer.from("{}"))],
    ];
    const codes = [];
    for (const [, bytes] of wrong) {
      const client = await rawClient(app);
      client.socket.write(bytes);
      await client.closed;
      codes.push(client.code());
    }
    expect(codes).toEqual(wrong.map(([code]) => code));
    expect(app.log.at("error")).toEqual([]);
    expect(await stillAnswers(app, await app.open())).toBe(true);
  });

  it("that end half-way are cut off, because no sign of life can come after them", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock } });
    const half = await rawClient(app);
    half.socket.write(Buffer.from([0x81, 0xfe, 0x03, 0xe8, 0, 0, 0, 0, 0x7b]));
    const good = await app.open("bob");
    for (let beat = 0; beat < 4; beat++) {
      clock.advance(15_000);
      await good.ask({ type: "ping", id: `p${beat}` });
    }
    await half.closed;
    expect((await good.ask({ type: "ping", id: "last" }))[0]?.type).toBe("pong");
  });

  it("in pieces are one message, and never more than one may be long", async () => {
    const app = await socketApp({ door: { messageBytes: 200 } });
    const client = await rawClient(app);
    const text = Buffer.from('{"type":"ping","id":"pieces"}');
    client.socket.write(frame(0x01, text.subarray(0, 10)));
    client.socket.write(frame(0x80, text.subarray(10)));
    await expect.poll(() => client.received()).toContain('"pong","id":"pieces"');
    client.socket.write(frame(0x01, Buffer.alloc(100, "x")));
    client.socket.write(frame(0x00, Buffer.alloc(101, "x")));
    await client.closed;
    expect(client.code()).toBe(1009);
  });
});
