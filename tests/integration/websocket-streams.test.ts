import { describe, expect, it } from "vitest";
import type { SocketMessage } from "../support/socket.js";
import { eventOf, socketApp } from "../support/socket-app.js";

function shownIn(messages: readonly SocketMessage[]): (string | undefined)[] {
  return messages
    .filter(({ type }) => type === "component_update")
    .map(({ html }) => /<output>(\d+)/.exec(html ?? "")?.[1]);
}

describe("a handler that yields", () => {
  it("sends one update for every frame, in order, the last one marked, and then the acknowledgement", async () => {
    const app = await socketApp();
    const socket = await app.open();
    const answers = await socket.ask(eventOf("teller", await app.mount("teller", "c-one"), "tell", "m1", { lines: 3 }));
    expect(answers.map(({ type }) => type)).toEqual([
      "component_stream",
      ...Array<string>(4).fill("component_update"),
      "ack",
    ]);
    const frames = answers.slice(1, -1);
    expect(frames.map(({ number, stream_done }) => [number, stream_done])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
    expect(shownIn(answers)).toEqual(["1", "2", "3", "3"]);
    expect(new Set(frames.map(({ state }) => state)).size).toBe(4);
    expect(answers[0]).toMatchObject({ component: "teller", component_id: "c-one", mode: "abort", id: "m1" });
  });

  it("whose frames were all sent answers the same intent with its last one, and does not run again", async () => {
    const app = await socketApp();
    const teller = await app.mount("teller", "c-one");
    const socket = await app.open();
    await socket.ask(eventOf("teller", teller, "tell", "m1", { lines: 2 }));
    const again = await socket.ask(eventOf("teller", teller, "tell", "m1", { lines: 2 }));
    expect(again.map(({ type }) => type)).toEqual(["component_update", "ack"]);
    expect(shownIn(again)).toEqual(["2"]);
  });

  it("that fails half-way leaves the frames before it, and says so once", async () => {
    const app = await socketApp();
    const socket = await app.open();
    const answers = await socket.ask(eventOf("teller", await app.mount("teller", "c-one"), "break", "m1"));
    expect(answers.map(({ type }) => type)).toEqual(["component_stream", "component_update", "error"]);
    expect(answers.at(-1)).toMatchObject({ code: "forbidden", component_id: "c-one" });
  });

  it("is stopped by the page, with a last frame of how it stands", async () => {
    const app = await socketApp();
    const socket = await app.open();
    const running = socket.ask(eventOf("teller", await app.mount("teller", "c-one"), "hang", "m1"));
    const { ticket } = await socket.message({ type: "component_stream" });
    await socket.message({ type: "component_update", number: 1 });
    expect(await socket.ask({ type: "component_stop", ticket, id: "m2" })).toEqual([{ type: "ack", id: "m2" }]);
    const answers = await running;
    expect(answers.map(({ type, stream_done }) => [type, stream_done])).toEqual([
      ["component_stream", undefined],
      ["component_update", false],
      ["component_update", true],
      ["ack", undefined],
    ]);
    expect(app.deeds.ran).toEqual(["aborted", "closed"]);
  });

  it("is not stopped by others, nor with a ticket that is none", async () => {
    const app = await socketApp();
    const [ann, bob] = [await app.open("ann"), await app.open("bob")];
    ann.send(eventOf("teller", await app.mount("teller", "c-one"), "hang", "m1"));
    const { ticket } = await ann.message({ type: "component_stream" });
    await ann.message({ type: "component_update", number: 1 });
    expect((await bob.ask({ type: "component_stop", ticket, id: "x1" }))[0]?.code).toBe("state_invalid");
    expect((await bob.ask({ type: "component_resume", ticket, after: 0, id: "x2" }))[0]?.code).toBe("state_invalid");
    expect((await ann.ask({ type: "component_stop", ticket: "forged", id: "x3" }))[0]?.code).toBe("state_invalid");
    expect(app.deeds.ran).toEqual([]);
  });

  it("hears within a second that its page left", async () => {
    const app = await socketApp();
    const socket = await app.open();
    socket.send(eventOf("teller", await app.mount("teller", "c-one"), "hang", "m1"));
    await socket.message({ type: "component_update", number: 1 });
    socket.client.terminate();
    await expect.poll(() => app.deeds.ran, { timeout: 1000 }).toEqual(["aborted", "closed"]);
    expect(app.log.at("error")).toEqual([]);
    expect(app.log.at("warn")).toEqual([]);
  });

  it("keeps later events of its instance waiting, but not its stop", async () => {
    const app = await socketApp();
    const teller = await app.mount("teller", "c-one");
    const socket = await app.open();
    socket.send(eventOf("teller", teller, "hang", "m1"));
    const later = socket.ask(eventOf("teller", teller, "tell", "m2", { lines: 1 }));
    const { ticket } = await socket.message({ type: "component_stream", id: "m1" });
    await socket.message({ type: "component_update", number: 1 });
    socket.send({ type: "component_stop", ticket });
    await later;
    const ends = socket.messages.filter(({ type, id }) => type === "ack" && id !== undefined);
    expect(ends.map(({ id }) => id)).toEqual(["m1", "m2"]);
  });
});

describe("a stream that can be resumed", () => {
  it("goes on without its page, which gets what it missed over another socket", async () => {
    const app = await socketApp();
    const story = await app.mount("story", "c-one");
    const first = await app.open();
    first.send(eventOf("story", story, "tell", "m1"));
    const { ticket, mode } = await first.message({ type: "component_stream" });
    expect(mode).toBe("resume");
    await first.message({ type: "component_update", number: 2 });
    first.client.terminate();
    const second = await app.open();
    const rest = second.ask({ type: "component_resume", ticket, after: 1, component: "story", id: "r1" });
    await second.message({ type: "component_update", number: 2 });
    app.deeds.release();
    const answers = await rest;
    const frames = answers.filter(({ type }) => type === "component_update");
    expect(frames.map(({ number, append, html }) => [number, append, append === undefined ? undefined : html])).toEqual(
      [
        [2, "c-one--text", "upon"],
        [3, "c-one--text", "time"],
        [4, undefined, undefined],
      ],
    );
    expect(frames.at(-1)?.html).toContain(">onceupontime</b>");
    expect([answers.at(-1)?.type, frames[0]?.component]).toEqual(["ack", "story"]);
    expect(app.deeds.ran).toEqual(["story"]);
  });

  it("is joined by the same intent sent again, and its handler runs once", async () => {
    const app = await socketApp();
    const message = eventOf("story", await app.mount("story", "c-one"), "tell", "m1");
    const first = await app.open();
    first.send(message);
    await first.message({ type: "component_update", number: 1 });
    first.client.terminate();
    const second = await app.open();
    app.deeds.release();
    const answers = await second.ask(message);
    expect(answers.filter(({ type }) => type === "component_update").map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(app.deeds.ran).toEqual(["story"]);
  });

  it.each([
    ["a text", "1"],
    ["negative", -1],
    ["no whole number", 1.5],
  ])("is not resumed after a frame that is %s", async (_what, after) => {
    const app = await socketApp();
    const socket = await app.open();
    expect((await socket.ask({ type: "component_resume", ticket: "x", after, id: "r1" }))[0]?.code).toBe("malformed");
  });
});
