import type { TestFrame } from "hydrant/testing";
import { describe, expect, it } from "vitest";
import { aborted, node } from "../support/scripted.js";

describe("the door for an application's own tests, with streams", () => {
  it("gives frames one by one, and the instance takes up each", async () => {
    const { door, script } = node();
    script.handler = async function* ({ state }) {
      for (state.n = 1; state.n < 3; state.n++) yield;
    };
    const tale = await door.mount("tale");
    const numbers: number[] = [];
    for await (const frame of door.stream(tale, "tell")) {
      numbers.push(frame.number);
      expect([tale.html, tale.state, tale.answer]).toEqual([frame.html, frame.state, frame]);
      expect([frame.kind, frame.status, frame.mode, frame.fields]).toEqual(["done", 200, "abort", {}]);
      expect(frame.stream_done).toBe(frame.number === 3);
    }
    expect(numbers).toEqual([1, 2, 3]);
    expect(tale.html).toContain("<output>3</output>");
  });

  it("gives a piece with the id of its place; the instance keeps what it shows until the next whole frame", async () => {
    const { door, script } = node();
    script.handler = async function* (self) {
      self.state.text = "<i>";
      yield self.piece("<i>");
    };
    const tale = await door.mount("tale");
    const frames = door.stream(tale, "tell");
    const { html } = tale;
    const piece = (await frames.next()).value as TestFrame;
    expect([piece.append, piece.html, piece.state]).toEqual([`${tale.component_id}--text`, "&lt;i&gt;", ""]);
    expect([tale.html, tale.answer]).toEqual([html, piece]);
    await frames.next();
    expect(tale.html).toContain("&lt;i&gt;</p>");
  });

  it("sends nothing before the first frame is asked for", async () => {
    const { door, script } = node();
    let ran = 0;
    script.handler = async function* () {
      ran++;
      yield;
    };
    const tale = await door.mount("tale");
    await door.stream(tale, "tell").return?.();
    expect(ran).toBe(0);
  });

  it("gives an answer that is no stream as one frame, and a failure as the last", async () => {
    const { door, script, log } = node();
    const tale = await door.mount("tale");
    const only: TestFrame[] = [];
    for await (const frame of door.stream(tale, "calm")) only.push(frame);
    expect(only).toMatchObject([{ kind: "done", number: 0, stream_done: true, ticket: undefined, mode: undefined }]);
    const refused: TestFrame[] = [];
    for await (const frame of door.stream(tale, "tell", {}, { state: "x" })) refused.push(frame);
    expect(refused).toMatchObject([{ kind: "failed", code: "state_invalid", status: 400, stream_done: true }]);
    script.handler = async function* () {
      yield;
      throw new Error("never mind");
    };
    const failed: TestFrame[] = [];
    for await (const frame of door.stream(tale, "tell")) failed.push(frame);
    expect(failed.map(({ kind, ticket }) => [kind, ticket === undefined])).toEqual([
      ["done", false],
      ["failed", false],
    ]);
    expect(log.at("error").at(-1)?.fields).toMatchObject({
      component: "tale",
      event: "tell",
      id: failed[1]?.failure?.id,
    });
  });

  it("asks as whoever the test says", async () => {
    const { door } = node();
    const tale = await door.mount("tale");
    const bob = { user: { id: "bob" }, session: null };
    const [frame] = [(await door.stream(tale, "tell", {}, { caller: bob }).next()).value as TestFrame];
    expect(frame.code).toBe("state_invalid");
  });

  it("resumes a stream for the instance it belongs to, and says why it cannot", async () => {
    const { door, script } = node({ stream: "resume" });
    script.handler = async function* ({ state }) {
      for (state.n = 1; state.n < 4; state.n++) yield;
    };
    const tale = await door.mount("tale");
    const first = (await door.stream(tale, "tell").next()).value as TestFrame;
    expect(first.mode).toBe("resume");
    const numbers: number[] = [];
    for await (const frame of door.resume(first.ticket as string, first.number, { instance: tale })) {
      numbers.push(frame.number - first.number);
      expect(tale.answer).toBe(frame);
    }
    expect(numbers).toEqual([1, 2, 3]);
    expect(tale.html).toContain("<output>4</output>");
    const bob = { user: { id: "bob" }, session: null };
    const refused = [
      (await door.resume("x", 0).next()).value,
      (await door.resume(first.ticket as string, 0, { caller: bob }).next()).value,
    ];
    expect(refused.map((frame) => (frame as TestFrame).code)).toEqual(["state_invalid", "state_invalid"]);
  });

  it("stops a stream, and says why it cannot", async () => {
    const { door, script } = node();
    script.handler = async function* (self) {
      self.state.n = 1;
      yield;
      await aborted(self.signal);
    };
    const frames = door.stream(await door.mount("tale"), "tell");
    const { ticket } = (await frames.next()).value as TestFrame;
    const bob = { user: { id: "bob" }, session: null };
    expect(await door.stop(ticket as string, { caller: bob })).toMatchObject({ code: "state_invalid", status: 400 });
    const last = frames.next();
    expect(await door.stop(ticket as string)).toBeUndefined();
    expect((await last).value).toMatchObject({ kind: "done", stream_done: true });
    expect((await door.resume(ticket as string, 0).next()).value).toMatchObject({ code: "not_found" });
  });
});
