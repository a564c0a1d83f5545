import { afterEach, describe, expect, it } from "vitest";
import { RENDERERS } from "../conformance/fixtures/renderers.js";
import { koaDoor } from "../conformance/koa-door.js";
import { type HttpStage, type StageOptions, stageParts } from "../conformance/stage.js";

const opened: HttpStage[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((stage) => stage.close()));
});

async function open(options: StageOptions = {}): Promise<HttpStage> {
  const make = RENDERERS.tagged as (typeof RENDERERS)[string];
  const stage = await koaDoor.open(stageParts(make(), options), options);
  opened.push(stage);
  return stage;
}

const FORM_TYPE = "application/x-www-form-urlencoded";

/** An event as bytes on a wire. */
function eventText(event: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: "x", "x-user": "ann", "HX-Request": "true", "Content-Type": FORM_TYPE, ...headers };
  const lines = Object.entries({ "Content-Length": String(Buffer.byteLength(body)), ...all });
  return `POST /components/desk/${event} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}

function statuses(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status = ""]) => status);
}

describe("a client that leaves while its handler runs", () => {
  it("aborts the handler's signal, and the log holds no error", async () => {
    const stage = await open();
    const { state } = await stage.mount("desk");
    const client = stage.http.socket();
    client.write(eventText("wait", `state=${state}`));
    await expect.poll(() => stage.journal.ran).toContain("wait");
    client.socket.destroy();
    await expect.poll(() => stage.journal.ran).toContain("aborted");
    stage.journal.gate.open();
    const next = await stage.send(await stage.mount("desk"), "add", { by: 1 });
    expect(next.status).toBe(200);
    expect(stage.log.at("error")).toEqual([]);
    expect(stage.log.at("warn")).toEqual([]);
  });

  it("may end the handler with the signal's reason: no error is logged, and a retry of the intent does the work", async () => {
    const stage = await open();
    const { state } = await stage.mount("desk");
    const intent = eventText("listen", `state=${state}`, { "Idempotency-Key": "intent-1" });
    const client = stage.http.socket();
    client.write(intent);
    await expect.poll(() => stage.journal.ran).toContain("listen");
    client.socket.destroy();
    await expect.poll(() => stage.log.lines.map(({ fields }) => fields.code)).toEqual(["cancelled"]);
    expect(stage.log.lines.map(({ level }) => level)).toEqual(["info"]);
    stage.journal.gate.open();
    const again = stage.http.socket();
    again.write(intent);
    await expect.poll(() => statuses(again.received())).toEqual(["200"]);
    expect(stage.journal.ran.filter((line) => line === "listen")).toHaveLength(2);
    again.socket.destroy();
  });

  it("does not abort a handler that answered", async () => {
    const stage = await open();
    const { state } = await stage.mount("desk");
    const client = stage.http.socket();
    client.write(eventText("wait", `state=${state}`));
    await expect.poll(() => stage.journal.ran).toContain("wait");
    stage.journal.gate.open();
    await expect.poll(() => statuses(client.received())).toEqual(["200"]);
    client.socket.destroy();
    await client.closed;
    expect((await stage.send(await stage.mount("desk"), "add", { by: 1 })).status).toBe(200);
    expect(stage.journal.ran).not.toContain("aborted");
  });

  it("breaks off in the middle of its body: nothing ran, nothing is an error", async () => {
    const stage = await open();
    const { state } = await stage.mount("desk");
    const client = stage.http.socket();
    client.write(eventText("add", `state=${state}`, { "Content-Length": "5000" }));
    await expect.poll(() => stage.clock.pending()).toBe(1);
    client.socket.destroy();
    await expect.poll(() => stage.clock.pending()).toBe(0);
    expect(stage.journal.ran).toEqual(["mount"]);
    expect(stage.log.at("error")).toEqual([]);
  });
});

describe("a body that is refused", () => {
  it("closes the connection, so that what follows is not read as the next request", async () => {
    const stage = await open({ limits: { bodyBytes: 100 } });
    const { state } = await stage.mount("desk");
    const client = stage.http.socket();
    client.write(eventText("say", "x".repeat(200)) + eventText("add", `state=${state}&by=1`));
    await client.closed;
    expect(statuses(client.received())).toEqual(["413"]);
    expect(client.received()).toMatch(/^Connection: close\r$/m);
    expect(stage.journal.ran).toEqual(["mount"]);
  });

  it("is refused before it arrives where it says that it is too long", async () => {
    const stage = await open({ limits: { bodyBytes: 100 } });
    const client = stage.http.socket();
    client.write(eventText("say", "", { "Content-Length": "10485760" }));
    await expect.poll(() => statuses(client.received())).toEqual(["413"]);
    stage.clock.advance(2_000);
    await client.closed;
    expect(statuses(client.received())).toEqual(["413"]);
  });

  it("is cut when it never ends", async () => {
    const stage = await open({ limits: { bodyMs: 3000 } });
    const client = stage.http.socket();
    client.write(eventText("say", "state=", { "Content-Length": "1000" }));
    await expect.poll(() => stage.clock.pending()).toBe(1);
    stage.clock.advance(2999);
    client.write("x");
    expect(client.received()).toBe("");
    stage.clock.advance(1);
    await client.closed;
    expect(statuses(client.received())).toEqual(["408"]);
    expect(stage.clock.pending()).toBe(0);
  });
});

describe("requests one after the other on one connection", () => {
  it("are each answered, in order", async () => {
    const stage = await open();
    const { state } = await stage.mount("desk");
    const client = stage.http.socket();
    client.write(
      eventText("add", `state=${state}&by=1`) +
        eventText("nothing", "") +
        eventText("say", `state=${state}&text=hello`),
    );
    await expect.poll(() => statuses(client.received())).toEqual(["200", "404", "200"]);
    client.socket.destroy();
  });

  it("survive a failed event between them", async () => {
    const stage = await open();
    const { state } = await stage.mount("desk");
    const client = stage.http.socket();
    client.write(eventText("explode", `state=${state}`) + eventText("add", `state=${state}&by=1`));
    await expect.poll(() => statuses(client.received())).toEqual(["500", "200"]);
    client.socket.destroy();
  });

  it("a body that nobody read, of a request refused before it, does not become the next request", async () => {
    const stage = await open();
    const { state } = await stage.mount("desk");
    const client = stage.http.socket();
    const inner = eventText("add", `state=${state}&by=9`);
    client.write(eventText("nothing", inner) + eventText("add", `state=${state}&by=1`));
    await expect.poll(() => statuses(client.received())).toEqual(["404", "200"]);
    expect(stage.journal.ran).toEqual(["mount", "add 1"]);
    client.socket.destroy();
  });
});
