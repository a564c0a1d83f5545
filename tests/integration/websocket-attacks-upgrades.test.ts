import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { testClock } from "../support/clock.js";
import { upgradeAnswer } from "../support/socket.js";
import { type SocketApp, socketApp } from "../support/socket-app.js";

const HOST = "shop.test:8080";
const OWN = `http://${HOST}`;

/** A request to open a socket, as a browser of a page at {@link OWN} would send it, with other lines in place of its own. */
function upgrade(
  lines: Readonly<Record<string, string | undefined>> = {},
  first = "GET /components/_ws HTTP/1.1",
): string {
  const all: Readonly<Record<string, string | undefined>> = {
    Host: HOST,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    Cookie: "theme=dark",
    "x-user": "ann",
    ...lines,
  };
  const written = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `${first}\r\n${written.join("")}\r\n`;
}

/** What is answered to bytes that no client would send. */
async function rawAnswer(
  { port }: SocketApp,
  text: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  // A reset is one of the ways to be refused.
  socket.on("error", () => {});
  socket.write(text);
  await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 \d{3} [\s\S]*?\r\n\r\n/);
  socket.destroy();
  return { status: Number(answer.slice(9, 12)), text: answer };
}

/** Origins that look like the one the page came from. */
const LOOK_ALIKES: readonly string[] = [
  "http://shop.test",
  "http://shop.test:80",
  "http://shop.test:80800",
  "http://shop.test:8080.evil.test",
  "http://shop.test.evil.test:8080",
  "http://evil.test:8080",
  "http://evilshop.test:8080",
  "http://www.shop.test:8080",
  "https://shop.test:8080",
  "http://SHOP.test:8080",
  "HTTP://shop.test:8080",
  "http://shop.test.:8080",
  "http://shop.test:08080",
  "http://shop.test:8080/",
  "http://shop.test:8080@evil.test",
  "http://evil.test@shop.test:8080",
  "http://shop.test:8080#evil.test",
  "http://shop.test:8080, http://evil.test",
  "http://evil.test, http://shop.test:8080",
  "//shop.test:8080",
  "shop.test:8080",
  "null",
  "",
  "file://",
  "undefined",
];

describe("an upgrade whose origin looks like the page's own", () => {
  it("is refused with 403, takes nobody's place, and is noted as nothing worse", async () => {
    const app = await socketApp({ server: { limits: { connections: 1 } } });
    const answers = [];
    for (const origin of LOOK_ALIKES) {
      const { status, text } = await rawAnswer(app, upgrade({ Origin: origin }));
      answers.push([origin, status, text.includes('"cross_site"')]);
    }
    expect(answers).toEqual(LOOK_ALIKES.map((origin) => [origin, 403, true]));
    expect([app.log.at("warn"), app.log.at("error")]).toEqual([[], []]);
    expect((await rawAnswer(app, upgrade({ Origin: OWN }))).status).toBe(101);
  });

  it("is judged by what the browser says of the site, where it says so, and only by the words for its own", async () => {
    const app = await socketApp();
    const says: readonly (readonly [string, number])[] = [
      ["same-origin", 101],
      ["none", 101],
      ["same-site", 403],
      ["cross-site", 403],
      ["SAME-ORIGIN", 403],
      ["same-origin, cross-site", 403],
      ["", 403],
      ["websocket", 403],
    ];
    for (const [site, status] of says) {
      for (const origin of [OWN, undefined]) {
        const answer = await rawAnswer(app, upgrade({ Origin: origin, "Sec-Fetch-Site": site }));
        expect([site, origin, answer.status]).toEqual([site, origin, status]);
      }
    }
  });

  it("is not let in by a name the request gives its host", async () => {
    const app = await socketApp();
    const forwarded = { "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", Forwarded: "host=evil.test" };
    for (const origin of ["http://evil.test", "https://evil.test", "https://shop.test:8080"]) {
      expect((await rawAnswer(app, upgrade({ Origin: origin, ...forwarded }))).status).toBe(403);
    }
    expect(
      (await rawAnswer(app, upgrade({ Host: "evil@shop.test:8080", Origin: "http://evil@shop.test:8080" }))).status,
    ).toBe(403);
  });
});

/** Requests that are no upgrade of ours, and how they are answered. */
const WRONG: readonly (readonly [string, number, string])[] = [
  ["another method", 405, upgrade({}, "POST /components/_ws HTTP/1.1")],
  ["another version of the protocol", 400, upgrade({ "Sec-WebSocket-Version": "12" })],
  ["no version", 400, upgrade({ "Sec-WebSocket-Version": undefined })],
  ["no key", 400, upgrade({ "Sec-WebSocket-Key": undefined })],
  ["a key that is none", 400, upgrade({ "Sec-WebSocket-Key": "short" })],
  ["another protocol", 400, upgrade({ Upgrade: "h2c" })],
  ["protocols that are none", 400, upgrade({ "Sec-WebSocket-Protocol": "a,,b" })],
  ["a whole address", 404, upgrade({}, `GET ${OWN}/components/_ws HTTP/1.1`)],
  ["a way around", 404, upgrade({}, "GET /components/../components/_ws HTTP/1.1")],
  ["two slashes", 404, upgrade({}, "GET //components/_ws HTTP/1.1")],
  ["letters written as numbers", 404, upgrade({}, "GET /components/%5Fws HTTP/1.1")],
  ["no path", 404, upgrade({}, "GET * HTTP/1.1")],
  ["two hosts, the second of which is right", 403, upgrade({ Host: `x\r\nHost: ${HOST}` })],
  ["no host", 403, upgrade({ Host: undefined })],
  ["a header that ends twice", 400, upgrade({ "x-more": "a\r\n b\rc" })],
];

describe("an upgrade with", () => {
  it.each(WRONG)("%s is refused with %i, and the next is granted", async (_what, status, text) => {
    const app = await socketApp();
    const other = await app.open("bob");
    const answer = await rawAnswer(app, text.replace("\r\n\r\n", `\r\nOrigin: ${OWN}\r\n\r\n`));
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/ws\.js|node_modules|at Object/);
    expect((await other.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
    expect((await rawAnswer(app, upgrade({ Origin: OWN }))).status).toBe(101);
    expect([app.log.at("warn"), app.log.at("error")]).toEqual([[], []]);
  });

  it("messages behind it, before it was granted, has them answered", async () => {
    const app = await socketApp();
    const text = Buffer.from('{"type":"ping","id":"early"}');
    const frame = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
    const socket = connect(app.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.write(Buffer.concat([Buffer.from(upgrade({ Origin: OWN })), frame]));
    await expect.poll(() => answer).toContain('"pong","id":"early"');
  });
});

describe("a peer that connects and never speaks", () => {
  it("is greeted, told of nothing, and cut off when it leaves pings unanswered; the others stay", async () => {
    const clock = testClock();
    const app = await socketApp({ server: { clock, limits: { connections: 1 } } });
    const other = await app.open("bob");
    const silent = connect(app.port, "127.0.0.1");
    onTestFinished(() => void silent.destroy());
    let heard = "";
    silent.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
    });
    const closed = new Promise<void>((resolve) => silent.once("close", () => resolve()));
    silent.on("error", () => {});
    silent.write(upgrade({ Origin: OWN }));
    await expect.poll(() => heard).toContain('"connected"');
    expect((await upgradeAnswer(app.url, { "x-user": "ann" })).status).toBe(429);
    for (let beat = 0; beat < 4; beat++) {
      clock.advance(15_000);
      await other.ask({ type: "ping", id: `p${beat}` });
    }
    await closed;
    expect((await upgradeAnswer(app.url, { "x-user": "ann" })).status).toBe(101);
    expect((await other.ask({ type: "ping", id: "last" }))[0]?.type).toBe("pong");
    expect([app.log.at("warn"), app.log.at("error")]).toEqual([[], []]);
  });

  it("not even to ask for a socket, holds up nobody", async () => {
    const app = await socketApp();
    const mute = Array.from({ length: 50 }, () => connect(app.port, "127.0.0.1"));
    const half = Array.from({ length: 50 }, () => connect(app.port, "127.0.0.1"));
    onTestFinished(() => {
      for (const one of [...mute, ...half]) one.destroy();
    });
    for (const one of half) one.write(upgrade({ Origin: OWN }).slice(0, -2));
    const socket = await app.open();
    expect((await socket.ask({ type: "ping", id: "p" }))[0]?.type).toBe("pong");
  });
});
