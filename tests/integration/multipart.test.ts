import { hydrantKoa } from "hydrant/koa";
import Koa from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { testClock } from "../support/clock.js";
import { counterIn, counterServer, pageAt } from "../support/counter-app.js";
import { HTMX, type Listening, listen } from "../support/http.js";

const TYPE = { "Content-Type": "multipart/form-data; boundary=edge" } as const;

/** Whatever the body is, it stands in `rawBody` when the components get it. */
const keepsText: (asText: boolean) => Koa.Middleware = (asText) => async (ctx, next) => {
  if (ctx.method === "POST") {
    const chunks: Buffer[] = [];
    for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    Object.assign(ctx.request, { rawBody: asText ? bytes.toString() : bytes, body: {} });
  }
  await next();
};

async function open(...before: Koa.Middleware[]) {
  const clock = testClock();
  const app = new Koa();
  for (const one of before) app.use(one);
  app.use(
    hydrantKoa(counterServer({ clock, limits: { bodyBytes: 500_000, bodyMs: 3000 } }), {
      caller: () => ({ user: { id: 1 } }),
    }),
  );
  app.use(pageAt("/shop"));
  const listening = await listen(app.callback());
  onTestFinished(() => listening.close());
  const page = await listening.request({ path: "/shop" });
  return { clock, listening, ...counterIn(page.body) };
}

function part(name: string, value: string, more = ""): string {
  return `--edge\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
}

function post(to: Listening, path: string, body: string) {
  const headers = { ...HTMX, ...TYPE, Origin: to.origin };
  return to.request({ method: "POST", path, headers, body });
}

/** The same as bytes on a wire, with a length that may be more than what is there. */
function posted(path: string, { origin }: Listening, body: string, length = Buffer.byteLength(body)): string {
  const headers = { Host: new URL(origin).host, ...HTMX, ...TYPE, Origin: origin, "Content-Length": String(length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

function statuses(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status = ""]) => status);
}

describe("a multipart form", () => {
  it.each([
    ["which nobody read before", []],
    ["of which a parser before kept the bytes", [keepsText(false)]],
    ["of which a parser before kept the text", [keepsText(true)]],
  ])("is answered: one %s", async (_what, before) => {
    const { listening, action, state } = await open(...before);
    const answer = await post(listening, action, `${part("state", state)}${part("by", "2")}--edge--\r\n`);
    expect([answer.status, counterIn(answer.body).count]).toEqual([200, 7]);
    const broken = await post(listening, action, part("state", state) + part("by", "2"));
    expect([broken.status, broken.body]).toEqual([400, expect.stringContaining('data-code="malformed"')]);
    const long = await post(listening, action, `${part("state", state)}${part("by", "2".repeat(500_000))}--edge--\r\n`);
    expect([long.status, long.body]).toEqual([413, expect.stringContaining('data-code="too_large"')]);
  });

  it("with a file where none is taken is refused before the file has come, and the connection is closed", async () => {
    const { clock, listening, action, state } = await open();
    const client = listening.socket();
    const beginning = part("state", state) + part("photo", "the first bytes", '; filename="a.png"');
    client.write(posted(action, listening, beginning, 1_000_000_000));
    await expect.poll(() => statuses(client.received())).toEqual(["415"]);
    clock.advance(2_000);
    await client.closed;
    expect(statuses(client.received())).toEqual(["415"]);
    expect(client.received()).toMatch(/^Connection: close\r$/m);
    expect(client.received()).toContain('data-code="unsupported_media_type"');
  });

  it("that stops coming is cut", async () => {
    const { clock, listening, action, state } = await open();
    const client = listening.socket();
    client.write(posted(action, listening, part("state", state), 1000));
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(3000);
    await client.closed;
    expect(statuses(client.received())).toEqual(["408"]);
    expect(clock.pending()).toBe(0);
  });

  it("that was refused, and is there as a whole, does not stand in the way of the next request", async () => {
    const { listening, action, state } = await open();
    const file = `${part("photo", "x".repeat(500), '; filename="a.png"')}${part("by", "1".repeat(5000))}--edge--\r\n`;
    const client = listening.socket();
    client.write(
      posted(action, listening, part("state", state) + file) +
        posted(action, listening, `${part("state", state)}${part("by", "2")}--edge--\r\n`),
    );
    await expect.poll(() => statuses(client.received())).toEqual(["415", "200"]);
    client.socket.destroy();
  });

  it("that was refused half-way, and still comes, does not stand in the way of the next request", async () => {
    const { listening, action, state } = await open();
    const beginning = part("state", state) + part("photo", "the first bytes", '; filename="a.png"');
    const client = listening.socket();
    client.write(posted(action, listening, beginning, 400_000));
    await expect.poll(() => statuses(client.received())).toEqual(["415"]);
    client.write("x".repeat(400_000 - beginning.length));
    client.write(posted(action, listening, `${part("state", state)}${part("by", "2")}--edge--\r\n`));
    await expect.poll(() => statuses(client.received())).toEqual(["415", "200"]);
    client.socket.destroy();
  });
});
