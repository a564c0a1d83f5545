import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IsStaff } from "hydrant";
import { diskUploadStore } from "hydrant/disk";
import { memoryLimitStore } from "hydrant/limits";
import { describe, expect, it, onTestFinished } from "vitest";
import { doorbellClass } from "../conformance/fixtures/limited.js";
import { photosClass } from "../conformance/fixtures/photos.js";
import type { HttpStage, StageOptions } from "../conformance/stage.js";
import { openDesk } from "../support/desk-stage.js";
import { FORM, HTMX, type RawSocket } from "../support/http.js";

const MULTIPART = { "Content-Type": "multipart/form-data; boundary=edge" } as const;
/** More than a form may have, which is 1 MiB. */
const HUGE = { "Content-Length": "50000000" } as const;
const LARGE = 900_000;

interface Opened {
  readonly stage: HttpStage;
  readonly ran: string[];
}

/** A bell that only staff may ring, and one that may be rung once a minute. */
async function open(options: StageOptions = {}): Promise<Opened> {
  const ran: string[] = [];
  const components = {
    guarded: doorbellClass(ran, { permissions: IsStaff }),
    limited: doorbellClass(ran, { eventLimits: { ring: "1/min" } }),
  };
  const stage = await openDesk({
    components,
    limitStore: memoryLimitStore(),
    people: { staff: { isStaff: true } },
    ...options,
  });
  onTestFinished(() => stage.close());
  return { stage, ran };
}

type Headers = Readonly<Record<string, string>>;

/** The head of a request, without the body that it announces. */
function head(path: string, headers: Headers, method = "POST"): string {
  const lines = Object.entries({ Host: "x", ...HTMX, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

function statuses({ received }: RawSocket): string[] {
  return [...received().matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status = ""]) => status);
}

/** Announces a body, sends a little of it, and gives what was answered before the rest. */
async function announced({ stage }: Opened, path: string, headers: Headers): Promise<RawSocket> {
  const socket = stage.http.socket();
  onTestFinished(() => void socket.socket.destroy());
  socket.write(`${head(path, headers)}state=`);
  await expect.poll(() => statuses(socket)).toHaveLength(1);
  return socket;
}

/** The server stays for two seconds, so that a client that still sends finds the answer. */
async function closedInTime({ stage }: Opened, socket: RawSocket): Promise<void> {
  stage.clock.advance(2_000);
  await socket.closed;
}

const RING = "/components/guarded/ring";

describe("a large body of somebody who is not admitted", () => {
  const CASES: readonly (readonly [status: string, what: string, path: string, headers: Headers])[] = [
    ["401", "a visitor", RING, { ...FORM }],
    ["403", "somebody who may not", RING, { ...FORM, "x-user": "ann" }],
    ["403", "another site", RING, { ...FORM, "x-user": "staff", "Sec-Fetch-Site": "cross-site" }],
    ["404", "somebody who asks for what is not there", "/components/guarded/nothing", { ...FORM, "x-user": "staff" }],
    ["415", "somebody who sends what nobody reads", RING, { "Content-Type": "text/plain", "x-user": "staff" }],
    ["401", "a visitor with files", RING, { ...MULTIPART }],
    ["403", "somebody with files who may not", RING, { ...MULTIPART, "x-user": "ann" }],
  ];

  it.each(CASES)("is answered %s to %s before it was sent", async (status, _what, path, headers) => {
    const opened = await open();
    const small = await announced(opened, path, { ...headers, "Content-Length": String(LARGE) });
    expect([statuses(small), opened.ran]).toEqual([[status], []]);
    expect(small.received()).toMatch(/data-code="\w+"/);
  });

  it.each(CASES)(
    "ends the connection after %s to %s when more is announced than anybody may send",
    async (status, _what, path, headers) => {
      const opened = await open();
      for (const length of [HUGE, { "Transfer-Encoding": "chunked" }]) {
        const socket = opened.stage.http.socket();
        // The beginning of a body, as a client sends it that does not wait.
        socket.write(head(path, { ...headers, ...length }) + (length === HUGE ? "state=" : "6\r\nstate=\r\n"));
        await expect.poll(() => statuses(socket)).toEqual([status]);
        await closedInTime(opened, socket);
        expect(socket.received()).toMatch(/^connection: close\r$/im);
      }
      expect(opened.ran).toEqual([]);
    },
  );

  it("is answered 429 before it was sent when there were too many, whether or not the seal is one", async () => {
    const opened = await open();
    const headers = { ...FORM, "x-user": "ann", "Content-Length": String(LARGE) };
    const { stage } = opened;
    expect((await stage.send(await stage.mount("limited"), "ring")).status).toBe(200);
    opened.ran.length = 0;
    const socket = await announced(opened, "/components/limited/ring", headers);
    expect([statuses(socket), opened.ran]).toEqual([["429"], []]);
    expect(socket.received()).toMatch(/^retry-after: \d+\r$/im);
    const huge = stage.http.socket();
    huge.write(head("/components/limited/ring", { ...headers, ...HUGE }));
    await expect.poll(() => statuses(huge)).toEqual(["429"]);
    await closedInTime(opened, huge);
  });

  it("is answered while the client goes on sending, however large it is", async () => {
    const { stage, ran } = await open();
    for (const size of [LARGE, 5_000_000]) {
      const status = await new Promise((resolve, reject) => {
        const headers = { ...HTMX, ...FORM, "x-user": "ann", "Content-Length": String(size) };
        const sending = request({ host: "127.0.0.1", port: stage.http.port, method: "POST", path: RING, headers });
        sending.on("response", (answer) => {
          answer.resume();
          answer.on("end", () => resolve(answer.statusCode)).on("error", reject);
        });
        sending.on("error", reject);
        sending.end(Buffer.alloc(size, "a"));
      });
      expect([size, status]).toEqual([size, 403]);
    }
    expect(ran).toEqual([]);
    expect(stage.log.at("error")).toEqual([]);
  });

  it("of files leaves nothing in the store", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hydrant-admission-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const components = { photos: photosClass([], IsStaff) };
    const opened = await open({ components, uploadStore: diskUploadStore(folder) });
    const file = 'Content-Disposition: form-data; name="photos"; filename="a.png"\r\nContent-Type: image/png';
    const body = `--edge\r\n${file}\r\n\r\n${"a".repeat(20_000)}\r\n--edge--\r\n`;
    const answer = await opened.stage.http.request({
      method: "POST",
      path: "/components/photos/upload?_field=photos",
      headers: { ...HTMX, ...MULTIPART, "x-user": "ann" },
      body,
    });
    expect(answer.status).toBe(403);
    const left = await readdir(folder, { recursive: true });
    const files = await Promise.all(left.map(async (name) => (await stat(join(folder, name))).isFile()));
    expect(files.filter(Boolean)).toEqual([]);
  });
});

describe("the connection on which a body was refused", () => {
  const refusedHead = (length: number) => head(RING, { ...FORM, "x-user": "ann", "Content-Length": String(length) });
  const good = (state: string) => {
    const body = `state=${state}`;
    return head(RING, { ...FORM, "x-user": "staff", "Content-Length": String(body.length) }) + body;
  };

  it("answers the next request once the rest of the body is there", async () => {
    const opened = await open();
    const { state } = await opened.stage.mount("guarded", {}, "staff");
    opened.ran.length = 0;
    const socket = await announced(opened, RING, { ...FORM, "x-user": "ann", "Content-Length": String(LARGE) });
    socket.write("a".repeat(LARGE - "state=".length) + good(state));
    await expect.poll(() => statuses(socket)).toEqual(["403", "200"]);
    expect(opened.ran).toEqual(["ring"]);
  });

  it("takes nothing in that body for a request of its own", async () => {
    const opened = await open();
    const { state } = await opened.stage.mount("guarded", {}, "staff");
    opened.ran.length = 0;
    const hidden = good(state);
    const socket = opened.stage.http.socket();
    onTestFinished(() => void socket.socket.destroy());
    socket.write(refusedHead(hidden.length) + hidden + head("/components/nobody", {}, "GET"));
    await expect.poll(() => statuses(socket)).toEqual(["403", "404"]);
    expect(opened.ran).toEqual([]);
  });

  it("answers several requests that came at once, in their order", async () => {
    const opened = await open();
    const { state } = await opened.stage.mount("guarded", {}, "staff");
    opened.ran.length = 0;
    const socket = opened.stage.http.socket();
    onTestFinished(() => void socket.socket.destroy());
    const refused = refusedHead(20_000) + "a".repeat(20_000);
    socket.write(refused + good(state) + refused + good(state));
    await expect.poll(() => statuses(socket)).toEqual(["403", "200", "403", "200"]);
    expect(opened.ran).toEqual(["ring", "ring"]);
  });

  it("may be cut by the client: nothing is logged as an error, and others are answered", async () => {
    const opened = await open();
    const socket = await announced(opened, RING, { ...FORM, "x-user": "ann", "Content-Length": String(LARGE) });
    socket.socket.destroy();
    await socket.closed;
    const { stage } = opened;
    const next = await stage.send(await stage.mount("guarded", {}, "staff"), "ring", {}, { user: "staff" });
    expect([next.status, stage.log.at("error")]).toEqual([200, []]);
  });

  it("runs nothing of a body whose sender is admitted until all of it is there", async () => {
    const opened = await open();
    const { state } = await opened.stage.mount("guarded", {}, "staff");
    opened.ran.length = 0;
    const body = `state=${state}`;
    const socket = opened.stage.http.socket();
    onTestFinished(() => void socket.socket.destroy());
    socket.write(head(RING, { ...FORM, "x-user": "staff", "Content-Length": String(body.length) }));
    socket.write(body.slice(0, 20));
    // Another request, all of which comes later than that, is answered first.
    expect((await opened.stage.ask("guarded", {}, "ann")).status).toBe(403);
    expect([statuses(socket), opened.ran]).toEqual([[], []]);
    socket.write(body.slice(20));
    await expect.poll(() => statuses(socket)).toEqual(["200"]);
    expect(opened.ran).toEqual(["ring"]);
  });
});
