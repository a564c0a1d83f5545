import { load } from "cheerio";
import { HydrantError } from "hydrant";
import { expect } from "vitest";
import type { Audit } from "./audit.js";
import { textIn } from "./html.js";

export const everyAnswer: Audit[] = [
  {
    id: "A3.2",
    must: "an event that is done answers 200 with the full root and a new seal",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk", { start: 5 });
      const answer = await stage.send(desk, "add", { by: 2 });
      expect([answer.status, answer.code, answer.component_id]).toEqual([200, undefined, "c-desk"]);
      expect(textIn(answer, "output")).toBe("7");
      expect(answer.state).not.toBe(desk.state);
      expect(textIn(await stage.send(answer, "add", { by: 2 }), "output")).toBe("9");
    },
  },
  {
    id: "A3.3",
    must: "an event with nothing to show answers 204 without a body, and the seal on the page stays valid",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      const answer = await stage.send(desk, "quiet");
      expect([answer.status, answer.html, answer.state]).toEqual([204, "", ""]);
      expect(stage.journal.ran).toContain("quiet");
      expect((await stage.send(desk, "add", { by: 1 })).status).toBe(200);
    },
  },
  {
    id: "A3.4",
    must: "an instance that removed itself answers 200 with an empty body",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk"), "leave");
      expect([answer.status, answer.html, answer.state, answer.removed]).toEqual([200, "", "", true]);
    },
  },
  {
    id: "A3.5",
    must: "a payload that does not validate answers 422 with the full root, the messages, what was sent, and a new seal",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      stage.journal.ran.length = 0;
      const answer = await stage.send(desk, "say", { text: "<i" });
      expect([answer.status, answer.code]).toEqual([422, "invalid"]);
      const field = load(answer.html)('[name="text"]');
      expect([field.attr("aria-invalid"), field.attr("value")]).toEqual(["true", "<i"]);
      expect(textIn(answer, `[id="${field.attr("aria-describedby")}"]`)).toBe("Write at least three letters");
      expect(answer.fields).toEqual({ text: ["Write at least three letters"] });
      expect(stage.journal.ran).toEqual([]);
      expect((await stage.send(answer, "add", { by: 1 })).status).toBe(200);
    },
  },
  {
    id: "A3.6",
    must: "a handler that refuses what it was given answers 422 with the state as it was before",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk", { start: 4 }), "refuse", { text: "typed" });
      expect([answer.status, textIn(answer, "output")]).toEqual([422, "4"]);
      expect(textIn(answer, "[data-field-error]")).toBe("Somebody said that already");
      expect(textIn(await stage.send(answer, "add", { by: 1 }), "output")).toBe("5");
    },
  },
  {
    id: "A3.7",
    must: "a seal that is not authentic gets one answer of one length, whatever the cause",
    async run(open) {
      const stage = await open();
      const stranger = await open({ keys: ["another-key-5tG7hJ2kL9zX4cV8bN1mQ6w"] });
      const otherApp = await open({ app: "other" });
      const desk = await stage.mount("desk");
      const { state } = desk;
      const bytes = Buffer.from(state, "base64url");
      const flipped = [0, 3, 6, 7, 9, 20, 40, bytes.length - 1].map((at) => {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] as number) ^ 1;
        return copy.toString("base64url");
      });
      const shelf = await stage.mount("shelf");
      const ticket = /ticket=([\w-]+)/.exec(shelf.html)?.[1] ?? "";
      const seals: readonly string[] = [
        ...flipped,
        state.slice(0, -1),
        state.slice(0, 10),
        `${state}A`,
        `${state}=`,
        ` ${state}`,
        "",
        "x",
        "\u0000",
        JSON.stringify({ total: 5 }),
        "A".repeat(100_000),
        ticket,
        (await stranger.mount("desk")).state,
        (await otherApp.mount("desk")).state,
        (await stage.mount("stand")).state,
        shelf.state,
        (await stage.mount("desk", {}, "bob")).state,
      ];
      stage.journal.ran.length = 0;
      const answers = [];
      for (const seal of seals) answers.push(await stage.send({ ...desk, state: seal }, "add", { by: 1 }));
      // A seal of the same component and person, but of another instance than the one that asks.
      answers.push(await stage.send({ ...desk, component_id: "c-other" }, "add", { by: 1 }));
      const said = answers.map(({ status, code, message, errorId = "", html }) => ({
        status,
        code,
        message,
        html,
        length: errorId.length,
      }));
      expect(new Set(said.map((one) => JSON.stringify(one))).size).toBe(1);
      expect(said[0]).toMatchObject({ status: 400, code: "state_invalid", html: "" });
      expect(stage.journal.ran).toEqual([]);
    },
  },
  {
    id: "A3.14",
    must: "what a handler forbids answers 403, and its reason stays on the server",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk"), "forbid");
      expect([answer.status, answer.code, answer.html]).toEqual([403, "forbidden", ""]);
      expect(answer.message).not.toContain("Ann");
      const signin = await stage.send(await stage.mount("desk"), "signin");
      expect([signin.status, signin.code]).toEqual([401, "unauthenticated"]);
    },
  },
  {
    id: "A3.16",
    must: "an unknown component and an unknown event get the same answer",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      const answers = [
        await stage.send({ ...desk, component: "nobody" }, "add", { by: 1 }),
        await stage.send(desk, "nothing"),
        await stage.send(desk, "mount"),
        await stage.send(desk, "render"),
      ].map((answer) => JSON.stringify({ ...answer, component: "" }));
      expect(new Set(answers).size).toBe(1);
      expect(JSON.parse(answers[0] as string)).toMatchObject({ status: 404, code: "not_found", html: "" });
    },
  },
  {
    id: "A3.20",
    must: "a handler that failed answers 500 with an id that finds the log line, and no detail",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk"), "explode");
      expect([answer.status, answer.code, answer.html]).toEqual([500, "internal", ""]);
      expect(JSON.stringify(answer)).not.toContain("swordfish");
      const errors = stage.log
        .at("error")
        .filter(({ fields }) => fields.id === answer.errorId)
        .map(({ fields: { error } }) => (error instanceof HydrantError ? String(error.cause) : error));
      expect(errors).toEqual(["Error: the secret is swordfish"]);
    },
  },
  {
    id: "A3.21",
    must: "a template that failed half-way answers 500 and sends nothing of what it wrote; the old seal stays valid",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      const answer = await stage.send(desk, "break");
      expect([answer.status, answer.code, answer.html, answer.state]).toEqual([500, "internal", "", ""]);
      expect((await stage.send(desk, "add", { by: 1 })).status).toBe(200);
    },
  },
  {
    id: "A3.22",
    must: "a store that is down answers 503",
    async run(open) {
      const down = () => Promise.reject(new Error("connection refused to 10.0.0.7"));
      const stage = await open({
        receiptStore: { begin: down, finish: down, abandon: down },
      });
      const answer = await stage.send(await stage.mount("desk"), "add", { by: 1 }, { idempotencyKey: "one" });
      expect([answer.status, answer.code]).toEqual([503, "unavailable"]);
      expect(JSON.stringify(answer)).not.toContain("10.0.0.7");
      expect(stage.journal.ran).not.toContain("add 1");
    },
  },
  {
    id: "A3.31",
    must: "a handler that does not end is stopped after its time with 503",
    async run(open) {
      const stage = await open({ limits: { callMs: 5000 } });
      const desk = await stage.mount("desk");
      const answer = stage.send(desk, "hang");
      await expect.poll(() => stage.clock.pending()).toBe(1);
      stage.clock.advance(5000);
      expect(await answer).toMatchObject({ status: 503, code: "timeout" });
      expect((await stage.send(desk, "add", { by: 1 })).status).toBe(200);
    },
  },
];
