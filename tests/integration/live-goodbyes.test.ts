import { connect } from "node:net";
import { AllowAny, createComponentServer, StreamingComponent } from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { html, taggedRenderer } from "hydrant/tagged";
import Koa from "koa";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { listen } from "../support/http.js";
import { testLog } from "../support/log.js";

class Teller extends StreamingComponent<{ n: number }> {
  static override readonly template = "teller";
  static override readonly permissions = AllowAny;
  static override readonly events = { tell: null };
  static override readonly topics = (): readonly string[] => ["hall"];
  override mount(): void {
    this.state = { n: 0 };
  }
  async *on_tell(): AsyncGenerator<void, void> {
    yield;
    await new Promise((resolve) => this.signal.addEventListener("abort", resolve, { once: true }));
  }
}

async function open() {
  const log = testLog();
  const server = createComponentServer({
    components: { teller: Teller },
    renderer: taggedRenderer({ templates: { teller: ({ root }) => html`<p ${root()}></p>` } }),
    keys: ["goodbye-key-4rT8yU2iO6pA9sD3fG7hJ"],
    log,
  });
  const app = new Koa();
  const errors: Error[] = [];
  app.on("error", (error: Error) => errors.push(error));
  const noise = vi.spyOn(console, "error").mockImplementation(() => {});
  app.use(async (ctx, next) => {
    await next();
    if (ctx.get("x-fail") !== "") throw new Error("the application's own");
  });
  app.use(hydrantKoa(server, { caller: () => ({ user: { id: "ann" } }) }));
  const http = await listen(app.callback());
  onTestFinished(async () => {
    noise.mockRestore();
    await http.close();
    await server.close();
  });
  const { state } = await server.mount({ component: "teller", caller: { user: { id: "ann" }, session: null } });
  const body = `state=${encodeURIComponent(state)}`;
  const requests = {
    updates: `GET /components/_live?component=teller&${body} HTTP/1.1\r\nHost: here\r\n`,
    "a stream": `POST /components/teller/tell HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nAccept: text/event-stream\r\n`,
  };
  /** Sends a request, and hands over its connection once something came. */
  async function ask(what: keyof typeof requests, header = "") {
    const socket = connect(http.port, "127.0.0.1");
    let received = "";
    socket.on("data", (data) => {
      received += data.toString();
    });
    socket.write(`${requests[what]}${header}\r\n${what === "updates" ? "" : body}`);
    await expect.poll(() => received).toContain("data:");
    return socket;
  }
  return { ask, errors, noise, log };
}

describe("a reader whose connection is reset", () => {
  it.each(["updates", "a stream"] as const)("while it reads %s makes no noise", async (what) => {
    const app = await open();
    const socket = await app.ask(what);
    const gone = new Promise((resolve) => socket.once("close", resolve));
    socket.resetAndDestroy();
    await gone;
    // Another one comes and goes, by which time the first is gone on the server too.
    const second = await app.ask(what);
    second.destroy();
    expect(app.errors).toEqual([]);
    expect(app.noise.mock.calls).toEqual([]);
    expect(app.log.at("error")).toEqual([]);
  });

  it("does not keep an application from its own failures", async () => {
    const app = await open();
    const socket = await app.ask("updates", "X-Fail: 1\r\n");
    await expect.poll(() => app.errors.map(({ message }) => message)).toEqual(["the application's own"]);
    socket.destroy();
  });
});
