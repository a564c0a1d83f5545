import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type ComponentServer, createComponentServer } from "hydrant";
import { health, stopGracefully } from "hydrant/koa";
import { taggedRenderer } from "hydrant/tagged";
import Koa from "koa";
import { expect, it, onTestFinished } from "vitest";
import { testLog } from "../support/log.js";

interface Node {
  readonly server: ComponentServer;
  readonly http: ReturnType<typeof createServer>;
  readonly port: number;
  /** How many requests it took. */
  taken(): number;
}

/** A node with nothing on it but a page that takes a while. */
async function openNode(): Promise<Node> {
  const renderer = taggedRenderer({ templates: {} });
  const server = createComponentServer({ components: {}, renderer, mode: "development", log: testLog() });
  const app = new Koa();
  app.use(health(server));
  let taken = 0;
  app.use(async (ctx) => {
    taken++;
    await new Promise((resolve) => setTimeout(resolve, 30));
    ctx.body = "done";
  });
  const http = createServer(app.callback()).listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => http.closeAllConnections());
  return { server, http, port: (http.address() as AddressInfo).port, taken: () => taken };
}

/** @returns the status, or the code of what went wrong. */
function ask(port: number, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const asking = request({ host: "127.0.0.1", port, agent }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    });
    asking.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? "failed"));
    asking.end();
  });
}

it("a client that keeps its connection busy is answered to the last request, and does not hold up the end", async () => {
  const { server, http, port, taken } = await openNode();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const answers: (number | string)[] = [];
  let isOver = false;
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) answers.push(await ask(port, agent));
  });
  await expect.poll(() => answers.length).toBeGreaterThan(20);
  const since = performance.now();
  await stopGracefully(server, http, { withinMs: 20_000, noticeMs: 300 });
  expect(performance.now() - since).toBeLessThan(10_000);
  isOver = true;
  await Promise.all(asking);
  agent.destroy();
  expect(answers.filter((one) => one === 200).length).toBe(taken());
  // Once the port is closed nobody is taken any more. Whoever waited to be taken at that moment is told by a reset.
  expect(answers.filter((one) => one !== 200 && one !== "ECONNREFUSED" && one !== "ECONNRESET")).toEqual([]);
  expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 200));
});

it("a socket that does not end in time is left to what the application closes", async () => {
  const { server, http, port } = await openNode();
  http.on("upgrade", (_req, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
    closing.push(() => socket.destroy());
  });
  const closing: (() => void)[] = [];
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n");
  await once(client, "data");
  await stopGracefully(server, http, {
    withinMs: 500,
    noticeMs: 0,
    close() {
      for (const close of closing) close();
    },
  });
  await expect.poll(() => client.destroyed || client.readableEnded).toBe(true);
});
