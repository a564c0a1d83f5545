import { Agent, request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { openEvents } from "../support/event-stream.js";
import { greetingOf, type LiveHttp, liveHttp, rootsIn } from "../support/live-http.js";
import { type LiveStage, liveStage } from "../support/live-stage.js";
import type { LogLine } from "../support/log.js";

const HALL = "room:hall";
const HEAD = "POST /components/_live HTTP/1.1\r\nHost: x\r\nx-user: ann\r\nContent-Type: application/json\r\n";

/** Somebody who is told of a board, and is not to be harmed. */
async function goodReader(stage: LiveStage, { live }: LiveHttp) {
  const { state } = await stage.mount("board", "bob");
  const reader = await live({ instances: [{ component: "board", state }] }, "bob");
  onTestFinished(() => reader.leave());
  return async (): Promise<void> => {
    const before = rootsIn(reader).length;
    await stage.server.publish(HALL, "still here");
    await stage.flush();
    await expect.poll(() => rootsIn(reader).length).toBe(before + 1);
    expect(stage.log.lines.filter((line) => line.level !== "info" && !isBrokenOff(line))).toEqual([]);
  };
}

/** Koa tells its application, not Hydrant's log, of a request that ended half-way. */
function isBrokenOff({ message, fields }: LogLine): boolean {
  const { code } = fields.error as { code?: string };
  return message === "an error reached Koa" && code === "HPE_INVALID_EOF_STATE";
}

async function stageWithReader(options: Parameters<typeof liveStage>[1] = {}) {
  const stage = liveStage(undefined, options);
  const doors = await liveHttp(stage);
  return { stage, ...doors, othersAreTold: await goodReader(stage, doors) };
}

describe("what is posted about a connection", () => {
  it("byte by byte is given limits.bodyMs, then 408, and the connection is closed", async () => {
    const { stage, http, othersAreTold } = await stageWithReader();
    const before = stage.clock.pending();
    const slow = http.socket();
    slow.write(`${HEAD}Content-Length: 100\r\n\r\n{"conn`);
    await expect.poll(() => stage.clock.pending()).toBe(before + 1);
    for (let second = 0; second < 9; second++) {
      stage.clock.advance(1_000);
      slow.write("e");
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(slow.received()).toBe("");
    stage.clock.advance(2_000);
    await expect.poll(() => slow.received()).toMatch(/^HTTP\/1\.1 408 /);
    await othersAreTold();
    slow.socket.destroy();
  });

  it("without an end is cut at limits.bodyBytes, whether it says its length or not", async () => {
    const { http, othersAreTold } = await stageWithReader({ limits: { bodyBytes: 2_000 } });
    const said = http.socket();
    said.write(`${HEAD}Content-Length: 4000000000\r\n\r\n{`);
    const unsaid = http.socket();
    unsaid.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    for (let n = 0; n < 5; n++) unsaid.write(`1f4\r\n${"x".repeat(500)}\r\n`);
    for (const one of [said, unsaid]) {
      await expect.poll(() => one.received()).toMatch(/^HTTP\/1\.1 413 /);
      expect(one.received().toLowerCase()).toContain("connection: close");
      one.socket.destroy();
    }
    await othersAreTold();
  });

  it("and left half-way is nothing", async () => {
    const { http, othersAreTold } = await stageWithReader();
    for (let n = 0; n < 50; n++) {
      const left = http.socket();
      left.write(`${HEAD}Content-Length: 100\r\n\r\n{"connection":`);
      left.socket.end();
      await left.closed;
    }
    await othersAreTold();
  });

  it("is read as JSON whatever its letters are, and as nothing else", async () => {
    const { http, othersAreTold } = await stageWithReader();
    const statusOf = async (type: string | undefined): Promise<number> => {
      const headers = { "x-user": "ann", ...(type !== undefined && { "Content-Type": type }) };
      const body = '{"connection":"none","leave":true}';
      return (await http.request({ method: "POST", path: "/components/_live", headers, body })).status;
    };
    for (const type of ["application/json", "APPLICATION/JSON; charset=utf-8", "application/json;boundary=x"]) {
      expect([type, await statusOf(type)]).toEqual([type, 200]);
    }
    const others = [undefined, "", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/jsonp"];
    for (const type of [
      ...others,
      "multipart/form-data; boundary=x",
      "text/html; application/json",
      "application/json, text/html",
    ]) {
      expect([type, await statusOf(type)]).toEqual([type, 415]);
    }
    await othersAreTold();
  });

  it("with a field twice counts as the last says; names of a prototype are fields without a meaning", async () => {
    const { stage, http, live, othersAreTold } = await stageWithReader();
    const { state, component_id } = await stage.mount("board");
    const page = await live({ shared: true });
    const theirs = await live({ shared: true }, "bob");
    for (const one of [page, theirs]) await expect.poll(() => one.events.length).toBe(1);
    const [mine, bobs] = [greetingOf(page).connection, greetingOf(theirs).connection];
    const subscribe = JSON.stringify([{ component: "board", state }]);
    const send = async (body: string): Promise<number> => {
      const headers = { "x-user": "ann", "Content-Type": "application/json", Accept: "application/json" };
      return (await http.request({ method: "POST", path: "/components/_live", headers, body })).status;
    };
    expect(await send(`{"connection":"${mine}","subscribe":${subscribe},"connection":"${bobs}"}`)).toBe(200);
    expect(await send(`{"connection":"${mine}","subscribe":${subscribe},"subscribe":[]}`)).toBe(200);
    expect(await send(`{"__proto__":{"connection":"${mine}","subscribe":${subscribe}}}`)).toBe(400);
    expect(await send(`{"connection":"${mine}","subscribe":[{"__proto__":${subscribe.slice(1, -1)}}]}`)).toBe(400);
    expect(await send(`{"connection":"${mine}","constructor":{"prototype":{"subscribe":${subscribe}}}}`)).toBe(200);
    await othersAreTold();
    expect([page.events.length, theirs.events.length]).toEqual([1, 1]);
    expect(await send(`{"connection":"${bobs}","subscribe":[],"connection":"${mine}","subscribe":${subscribe}}`)).toBe(
      200,
    );
    await stage.server.publish(HALL, "mine");
    await stage.flush();
    await expect.poll(() => page.received()).toContain(component_id);
    expect(theirs.received()).not.toContain(component_id);
    for (const one of [page, theirs]) one.leave();
  });

  it("by somebody who knows another's connection and page changes neither, whatever is asked, and says nothing of them", async () => {
    const { stage, live, post, othersAreTold } = await stageWithReader();
    const [mine, theirs] = [await stage.mount("board", "ann"), await stage.mount("board", "bob")];
    const page = await live({ shared: true });
    await expect.poll(() => page.events.length).toBe(1);
    const { connection } = greetingOf(page);
    await post({ connection, page: "k1", subscribe: [{ component: "board", state: mine.state }] });
    const attempts = [
      { leave: true },
      { unsubscribe: [mine.component_id] },
      { subscribe: [{ component: "board", state: theirs.state }], cursor: "" },
      { page: "k1\u00a0", leave: true },
      { page: "", leave: true, cursor: "0" },
    ];
    for (const attempt of attempts) {
      const [real, invented] = await Promise.all(
        [connection, "a".repeat(26)].map((one) => post({ page: "k1", ...attempt, connection: one }, "bob")),
      );
      expect(real).toMatchObject({ status: 200, body: '{"refused":[]}' });
      expect(real?.body).toBe(invented?.body);
    }
    await othersAreTold();
    await expect.poll(() => page.events.filter(({ event }) => event === "page").length).toBe(1);
    expect(page.events.at(-1)?.data).toContain(mine.component_id);
    expect(page.received()).not.toContain(theirs.component_id);
    page.leave();
  });
});

describe("the same instance", () => {
  it("asked for twice, by one page or in one list, is shown once; by two pages once for each", async () => {
    const { stage, live, post } = await stageWithReader();
    const { state, component_id } = await stage.mount("board");
    const [one, other] = [
      { component: "board", state },
      { component: "board", state },
    ];
    const twice = await live({ instances: [one, other] });
    const shared = await live({ shared: true });
    await expect.poll(() => shared.events.length).toBe(1);
    const { connection } = greetingOf(shared);
    for (const page of ["a", "a", "b"]) await post({ connection, page, subscribe: [one, other] });
    await stage.server.publish(HALL, "x");
    await stage.flush();
    await expect
      .poll(() => [rootsIn(twice).length, shared.events.filter(({ event }) => event === "page").length])
      .toEqual([1, 2]);
    // What one does not show can be taken off as often as one likes.
    for (const id of ["c-nobody", component_id, component_id, "__proto__", ""]) {
      expect((await post({ connection, page: "a", unsubscribe: [id] })).status).toBe(200);
    }
    await stage.server.publish(HALL, "y");
    await stage.flush();
    await expect.poll(() => shared.events.filter(({ event }) => event === "page").length).toBe(3);
    expect(shared.events.at(-1)?.data.startsWith("b\n")).toBe(true);
    for (const page of [twice, shared]) page.leave();
  });
});

describe("thousands of connections by one person", () => {
  it("are refused with 429 beyond the bound, cost nobody else theirs, and leave room when they are gone", async () => {
    const { stage, http, live, othersAreTold } = await stageWithReader({ limits: { connections: 50 } });
    const held = await Promise.all(Array.from({ length: 50 }, () => live({ shared: true })));
    expect(new Set(held.map(({ status }) => status))).toEqual(new Set([200]));
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    onTestFinished(() => agent.destroy());
    const statuses = new Map<number, number>();
    const ask = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const path = "/components/_live?shared";
        const asked = request(
          { host: "127.0.0.1", port: http.port, path, agent, headers: { "x-user": "ann" } },
          (answer) => {
            const { statusCode = 0, headers } = answer;
            statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
            expect(headers["retry-after"]).toBe("30");
            answer.resume().once("end", resolve);
          },
        );
        asked.once("error", reject).end();
      });
    for (let batch = 0; batch < 30; batch++) await Promise.all(Array.from({ length: 100 }, ask));
    expect([...statuses]).toEqual([[429, 3_000]]);
    await othersAreTold();
    for (const one of held) one.leave();
    await expect
      .poll(async () => {
        const again = await live({ shared: true });
        again.leave();
        return again.status;
      })
      .toBe(200);
    expect(stage.log.at("error")).toEqual([]);
  });
});

describe("a reader of updates", () => {
  it("that closes its half of the connection, or writes on it, is one that left; others are told", async () => {
    const { http, stage, othersAreTold } = await stageWithReader({ limits: { connections: 1 } });
    const open = () => {
      const reader = http.socket();
      reader.write("GET /components/_live?shared HTTP/1.1\r\nHost: x\r\nx-user: ann\r\n\r\n");
      return reader;
    };
    const half = open();
    await expect.poll(() => half.received()).toContain("event: connected");
    half.socket.end();
    await half.closed;
    const next = open();
    await expect.poll(() => next.received()).toContain("event: connected");
    next.socket.resetAndDestroy();
    await next.closed;
    const last = open();
    await expect.poll(() => last.received()).toContain("event: connected");
    // A second request waits for the end of the first, which does not come.
    last.write("GET /components/_live?shared HTTP/1.1\r\nHost: x\r\nx-user: ann\r\n\r\n");
    await othersAreTold();
    expect(last.received().split("event: connected").length).toBe(2);
    last.socket.destroy();
    expect(stage.log.at("error")).toEqual([]);
  });

  it("may ask for nothing that the address cannot hold in pairs, and gets a plain refusal", async () => {
    const { http, stage, othersAreTold } = await stageWithReader();
    const { state } = await stage.mount("board");
    const queries: readonly (readonly [string, number])[] = [
      [`component=board&component=board&state=${state}`, 400],
      [`component=board&state=${state}&state=${state}`, 400],
      [`state=${state}`, 400],
      ["component=board", 400],
      [`component=board&state=${state}&component=__proto__&state=x`, 200],
      [`component=__proto__&state=${state}`, 404],
      [`component=constructor&state=${state}`, 404],
      [`component[]=board&state[]=${state}`, 200],
      ["%", 200],
      ["component=%ff&state=%ff", 404],
      ["&".repeat(5_000), 200],
    ];
    for (const [query, status] of queries) {
      const headers = { "x-user": "ann", Accept: "application/json, text/event-stream" };
      const answer = await openEvents(http.port, { method: "GET", path: `/components/_live?${query}`, headers });
      expect([query.slice(0, 40), answer.status]).toEqual([query.slice(0, 40), status]);
      answer.leave();
    }
    await othersAreTold();
  });
});
