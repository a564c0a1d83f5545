import type { EventSourceMessage } from "eventsource-parser";
import { BasePermission, type PermissionRequest } from "hydrant";
import { expect } from "vitest";
import { HTMX } from "../support/http.js";
import type { Audit } from "./audit.js";
import { textIn } from "./html.js";
import { from, heldIn } from "./koa-door.js";
import type { HttpStage } from "./stage.js";
import { allMessages, openTeller, post, resume, ticketOf } from "./stream-stage.js";

const KEPT = { stream: "resume" } as const;

/** Reads so many messages, then leaves without a word. */
async function cutAfter(answer: Awaited<ReturnType<typeof post>>, count: number): Promise<EventSourceMessage[]> {
  const read: EventSourceMessage[] = [];
  if (count > 0) {
    for await (const message of answer.messages()) {
      read.push(message);
      if (read.length === count) break;
    }
  }
  answer.leave();
  return read;
}

function stop(stage: HttpStage, ticket: string, headers: Readonly<Record<string, string>> = {}) {
  const path = `${stage.prefix}/_streams/${ticket}`;
  return stage.http.request({ method: "DELETE", path, headers: { ...from("ann"), ...HTMX, ...headers } });
}

const IN_ORDER = ["1", "2", "3", "4", "5", "5"];

const resuming: Audit<HttpStage>[] = [
  {
    id: "T5.70",
    must: "the header of a stream says what becomes of it when it is cut",
    async run(open) {
      for (const stream of ["abort", "restart", "resume"] as const) {
        const answer = await post(await openTeller(open, { stream }), "tell", { count: "1" });
        expect(answer.headers["hydrant-stream"]).toMatch(new RegExp(`^${stream} [\\w-]+$`));
        await answer.body;
      }
    },
  },
  {
    id: "T5.71",
    must: "a stream cut after any of its messages goes on after it: by Last-Event-ID or by `after`, none lost, none twice",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      for (let count = 0; count <= IN_ORDER.length; count++) {
        for (const by of ["header", "query"]) {
          const answer = await post(stage, "tell", { count: "5" });
          const first = await cutAfter(answer, count);
          const last = first.at(-1)?.id ?? "0";
          const rest = await allMessages(
            by === "header"
              ? await resume(stage, ticketOf(answer), "", { "Last-Event-ID": last })
              : await resume(stage, ticketOf(answer), `?after=${last}`),
          );
          const all = [...first, ...rest];
          expect(all.map(({ event, data }) => event ?? textIn({ html: data }, "output"))).toEqual([
            ...IN_ORDER,
            "component:done",
          ]);
          const ids = all.slice(0, -1).map(({ id }) => Number(id));
          expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
        }
      }
      expect(stage.journal.ran.filter((line) => line === "tell")).toHaveLength(2 * (IN_ORDER.length + 1));
    },
  },
  {
    id: "T5.72",
    must: "a stream that ended is ended again for whoever has its last frame: with the same event, and no frame twice",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      for (const [event, fields, ending] of [
        ["announce", {}, "component:done"],
        ["go", {}, "component:redirect"],
        ["leave", {}, "component:done"],
      ] as const) {
        const answer = await post(stage, event, fields);
        const all = await allMessages(answer);
        const rest = await allMessages(await resume(stage, ticketOf(answer), `?after=${all.at(-1)?.id}`));
        expect(rest.map((one) => one.event)).toEqual([ending]);
        expect(rest).toEqual(all.slice(-1));
      }
    },
  },
  {
    id: "T5.73",
    must: "a stream that failed fails again for whoever comes back",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      const answer = await post(stage, "fail", { after: "2" });
      await answer.body;
      const rest = await allMessages(await resume(stage, ticketOf(answer), "?after=1"));
      expect(rest.map(({ event, data }) => event ?? textIn({ html: data }, "output"))).toEqual([
        "2",
        "",
        "component:error",
      ]);
    },
  },
  {
    id: "T5.74",
    must: "the rest comes as the one who asks reads it",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      const answer = await post(stage, "tell", { count: "1" });
      const all = await allMessages(answer);
      const headers = { Accept: "application/json, text/event-stream" };
      const rest = await allMessages(await resume(stage, ticketOf(answer), `?after=${all[0]?.id}`, headers));
      expect(rest.map(({ event }) => event)).toEqual([undefined, "component:done"]);
      expect(JSON.parse(rest[0]?.data ?? "")).toMatchObject({ stream_done: true, component_id: "c-teller" });
    },
  },
  {
    id: "T5.75",
    must: "a ticket opens for the person it was made for, unchanged, and as long as its stream is kept",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      const abort = await openTeller(open);
      const answer = await post(stage, "tell", { count: "1" });
      const ticket = ticketOf(answer);
      await answer.body;
      const flipped = `${ticket.slice(0, -2)}${ticket.endsWith("AA") ? "BB" : "AA"}`;
      const refused = [
        await resume(stage, ticket, "", from("bob")),
        await resume(stage, ticket, "", { "x-user": "", ...from("") }),
        await resume(stage, flipped),
        await resume(stage, "x"),
        await resume(stage, (await stage.mount("teller")).state),
      ];
      expect(refused.map(({ status }) => status)).toEqual(Array(5).fill(400));
      for (const { body } of refused) expect(await body).toContain('data-code="state_invalid"');
      const cannot = await post(abort, "tell", { count: "1" });
      await cannot.body;
      const never = await resume(abort, ticketOf(cannot));
      expect([never.status, await never.body]).toEqual([404, expect.stringContaining('data-code="not_found"')]);
      stage.clock.advance(630_001);
      const late = await resume(stage, ticket);
      expect([late.status, await late.body]).toEqual([409, expect.stringContaining('data-code="state_expired"')]);
    },
  },
  {
    id: "T5.76",
    must: "what cannot be the number of a frame is 400",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      const answer = await post(stage, "tell", { count: "1" });
      await answer.body;
      const ticket = ticketOf(answer);
      for (const after of ["-1", "1.5", "x", "1e3", "0x1", "1e99", "9007199254740993", "1&after=2", ""]) {
        expect([after, (await resume(stage, ticket, `?after=${after}`)).status]).toEqual([after, 400]);
      }
      const byHeader = await resume(stage, ticket, "?after=1", { "Last-Event-ID": "<script>" });
      expect([byHeader.status, (await byHeader.body).includes("<script>")]).toEqual([400, false]);
    },
  },
  {
    id: "T5.77",
    must: "who lost the right to the event gets no more of its stream",
    async run(open) {
      class IsTeller extends BasePermission {
        override hasPermission({ caller }: PermissionRequest): boolean {
          return [...(caller.user?.permissions ?? [])].includes("tell");
        }
      }
      class IsItsTeller extends BasePermission {
        override hasObjectPermission({ caller }: PermissionRequest): boolean {
          return [...(caller.user?.permissions ?? [])].includes("tell");
        }
      }
      for (const permissions of [IsTeller, IsItsTeller]) {
        const people = { ann: { permissions: ["tell"] } };
        const stage = await openTeller(open, { ...KEPT, permissions }, { people });
        const answer = await post(stage, "tell", { count: "1" });
        await answer.body;
        expect((await resume(stage, ticketOf(answer))).status).toBe(200);
        people.ann.permissions.length = 0;
        const late = await resume(stage, ticketOf(answer));
        expect([late.status, await late.body]).toEqual([403, expect.stringContaining('data-code="forbidden"')]);
      }
    },
  },
  {
    id: "T5.78",
    must: "other methods than GET and DELETE are 405 with Allow",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      for (const method of ["POST", "PUT", "PATCH", "HEAD", "OPTIONS"]) {
        const answer = await stage.http.request({ method, path: `${stage.prefix}/_streams/x`, headers: from("ann") });
        expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, "GET, DELETE"]);
      }
    },
  },
];

const stopping: Audit<HttpStage>[] = [
  {
    id: "T5.80",
    must: "DELETE stops a stream of any mode: what it showed comes once more with its state, and its seal works",
    async run(open) {
      for (const stream of ["abort", "restart", "resume"] as const) {
        const stage = await openTeller(open, { stream });
        const answer = await post(stage, "listen");
        await expect.poll(() => stage.journal.ran).toEqual(["listening"]);
        const stopped = await stop(stage, ticketOf(answer));
        expect([stopped.status, stopped.body]).toEqual([204, ""]);
        const all = await allMessages(answer);
        expect(all.map(({ event, data }) => event ?? textIn({ html: data }, "output"))).toEqual([
          "1",
          "2",
          "component:done",
        ]);
        // Its `finally` ran before it was shown.
        expect(textIn({ html: all[1]?.data ?? "" }, "p")).toBe("stopped");
        const held = heldIn(all[1]?.data ?? "", "teller");
        expect((await stage.send(held, "plain")).status).toBe(200);
        expect([...stage.log.at("error"), ...stage.log.at("warn")]).toEqual([]);
      }
    },
  },
  {
    id: "T5.81",
    must: "nobody else can stop a stream, and no other site can stop or read it",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      const answer = await post(stage, "listen");
      await expect.poll(() => stage.journal.ran).toEqual(["listening"]);
      const ticket = ticketOf(answer);
      const foreign = { "Sec-Fetch-Site": "cross-site" };
      const refused = [
        await stop(stage, ticket, from("bob")),
        await stop(stage, `${ticket}A`),
        await stop(stage, ticket, foreign),
        await stop(stage, ticket, { Origin: "https://other.example" }),
      ];
      expect(refused.map(({ status }) => status)).toEqual([400, 400, 403, 403]);
      const readers = [await resume(stage, ticket, "", foreign), await resume(stage, ticket, "", { Origin: "null" })];
      expect(readers.map(({ status }) => status)).toEqual([403, 403]);
      expect([answer.isClosed, stage.journal.ran]).toEqual([false, ["listening"]]);
      await stop(stage, ticket);
      expect((await allMessages(answer)).at(-1)?.event).toBe("component:done");
    },
  },
  {
    id: "T5.82",
    must: "to stop a stream that has ended does nothing",
    async run(open) {
      const stage = await openTeller(open, KEPT);
      const answer = await post(stage, "tell", { count: "1" });
      const all = await allMessages(answer);
      expect((await stop(stage, ticketOf(answer))).status).toBe(204);
      const again = await allMessages(await resume(stage, ticketOf(answer)));
      expect(again).toEqual(all);
    },
  },
];

/** How a stream goes on and how it is ended from outside, on HTTP. */
export const streamEndings: readonly Audit<HttpStage>[] = [...resuming, ...stopping];
