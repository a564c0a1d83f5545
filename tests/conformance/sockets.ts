import { expect } from "vitest";
import { type TestSocket, upgradeAnswer } from "../support/socket.js";
import type { Audit, Open } from "./audit.js";
import { Gong, GuardedGong } from "./fixtures/gong.js";
import { outputIn } from "./html.js";
import type { Held, StageOptions } from "./stage.js";
import type { SocketStage } from "./websocket-door.js";

/** Pushes are gathered for a short time. */
const GATHER_MS = 50;

async function openGong(open: Open<SocketStage>, options: StageOptions = {}) {
  const stage = await open({ also: () => ({ gong: Gong, guarded: GuardedGong }), ...options });
  const socket = await stage.socket();
  return { stage, socket, gong: await stage.mount("gong") };
}

function eventOf({ component, component_id, state }: Held, event: string, id: string, payload: object = {}) {
  return { type: "component_event", component, component_id, state, event, id, payload };
}

function subscribeTo({ component, component_id, state }: Held, id: string, more: object = {}) {
  return { type: "subscribe", component, component_id, state, id, ...more };
}

/** Publishes and lets the time pass in which changes are gathered. */
async function publish({ server, clock }: SocketStage, rings: number): Promise<void> {
  await server.publish("gong", { rings });
  clock.advance(GATHER_MS);
}

async function codeOf(socket: TestSocket, message: { readonly id: string }): Promise<string | undefined> {
  return (await socket.ask({ ...message })).find(({ type }) => type === "error")?.code;
}

const messages: Audit<SocketStage>[] = [
  {
    id: "S6.1",
    must: "an event ends in a component_update with the root, its seal, slots and revision, and then in the ack of its id",
    async run(open) {
      const { socket, gong } = await openGong(open);
      const [update, ack, ...more] = await socket.ask(eventOf(gong, "ring", "m1"));
      expect(update).toMatchObject({ type: "component_update", component: "gong", component_id: "c-gong", id: "m1" });
      expect([outputIn({ html: update?.html ?? "" }), update?.slots, update?.status]).toEqual(["1", {}, 200]);
      expect(update?.html).toContain(`data-rev="${update?.rev}"`);
      expect([ack, more]).toEqual([{ type: "ack", id: "m1" }, []]);
      const next = { ...gong, state: update?.state ?? "" };
      expect(outputIn({ html: (await socket.ask(eventOf(next, "ring", "m2")))[0]?.html ?? "" })).toBe("2");
    },
  },
  {
    id: "S6.2",
    must: "an event with nothing to show is only acknowledged",
    async run(open) {
      const { stage, socket } = await openGong(open);
      const desk = await stage.mount("desk");
      expect(await socket.ask(eventOf(desk, "quiet", "m1"))).toEqual([{ type: "ack", id: "m1" }]);
    },
  },
  {
    id: "S6.3",
    must: "every refused message is answered with a code, a sentence, its id and an id of the log, and the socket stays open",
    async run(open) {
      const { stage, socket, gong } = await openGong(open);
      const desk = await stage.mount("desk");
      const bobs = await stage.mount("gong", {}, "bob");
      const refused: readonly (readonly [string, { readonly id: string }])[] = [
        ["malformed", { id: "m1" }],
        ["malformed", { ...eventOf(gong, "ring", "m2"), state: 5 } as { id: string }],
        ["malformed", { ...eventOf(gong, "ring", "m3"), payload: [] } as { id: string }],
        ["not_found", eventOf(gong, "nothing", "m4")],
        ["not_found", eventOf({ ...gong, component: "nobody" }, "ring", "m5")],
        ["state_invalid", eventOf(bobs, "ring", "m6")],
        ["forbidden", eventOf(desk, "forbid", "m7")],
        ["internal", eventOf(desk, "explode", "m8")],
        ["state_invalid", subscribeTo(bobs, "m9")],
        ["forbidden", { type: "subscribe", topic: "gong", id: "m10" } as { id: string }],
        ["state_invalid", { type: "component_stop", ticket: "forged", id: "m11" } as { id: string }],
      ];
      for (const [code, message] of refused) {
        const [answer, ...more] = await socket.ask({ ...message });
        expect(answer).toMatchObject({ type: "error", code, id: message.id });
        expect([typeof answer?.message, typeof answer?.error_id, more]).toEqual(["string", "string", []]);
      }
      expect((await socket.ask(eventOf(gong, "ring", "last"))).at(-1)?.type).toBe("ack");
    },
  },
  {
    id: "S6.4",
    must: "what is no JSON object is refused, and the socket stays open",
    async run(open) {
      const { socket } = await openGong(open);
      for (const text of ["", "hello", "[]", "null", "5", '{"type":']) socket.send(text);
      socket.client.send(Buffer.from("{}"), { binary: true });
      await expect.poll(() => socket.messages.filter(({ code }) => code === "malformed")).toHaveLength(7);
      expect(await socket.ask({ type: "ping", id: "p1" })).toMatchObject([{ type: "pong", id: "p1" }]);
    },
  },
  {
    id: "S6.5",
    must: "events of one instance are carried out in the order they came, those of others beside them",
    async run(open) {
      const { stage, socket, gong } = await openGong(open);
      const desk = await stage.mount("desk");
      socket.send(eventOf(desk, "wait", "m1"));
      const later = [2, 3].map((by) => socket.ask(eventOf(desk, "add", `m${by}`, { by })));
      await socket.ask(eventOf(gong, "ring", "beside"));
      expect(stage.journal.ran.filter((line) => line !== "mount")).toEqual(["wait"]);
      stage.journal.gate.open();
      await Promise.all(later);
      expect(stage.journal.ran.filter((line) => line !== "mount")).toEqual(["wait", "add 2", "add 3"]);
    },
  },
  {
    id: "S6.6",
    must: "an event that was not acknowledged and comes again under its id runs once and gets the same answer",
    async run(open) {
      const { stage, socket } = await openGong(open);
      const desk = await stage.mount("desk");
      const message = eventOf(desk, "add", "m1", { by: 2 });
      const [first] = await socket.ask(message);
      socket.client.terminate();
      const [again] = await (await stage.socket()).ask(message);
      expect(again?.html).toBe(first?.html);
      expect(stage.journal.ran.filter((line) => line === "add 2")).toHaveLength(1);
      expect(await codeOf(await stage.socket(), { ...message, payload: { by: 3 } } as { id: string })).toBe(
        "key_reused",
      );
    },
  },
  {
    id: "S6.7",
    must: "messages of htmx's own extension are events, and answered with partials alone",
    async run(open) {
      const { socket, gong } = await openGong(open);
      const headers = { "HX-Request": "true", "HX-Target": "div#c-gong" };
      socket.send({ headers, _component: "gong", _event: "ring", state: gong.state });
      await expect.poll(() => socket.texts).toHaveLength(1);
      expect(socket.texts[0]).toMatch(
        /^<hx-partial hx-target="#c-gong" hx-swap="outerMorph"><div id="c-gong".*<\/hx-partial>$/s,
      );
    },
  },
];

const streams: Audit<SocketStage>[] = [
  {
    id: "S6.8",
    must: "a handler that yields sends one component_update for each frame, the last one marked, and then its ack",
    async run(open) {
      const { socket, gong } = await openGong(open);
      const answers = await socket.ask(eventOf(gong, "count", "m1", { to: 2 }));
      const frames = answers.filter(({ type }) => type === "component_update");
      expect(frames.map(({ html = "", stream_done, number }) => [outputIn({ html }), stream_done, number])).toEqual([
        ["1", false, 1],
        ["2", false, 2],
        ["2", true, 3],
      ]);
      expect(answers.at(-1)).toEqual({ type: "ack", id: "m1" });
    },
  },
];

const live: Audit<SocketStage>[] = [
  {
    id: "S6.9",
    must: "a subscribed instance is sent again, with the render it was made from, until it is unsubscribed",
    async run(open) {
      const { stage, socket, gong } = await openGong(open);
      expect((await socket.ask(subscribeTo(gong, "s1")))[0]).toMatchObject({
        type: "subscribed",
        component_id: "c-gong",
      });
      const [shown] = await socket.ask(eventOf(gong, "ring", "m1"));
      await publish(stage, 7);
      const pushed = await socket.message({ type: "component_update", base: shown?.state?.slice(-16) ?? "" });
      expect(outputIn({ html: pushed.html ?? "" })).toBe("7");
      const [gone] = await socket.ask({ type: "unsubscribe", component_id: "c-gong", id: "u1" });
      expect(gone).toEqual({ type: "unsubscribed", component_id: "c-gong", id: "u1" });
      await publish(stage, 8);
      await socket.ask({ type: "ping", id: "p1" });
      expect(socket.messages.filter(({ type }) => type === "component_update")).toHaveLength(2);
    },
  },
  {
    id: "S6.10",
    must: "what happened since the page's cursor is shown; where that is not known, resync names what is rendered again",
    async run(open) {
      const { stage, gong } = await openGong(open);
      const cursor = stage.server.live.position();
      await publish(stage, 3);
      for (const [from, resyncs] of [
        [cursor, 0],
        ["invented", 1],
      ] as const) {
        const socket = await stage.socket();
        await socket.ask(subscribeTo(gong, "s1", { cursor: from }));
        stage.clock.advance(GATHER_MS);
        const update = await socket.message({ type: "component_update" });
        const announced = socket.messages.filter(({ type }) => type === "resync");
        expect(announced).toEqual(Array(resyncs).fill({ type: "resync", instances: ["c-gong"] }));
        if (resyncs === 0) expect(outputIn({ html: update.html ?? "" })).toBe("3");
      }
    },
  },
  {
    id: "S6.11",
    must: "rights that were taken away are noticed at delivery, and the page is told of nothing more",
    async run(open) {
      const people = { ann: { permissions: ["gong.see"] as string[] } };
      const { stage, socket } = await openGong(open, { people });
      await socket.ask(subscribeTo(await stage.mount("guarded"), "s1"));
      await publish(stage, 1);
      await socket.message({ type: "component_update", component_id: "c-guarded" });
      people.ann.permissions = [];
      stage.clock.advance(5_000);
      expect(await socket.message({ type: "error" })).toMatchObject({ code: "forbidden", component_id: "c-guarded" });
      await publish(stage, 2);
      expect((await socket.ask({ type: "ping", id: "p1" }))[0]?.type).toBe("pong");
      expect(socket.messages.filter(({ type }) => type === "component_update")).toHaveLength(1);
    },
  },
  {
    id: "S6.12",
    must: "a page publishes under the topics of its instance only what the component lets it, and is acknowledged",
    async run(open) {
      const { stage, socket, gong } = await openGong(open);
      const bob = await stage.socket("bob");
      await bob.ask(subscribeTo(await stage.mount("gong", {}, "bob"), "s1"));
      const message = { type: "broadcast", component: "gong", component_id: "c-gong", state: gong.state };
      expect(await codeOf(socket, { ...message, change: { rings: "x" }, id: "b1" } as { id: string })).toBe("invalid");
      const desk = await stage.mount("desk");
      const barred = { ...message, component: "desk", component_id: "c-desk", state: desk.state };
      expect(await codeOf(socket, { ...barred, change: {}, id: "b2" } as { id: string })).toBe("forbidden");
      expect((await socket.ask({ ...message, change: { rings: 9 }, id: "b3" })).at(-1)?.type).toBe("ack");
      stage.clock.advance(GATHER_MS);
      expect(outputIn({ html: (await bob.message({ type: "component_update" })).html ?? "" })).toBe("9");
    },
  },
];

const endings: Audit<SocketStage>[] = [
  {
    id: "S6.13",
    must: "an upgrade from another site is refused with 403 before anything runs, one of another path with 404",
    async run(open) {
      const { stage } = await openGong(open);
      const url = `${stage.origin.replace("http", "ws")}/components/_ws`;
      const foreign = [{ Origin: "https://evil.example" }, { Origin: "null" }, { Cookie: "a=1" }];
      const statuses = await Promise.all(foreign.map(async (headers) => (await upgradeAnswer(url, headers)).status));
      expect(statuses).toEqual([403, 403, 403]);
      expect((await upgradeAnswer(`${url}/x`)).status).toBe(404);
      expect((await upgradeAnswer(url, { Origin: stage.origin, Cookie: "a=1" })).status).toBe(101);
    },
  },
  {
    id: "S6.14",
    must: "a message that is too long closes the socket with 1009, a flood of refused ones with 1008",
    async run(open) {
      const { stage, socket } = await openGong(open);
      socket.send({ type: "ping", id: "x".repeat(300_000) });
      expect((await socket.closed).code).toBe(1009);
      const flooding = await stage.socket();
      for (let sent = 0; sent < 300; sent++) flooding.client.send("nonsense", () => {});
      expect((await flooding.closed).code).toBe(1008);
    },
  },
  {
    id: "S6.15",
    must: "somebody who signs out is cut off with 4401, others are not",
    async run(open) {
      const { stage, socket } = await openGong(open);
      const bob = await stage.socket("bob");
      await stage.server.signedOut({ user: { id: "ann" }, session: null });
      expect((await socket.closed).code).toBe(4401);
      expect((await bob.ask({ type: "ping", id: "p1" }))[0]?.type).toBe("pong");
    },
  },
  {
    id: "S6.16",
    must: "a node that gets ready to stop finishes and acknowledges what it began, and closes with 1012",
    async run(open) {
      const { stage, socket } = await openGong(open);
      const begun = socket.ask(eventOf(await stage.mount("desk"), "wait", "m1"));
      await expect.poll(() => stage.journal.ran).toContain("wait");
      await stage.server.drain(0);
      stage.journal.gate.open();
      expect((await begun).at(-1)).toEqual({ type: "ack", id: "m1" });
      expect((await socket.closed).code).toBe(1012);
    },
  },
];

/** What only a socket has: its messages, its order, its pushes and its endings. */
export const everySocket: readonly Audit<SocketStage>[] = [...messages, ...streams, ...live, ...endings];
