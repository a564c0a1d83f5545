import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createComponentServer, systemClock } from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { html, taggedRenderer } from "hydrant/tagged";
import { ComponentWebSocketManager, type KnownCaller } from "hydrant/websocket";
import Koa, { type Context } from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { testClock } from "../support/clock.js";
import { testLog } from "../support/log.js";
import { openSocket, upgradeAnswer } from "../support/socket.js";
import { eventOf, type SocketApp, socketApp } from "../support/socket-app.js";

const COOKIE = { Cookie: "theme=dark" } as const;

/** Headers an upgrade may come with, and whether it is granted. */
function matrix({ origin: own, port }: SocketApp): readonly (readonly [string, Record<string, string>, number])[] {
  return [
    ["its own pages", { Origin: own, ...COOKIE }, 101],
    ["its own pages, in a browser that says so", { Origin: own, "Sec-Fetch-Site": "same-origin", ...COOKIE }, 101],
    ["an origin it names", { Origin: "https://friend.example", ...COOKIE }, 101],
    ["a program without an origin and without a cookie", {}, 101],
    ["a program without an origin, but with a cookie", COOKIE, 403],
    ["another site", { Origin: "https://evil.example", ...COOKIE }, 403],
    ["another site, without a cookie", { Origin: "https://evil.example" }, 403],
    ["a sandboxed page", { Origin: "null", ...COOKIE }, 403],
    ["another port", { Origin: `http://127.0.0.1:${port + 1}`, ...COOKIE }, 403],
    ["another scheme", { Origin: `https://127.0.0.1:${port}`, ...COOKIE }, 403],
    ["a host that begins like it", { Origin: `${own}.evil.example`, ...COOKIE }, 403],
    ["a host that ends like it", { Origin: `http://evil.example/${own}`, ...COOKIE }, 403],
    ["a name that ends like a friend's", { Origin: "https://evilfriend.example", ...COOKIE }, 403],
    ["a friend's name with a dot", { Origin: "https://friend.example.", ...COOKIE }, 403],
    ["another site, as the browser says", { Origin: own, "Sec-Fetch-Site": "cross-site", ...COOKIE }, 403],
    ["a sister site", { Origin: "http://blog.127.0.0.1", "Sec-Fetch-Site": "same-site", ...COOKIE }, 403],
  ];
}

describe("an upgrade", () => {
  it("is granted to pages of this site and to programs without a cookie, and refused with 403 to all others", async () => {
    const asked: string[] = [];
    const caller = (ctx: Context): KnownCaller => {
      asked.push(ctx.get("origin"));
      return { user: { id: "ann" } };
    };
    const app = await socketApp({ door: { caller, origins: ["https://friend.example"] } });
    const answers = [];
    for (const [who, headers] of matrix(app)) answers.push([who, (await upgradeAnswer(app.url, headers)).status]);
    expect(answers).toEqual(matrix(app).map(([who, , status]) => [who, status]));
    // Nobody was asked who it is where the site alone decides.
    expect(asked).toEqual([app.origin, app.origin, "https://friend.example", ""]);
  });

  it("that is refused is answered over HTTP, with a code and an id that finds the log line", async () => {
    const app = await socketApp();
    const { status, headers, body } = await upgradeAnswer(app.url, { Origin: "https://evil.example" });
    const { error } = JSON.parse(body) as { error: { code: string; id: string } };
    expect([status, error.code]).toEqual([403, "cross_site"]);
    expect([headers["content-type"], headers["cache-control"]]).toEqual([
      "application/json; charset=utf-8",
      "no-store",
    ]);
    expect(app.log.lines.map(({ fields }) => fields.id)).toContain(error.id);
  });

  it("of any other path is not found, also of one that begins the same", async () => {
    const app = await socketApp();
    const root = `ws://127.0.0.1:${app.port}`;
    const paths = ["/", "/components", "/components/_ws/", "/components/_wsx", "/components/_WS", "/x/components/_ws"];
    const answers = await Promise.all(paths.map((path) => upgradeAnswer(root + path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    expect((await upgradeAnswer(`${app.url}?cursor=x`)).status).toBe(101);
  });

  it("is refused with 429 to somebody who has too many sockets open, until one is closed", async () => {
    const app = await socketApp({ server: { limits: { connections: 2 } } });
    const [first] = [await app.open("ann"), await app.open("ann")];
    const refused = await upgradeAnswer(app.url, { "x-user": "ann" });
    expect([refused.status, Number(refused.headers["retry-after"]) > 0]).toEqual([429, true]);
    expect((await upgradeAnswer(app.url, { "x-user": "bob" })).status).toBe(101);
    first?.close();
    await expect.poll(async () => (await upgradeAnswer(app.url, { "x-user": "ann" })).status).toBe(101);
  });

  it("counts visitors nobody knows by their address, because each of them is somebody new", async () => {
    const app = await socketApp({ server: { limits: { connections: 2 } }, door: { trustedProxies: 1 } });
    const from = (ip: string) => ({ "X-Forwarded-For": ip });
    const sockets = await Promise.all([1, 2].map(() => openSocket(app.url, from("192.0.2.1"))));
    expect((await upgradeAnswer(app.url, from("192.0.2.1"))).status).toBe(429);
    expect((await upgradeAnswer(app.url, from("192.0.2.2"))).status).toBe(101);
    for (const { client } of sockets) client.terminate();
    await expect.poll(async () => (await upgradeAnswer(app.url, from("192.0.2.1"))).status).toBe(101);
  });

  it("is refused with 503 while the node gets ready to stop, and after the door is closed", async () => {
    const app = await socketApp();
    await app.server.drain(0);
    const { status, headers } = await upgradeAnswer(app.url);
    expect([status, headers["retry-after"]]).toEqual([503, "1"]);
    const other = await socketApp();
    await other.sockets.close();
    expect((await upgradeAnswer(other.url)).status).toBe(503);
  });

  it("is refused with 500, and no detail, where the application cannot say who asks", async () => {
    const caller = (): KnownCaller => {
      throw new Error("the session store is gone");
    };
    const app = await socketApp({ door: { caller } });
    const { status, body } = await upgradeAnswer(app.url);
    expect([status, body.includes("session store")]).toEqual([500, false]);
    expect(app.log.at("error")).toHaveLength(1);
  });

  it("waits for an application that looks somebody up, but not for ever", async () => {
    const clock = testClock();
    const later = await socketApp({ door: { caller: async () => ({ user: { id: "ann" } }) } });
    expect((await upgradeAnswer(later.url)).status).toBe(101);
    const never = await socketApp({ server: { clock }, door: { caller: () => new Promise(() => {}) } });
    const answer = upgradeAnswer(never.url);
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(30_000);
    expect((await answer).status).toBe(503);
  });

  it("that its client gives up while it is judged leaves nothing behind", async () => {
    let answer = (_known: KnownCaller): void => {};
    const caller = () => new Promise<KnownCaller>((resolve) => (answer = resolve));
    const app = await socketApp({ server: { limits: { connections: 1 } }, door: { caller } });
    const gone = upgradeAnswer(app.url).catch(() => "gone");
    const held = answer;
    await expect.poll(() => answer).not.toBe(held);
    const { connect } = await import("node:net");
    const raw = connect(app.port, "127.0.0.1");
    raw.write(
      "GET /components/_ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    const first = answer;
    await expect.poll(() => answer).not.toBe(first);
    const second = answer;
    raw.destroy();
    await new Promise((resolve) => raw.once("close", resolve));
    second({ user: { id: "ann" } });
    first({ user: { id: "bob" } });
    await gone;
    const opened = upgradeAnswer(app.url);
    await expect.poll(() => answer).not.toBe(second);
    answer({ user: { id: "ann" } });
    expect((await opened).status).toBe(101);
  });
});

describe("an anonymous visitor", () => {
  it("is known by the cookie that the Koa door set with the page, and gets none from the socket", async () => {
    const app = await socketApp();
    const session = app.server.sessions.create();
    const cookie = `hydrant_components=${app.server.sessions.sign(session)}`;
    const counter = await app.server.mount({ component: "counter", id: "c-one", caller: { user: null, session } });
    const socket = await openSocket(app.url, { Cookie: cookie, Origin: app.origin });
    expect((await socket.ask(eventOf("counter", counter, "add", "m1")))[0]?.status).toBe(200);
    const forged = await openSocket(app.url, { Cookie: `${cookie}x`, Origin: app.origin });
    const stranger = await openSocket(app.url);
    for (const one of [forged, stranger]) {
      expect((await one.ask(eventOf("counter", counter, "add", "m1")))[0]?.code).toBe("state_invalid");
    }
    expect(app.deeds.ran).toEqual(["c-one add 1"]);
  });
});

function plainServer(clock = systemClock) {
  return createComponentServer({
    clock,
    components: {},
    renderer: taggedRenderer({ templates: { none: () => html`` } }),
    keys: ["upgrade-key-3Hn7Vq1Zx9Lc5Wt8Bm2R"],
    log: testLog(),
  });
}

/** @returns address of a server that a test began. */
async function addressOf(http: Server): Promise<string> {
  if (!http.listening) await new Promise<void>((resolve) => http.once("listening", resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

describe("an application", () => {
  it("that is started with app.listen() has sockets after attach()", async () => {
    const app = new Koa();
    const server = plainServer();
    app.use(hydrantKoa(server));
    const sockets = new ComponentWebSocketManager(server);
    sockets.attach(app);
    const url = await addressOf(app.listen(0, "127.0.0.1"));
    const socket = await openSocket(`${url}/components/_ws`);
    await socket.message({ type: "connected" });
    expect((await upgradeAnswer(`${url}/elsewhere`)).status).toBe(404);
    await sockets.close();
    expect((await socket.closed).code).toBe(1012);
  });

  it("may have sockets of its own; what fails in them closes them with 1011, and other sites may not open them", async () => {
    const app = new Koa();
    const server = plainServer();
    const sockets = new ComponentWebSocketManager(server);
    sockets.attach(app);
    const own = app as typeof app & {
      ws: { use(one: (ctx: { path: string; websocket: WebSocket }) => unknown): void };
    };
    own.ws.use(({ path, websocket }) => {
      if (path === "/broken") throw new Error("the secret is swordfish");
      websocket.send(`{"type":"hello","id":"${path}"}`);
    });
    const url = await addressOf(app.listen(0, "127.0.0.1"));
    const chat = await openSocket(`${url}/chat`);
    expect((await chat.message({ type: "hello" })).id).toBe("/chat");
    expect(await (await openSocket(`${url}/broken`)).closed).toEqual({ code: 1011, reason: "internal" });
    expect((await upgradeAnswer(`${url}/chat`, { Origin: "https://evil.example" })).status).toBe(403);
    await (await openSocket(`${url}/components/_ws`)).message({ type: "connected" });
    chat.close();
    await sockets.close();
  });

  it("may have another answerer of upgrades, whose paths are left to it; what nobody answers is refused after a while", async () => {
    const app = new Koa();
    const clock = testClock();
    const http = createServer(app.callback());
    const others = new WebSocketServer({ noServer: true });
    http.on("upgrade", (req, socket, head) => {
      if (req.url === "/other") others.handleUpgrade(req, socket, head, (client) => client.send('{"type":"other"}'));
    });
    const sockets = new ComponentWebSocketManager(plainServer(clock));
    sockets.listen(http);
    http.listen(0, "127.0.0.1");
    const url = await addressOf(http);
    const other = await openSocket(`${url}/other`);
    await other.message({ type: "other" });
    await (await openSocket(`${url}/components/_ws`)).message({ type: "connected" });
    const quiet = clock.pending();
    const nobodys = upgradeAnswer(`${url}/nobody`);
    await expect.poll(() => clock.pending()).toBe(quiet + 1);
    clock.advance(10_000);
    expect((await nobodys).status).toBe(404);
    expect(other.client.readyState).toBe(other.client.OPEN);
    other.close();
    await sockets.close();
  });

  it("that uses koa-websocket already, or options nobody can use, are refused with what to do", () => {
    const app = new Koa();
    const server = plainServer();
    new ComponentWebSocketManager(server).attach(app);
    expect(() => new ComponentWebSocketManager(server).attach(app)).toThrow(
      /uses koa-websocket already.*app\.ws\.use/s,
    );
    const once = new ComponentWebSocketManager(server);
    once.attach(new Koa());
    expect(() => once.attach(new Koa())).toThrow(/make one for each/);
    expect(() => new ComponentWebSocketManager(server, { prefix: "components/" })).toThrow(/must be a path/);
    expect(() => new ComponentWebSocketManager(server, { messageBytes: 0 })).toThrow(/`messageBytes` is 0/);
    expect(() => new ComponentWebSocketManager(server, { trustedProxies: -1 })).toThrow(/trustedProxies/);
  });
});
