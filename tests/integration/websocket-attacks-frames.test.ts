import { describe, expect, it } from "vitest";
import { testClock } from "../support/clock.js";
import { frame, rawClient, UPGRADE } from "../support/raw-socket.js";
import { type TestSocket, upgradeAnswer } from "../support/socket.js";
import { eventOf, type SocketApp, socketApp } from "../support/socket-app.js";

/** First bytes of frames. */
const FIRST = { text: 0x01, wholeText: 0x81, more: 0x00, end: 0x80, close: 0x88, ping: 0x89, pong: 0x8a } as const;

/** Everybody else is served as ever, and the log holds nothing that says something went wrong. */
async function othersAreServed(app: SocketApp, other: TestSocket): Promise<void> {
  const counter = await app.mount("counter", "c-other", "bob");
  const answers = await other.ask(eventOf("counter", counter, "add", `other-${other.messages.length}`));
  expect(answers.map(({ type }) => type)).toEqual(["component_update", "ack"]);
  expect([app.log.at("warn"), app.log.at("error")]).toEqual([[], []]);
}

/** Frames that break the protocol, and the code the socket is closed with. Source: RFC 6455, 5.4, 5.5 and 7.4. */
const BROKEN: readonly (readonly [string, number, readonly Buffer[]])[] = [
  ["a ping that is too long", 1002, [frame(FIRST.ping, Buffer.alloc(126))]],
  ["a pong that is too long", 1002, [frame(FIRST.pong, Buffer.alloc(126))]],
  ["a ping in pieces", 1002, [frame(0x09, Buffer.alloc(1))]],
  ["a close in pieces", 1002, [frame(0x08, Buffer.alloc(2))]],
  ["a close with half of a code", 1002, [frame(FIRST.close, Buffer.from([3]))]],
  ["a close with a code nobody may send", 1002, [frame(FIRST.close, Buffer.from([0x03, 0xed]))]],
  ["a close with a reason that is no UTF-8", 1007, [frame(FIRST.close, Buffer.from([0x03, 0xe8, 0xff]))]],
  [
    "a new message within another",
    1002,
    [frame(FIRST.text, Buffer.from("{")), frame(FIRST.wholeText, Buffer.from("{}"))],
  ],
  ["pieces of a binary message within a text", 1002, [frame(FIRST.text), frame(0x02, Buffer.alloc(1))]],
  [
    "bad UTF-8 across two pieces",
    1007,
    [frame(FIRST.text, Buffer.from([0x22, 0xc3])), frame(FIRST.end, Buffer.from([0x28]))],
  ],
  ["a message that says it is longer than allowed", 1009, [frame(FIRST.wholeText, Buffer.alloc(1), 262_145n)]],
  ["a message that says it is longer than any number", 1009, [frame(FIRST.wholeText, Buffer.alloc(1), 2n ** 63n)]],
  ["a binary message that says so", 1009, [frame(0x82, Buffer.alloc(1), 2n ** 40n)]],
  ["bytes at random", 1002, [Buffer.from("GET / HTTP/1.1\r\n\r\n")]],
];

describe("a frame that breaks the protocol", () => {
  it.each(BROKEN)("%s closes its socket with %i, and nobody else's", async (_what, code, frames) => {
    const app = await socketApp();
    const other = await app.open("bob");
    const client = await rawClient(app);
    for (const one of frames) client.socket.write(one);
    await client.closed;
    expect(client.code()).toBe(code);
    await othersAreServed(app, other);
    expect(app.log.lines.map(({ message }) => message)).toEqual(["a socket was closed for what it sent"]);
  });

  it("that is compressed is refused, also where the client offered compression", async () => {
    const app = await socketApp();
    const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    const client = await rawClient(app, UPGRADE.replace(/\r\n\r\n$/, `\r\n${offer}`));
    expect(client.received()).not.toContain("permessage-deflate");
    // 65 kilobytes of nothing, deflated: it would be 64 megabytes.
    client.socket.write(frame(0xc1, Buffer.alloc(65_000), 65_000));
    await client.closed;
    expect(client.code()).toBe(1002);
  });
});

describe("a message that never ends", () => {
  it("is cut off after so many pieces, however small they are", async () => {
    const app = await socketApp();
    const other = await app.open("bob");
    const client = await rawClient(app);
    client.socket.write(frame(FIRST.text));
    const pieces = Buffer.concat(Array.from({ length: 20_000 }, () => frame(FIRST.more)));
    client.socket.write(pieces);
    await client.closed;
    expect(client.code()).toBe(1008);
    await othersAreServed(app, other);
  });

  it("holds no more than one message may be long, while signs of life come between its pieces", async () => {
    const app = await socketApp({ door: { messageBytes: 500 } });
    const client = await rawClient(app);
    client.socket.write(frame(FIRST.text, Buffer.alloc(100, 0x20)));
    for (let piece = 0; piece < 5; piece++) {
      client.socket.write(frame(FIRST.ping, Buffer.from(`alive-${piece}`)));
      client.socket.write(frame(FIRST.more, Buffer.alloc(100, 0x20)));
    }
    await client.closed;
    expect(client.code()).toBe(1009);
    expect(client.received()).toContain("alive-3");
  });
});

describe("a flood", () => {
  it("of pings whose answers are never read is cut off", async () => {
    const app = await socketApp({ server: { limits: { connections: 1 } } });
    const other = await app.open("bob");
    const client = await rawClient(app);
    client.socket.pause();
    expect((await upgradeAnswer(app.url, { "x-user": "ann" })).status).toBe(429);
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => frame(FIRST.ping, Buffer.alloc(125))));
    for (let n = 0; n < 20 && !client.socket.destroyed; n++) client.socket.write(pings);
    // It reads nothing, so it does not hear that it was closed: the place is free again.
    await expect.poll(async () => (await upgradeAnswer(app.url, { "x-user": "ann" })).status).toBe(101);
    await othersAreServed(app, other);
  });

  it("of pongs that nobody asked for, and of empty frames, harms nobody", async () => {
    const app = await socketApp();
    const other = await app.open("bob");
    const client = await rawClient(app);
    client.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => frame(FIRST.pong, Buffer.alloc(10)))));
    await othersAreServed(app, other);
    client.socket.write(frame(FIRST.wholeText, Buffer.from('{"type":"ping","id":"after"}')));
    await expect.poll(() => client.received()).toContain('"pong","id":"after"');
  });

  it("of binary messages closes the socket with 1008", async () => {
    const app = await socketApp({ server: { clock: testClock() } });
    const other = await app.open("bob");
    const client = await rawClient(app);
    client.socket.write(Buffer.concat(Array.from({ length: 500 }, () => frame(0x82, Buffer.alloc(10)))));
    await client.closed;
    expect(client.code()).toBe(1008);
    expect(client.received().split('"malformed"').length - 1).toBeLessThan(150);
    await othersAreServed(app, other);
  });
});

describe("a message in JSON", () => {
  it("that names a field twice counts as the last says, and is judged by it", async () => {
    const app = await socketApp();
    const socket = await app.open();
    const { component_id, state } = await app.mount("counter", "c-one");
    const theirs = await app.mount("counter", "c-two", "bob");
    const fields = JSON.stringify({ ...eventOf("counter", { component_id, state }, "add", "m1"), payload: undefined });
    socket.send(`${fields.slice(0, -1)},"state":${JSON.stringify(theirs.state)}}`);
    expect((await socket.message({ id: "m1" })).code).toBe("state_invalid");
    socket.send(`{"type":"ping","id":"m2","type":"eval"}`);
    expect((await socket.message({ id: "m2" })).code).toBe("malformed");
    expect(app.deeds.ran).toEqual([]);
  });

  it.each([
    ["of a prototype in place of its own", '{"__proto__":{"type":"ping"},"id":"m"}'],
    ["of a constructor", '{"constructor":{"prototype":{"type":"ping"}},"id":"m"}'],
    ["that every object has", '{"type":"toString","id":"m"}'],
    ["of headers that are none", '{"headers":"HX-Request","id":"m"}'],
    ["of a topic beside an instance that is none", '{"type":"subscribe","topic":null,"id":"m"}'],
    ["of numbers in place of a frame", '{"type":"component_resume","ticket":"x","after":-1,"id":"m"}'],
    ["of half a frame", '{"type":"component_resume","ticket":"x","after":1.5,"id":"m"}'],
    ["of a frame beyond all numbers", '{"type":"component_resume","ticket":"x","after":1e400,"id":"m"}'],
    ["of a frame as text", '{"type":"component_resume","ticket":"x","after":"1","id":"m"}'],
  ])("with the names %s is malformed", async (_what, text) => {
    const app = await socketApp();
    const socket = await app.open();
    socket.send(text);
    expect(await socket.message({ id: "m" })).toMatchObject({ type: "error", code: "malformed" });
    expect(({} as { type?: string }).type).toBeUndefined();
    expect(app.log.at("error")).toEqual([]);
  });
});
