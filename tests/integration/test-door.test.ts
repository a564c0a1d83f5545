import { type ComponentServer, HydrantError } from "hydrant";
import { createTestDoor } from "hydrant/testing";
import { describe, expect, it } from "vitest";
import { counterServer } from "../support/counter-app.js";

const server: ComponentServer = counterServer();

describe("the door for an application's own tests", () => {
  it("mounts a component and shows what a page would show", async () => {
    const counter = await createTestDoor(server).mount("counter", { start: 5 });
    expect(counter.html).toContain("<output>5</output>");
    expect(counter.html).toContain(`id="${counter.component_id}"`);
    expect(counter.html).toContain(counter.state);
    expect(counter.answer.status).toBe(200);
  });

  it("sends events one after the other, each with the newest seal", async () => {
    const door = createTestDoor(server);
    const counter = await door.mount("counter", { start: 5 });
    const first = await door.send(counter, "increment", { by: 2 });
    await door.send(counter, "increment", { by: 3 });
    expect(first.html).toContain("<output>7</output>");
    expect(counter.html).toContain("<output>10</output>");
  });

  it("can send an older seal again, as a slow tab does", async () => {
    const door = createTestDoor(server);
    const counter = await door.mount("counter");
    const { state } = counter;
    await door.send(counter, "increment", { by: 2 });
    const late = await door.send(counter, "increment", { by: 3 }, { state });
    expect(late.html).toContain("<output>3</output>");
  });

  it("answers with failures instead of throwing, and keeps what the instance showed", async () => {
    const door = createTestDoor(server);
    const counter = await door.mount("counter", { start: 5 });
    const { html, state } = counter;
    const unknown = await door.send(counter, "explode");
    expect([unknown.status, unknown.code, unknown.failure?.message]).toEqual([
      404,
      "not_found",
      "There is nothing here.",
    ]);
    const forged = await door.send(counter, "increment", {}, { state: "x" });
    expect([forged.status, forged.code]).toEqual([400, "state_invalid"]);
    expect([counter.html, counter.state, counter.answer]).toEqual([html, state, forged]);
    const missing = await door.mount("nobody");
    expect([missing.answer.status, missing.answer.code, missing.html]).toEqual([404, "not_found", ""]);
    const refused = await door.mount("counter", { start: "five" });
    expect([refused.answer.status, Object.keys(refused.answer.fields)]).toEqual([422, ["start"]]);
  });

  it("shows a refused payload with its messages", async () => {
    const door = createTestDoor(server);
    const counter = await door.mount("counter");
    const answer = await door.send(counter, "increment", { by: 99 });
    expect([answer.status, answer.kind, Object.keys(answer.fields)]).toEqual([422, "invalid", ["by"]]);
    expect(counter.answer).toBe(answer);
  });

  it("tells effects", async () => {
    const door = createTestDoor(server);
    const answer = await door.send(await door.mount("counter"), "leave");
    expect([answer.kind, answer.effects.redirect]).toEqual(["redirect", "/bye"]);
  });

  it("asks as whoever the test says", async () => {
    const ann = createTestDoor(server, { caller: { user: { id: "ann" }, session: null } });
    const counter = await ann.mount("counter");
    const bob = { user: { id: "bob" }, session: null };
    expect((await ann.send(counter, "increment", {}, { caller: bob })).code).toBe("state_invalid");
    expect((await ann.send(counter, "increment")).status).toBe(200);
  });

  it("writes addresses for where the application mounts its components", async () => {
    const counter = await createTestDoor(server, { base: "/parts" }).mount("counter");
    expect(counter.html).toContain('hx-post="/parts/counter/increment');
  });

  it("resolves state without rendering, and throws what it cannot resolve", async () => {
    const door = createTestDoor(server);
    expect(await door.resolve("counter", { start: 5 })).toEqual({ count: 5 });
    const counter = await door.mount("counter", { start: 5 });
    expect(await door.resolve(counter, "increment", { by: 2 })).toEqual({ count: 7 });
    expect(counter.html).toContain("<output>5</output>");
    await expect(door.resolve(counter, "increment", { by: 99 })).rejects.toThrow(HydrantError);
  });
});
