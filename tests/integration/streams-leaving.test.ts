import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BasePermission, type PermissionRequest } from "hydrant";
import { describe, expect, it } from "vitest";
import { aborted, drainNow, node, servedNode } from "../support/scripted.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function socketsOpen(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

describe("a client that leaves while a stream runs", () => {
  it("aborts this.signal within a second, and the handler's finally runs", async () => {
    const { tell, script, log } = await servedNode();
    const at: Record<string, number> = {};
    script.handler = async function* (self) {
      self.signal.addEventListener("abort", () => {
        at.abort = performance.now();
      });
      try {
        yield;
        await aborted(self.signal);
      } finally {
        at.end = performance.now();
      }
    };
    const answer = await tell();
    await expect.poll(() => answer.events).toHaveLength(1);
    const left = performance.now();
    answer.leave();
    await expect.poll(() => at.end).toBeDefined();
    expect((at.abort as number) - left).toBeLessThan(1000);
    expect((at.end as number) - left).toBeLessThan(1000);
    expect([...log.at("error"), ...log.at("warn")]).toEqual([]);
  });

  it("is noticed while the handler has nothing to show yet", async () => {
    const { tell, script, log } = await servedNode();
    let ended = false;
    script.handler = async function* (self) {
      try {
        await aborted(self.signal);
        yield;
      } finally {
        ended = true;
      }
    };
    const answer = await tell();
    answer.leave();
    await expect.poll(() => ended).toBe(true);
    expect([...log.at("error"), ...log.at("warn")]).toEqual([]);
  });

  it("leaves a handler that heeds nothing five seconds, then the log warns, once", async () => {
    const { tell, script, log, clock, server } = await servedNode();
    let goOn = (): void => {};
    let ran = "";
    script.handler = async function* () {
      yield;
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      ran += "went on";
      yield;
      ran += " and on";
    };
    const answer = await tell();
    await expect.poll(() => answer.events).toHaveLength(1);
    const timers = clock.pending();
    answer.leave();
    // The times of the stream give way to that of its end; the heartbeat stays.
    await expect.poll(() => clock.pending()).toBeLessThan(timers);
    clock.advance(4999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.at("warn")).toEqual([]);
    clock.advance(1);
    await expect
      .poll(() => log.at("warn").map(({ message }) => message))
      .toEqual([expect.stringContaining("this.signal")]);
    goOn();
    await expect.poll(() => ran).toBe("went on");
    await server.drain();
    expect([ran, log.at("error")]).toEqual(["went on", []]);
  });

  it("is told of in the log where the handler's finally fails, and nowhere else", async () => {
    const { tell, script, log } = await servedNode();
    script.handler = async function* (self) {
      try {
        yield;
        await aborted(self.signal);
      } finally {
        await Promise.reject(new Error("the file is gone"));
      }
    };
    const answer = await tell();
    await expect.poll(() => answer.events).toHaveLength(1);
    answer.leave();
    await expect
      .poll(() => log.at("error").map(({ message }) => message))
      .toEqual(["a streaming handler failed while it was ended"]);
    const next = await tell();
    await expect.poll(() => next.events).toHaveLength(1);
    next.leave();
  });

  it("before the stream begins keeps the handler from running, and the same intent may run later", async () => {
    let admit: (() => void) | undefined;
    let isSlow = false;
    class Later extends BasePermission {
      override hasObjectPermission(_request: PermissionRequest): Promise<boolean> | boolean {
        if (!isSlow) return true;
        isSlow = false;
        return new Promise((resolve) => {
          admit = () => resolve(true);
        });
      }
    }
    const { tell, script, log, clock, stage } = await servedNode({ permissions: Later });
    let ran = 0;
    script.handler = async function* () {
      ran++;
      yield;
    };
    const { state } = await stage.mount("tale");
    isSlow = true;
    const socket = stage.http.socket();
    const body = `state=${state}`;
    socket.write(
      `POST /components/tale/tell HTTP/1.1\r\nHost: x\r\nx-user: ann\r\nHX-Request: true\r\nAccept: text/event-stream\r\n` +
        `Idempotency-Key: one\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => admit).toBeDefined();
    socket.socket.destroy();
    await socket.closed;
    await new Promise((resolve) => setTimeout(resolve, 20));
    admit?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ran).toBe(0);
    // Nothing of the connection is kept: no heartbeat goes to it.
    clock.advance(15_000);
    expect(clock.pending()).toBe(0);
    const again = await tell({ "Idempotency-Key": "one" });
    expect((await again.body).includes("component:done")).toBe(true);
    expect([ran, log.at("error")]).toEqual([1, []]);
  });

  it("a thousand times leaves nothing behind: no handler, timer, socket or memory, and no line of error", async () => {
    const own = await servedNode();
    const { tell, script, log, clock } = own;
    let running = 0;
    script.handler = async function* (self) {
      running++;
      try {
        for (;;) {
          self.state.n += 1;
          yield;
          if (self.state.n >= 2) await aborted(self.signal);
        }
      } finally {
        running--;
      }
    };
    async function leaveMany(count: number): Promise<void> {
      const answers = await Promise.all(Array.from({ length: count }, () => tell()));
      for (const answer of answers) {
        for await (const { id } of answer.messages()) if (id === "2") break;
        answer.leave();
      }
      // A poll of the test runner keeps what it looked at until the test ends.
      while (running > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await leaveMany(50);
    const sockets = socketsOpen();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 20; n++) await leaveMany(50);
    await expect.poll(socketsOpen).toBeLessThanOrEqual(sockets);
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
    // Where a handler were still counted, draining would wait.
    await drainNow(own);
    clock.advance(15_000);
    expect(clock.pending()).toBe(0);
    expect([...log.at("error"), ...log.at("warn")]).toEqual([]);
  }, 120_000);
});

describe("a test that leaves a stream", () => {
  it("ends the handler when it returns early, also while it waits for a frame", async () => {
    const { door, script, log } = node();
    const ended: number[] = [];
    script.handler = async function* (self) {
      try {
        self.state.n += 1;
        yield;
        await aborted(self.signal);
      } finally {
        ended.push(self.state.n);
      }
    };
    const tale = await door.mount("tale");
    for await (const _frame of door.stream(tale, "tell")) break;
    expect(ended).toEqual([1]);
    const frames = door.stream(tale, "tell");
    await frames.next();
    const waiting = frames.next();
    await frames.return?.();
    expect((await waiting).value).toMatchObject({ kind: "failed", code: "cancelled" });
    expect(ended).toEqual([1, 2]);
    expect([...log.at("error"), ...log.at("warn")]).toEqual([]);
  });

  it("does so with a signal of its own, too", async () => {
    const { door, script } = node();
    let ended = false;
    script.handler = async function* (self) {
      try {
        yield;
        await aborted(self.signal);
      } finally {
        ended = true;
      }
    };
    const leaving = new AbortController();
    const frames = door.stream(await door.mount("tale"), "tell", {}, { signal: leaving.signal });
    await frames.next();
    const waiting = frames.next();
    leaving.abort();
    expect((await waiting).value).toMatchObject({ code: "cancelled" });
    await expect.poll(() => ended).toBe(true);
  });
});
