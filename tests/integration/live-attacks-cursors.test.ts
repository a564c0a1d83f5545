import { describe, expect, it } from "vitest";
import { openEvents } from "../support/event-stream.js";
import { greetingOf, liveHttp, rootsIn } from "../support/live-http.js";
import { callerOf, type LiveStage, liveStage } from "../support/live-stage.js";
import { openSocket } from "../support/socket.js";
import { socketApp, subscribeTo } from "../support/socket-app.js";

const HALL = "room:hall";

/** Places in no history of this server, by what they are. */
const INVENTED: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["a space", " "],
  ["a number", "0"],
  ["the beginning of all time", "0-0"],
  ["the end of all time", "18446744073709551615-18446744073709551615"],
  ["beyond the end", "99999999999999999999999999999999-1"],
  ["before the beginning", "-1--1"],
  ["another server's", "start-aaaaaaaaaaaaaaaa"],
  ["a name every object has", "constructor"],
  ["a prototype", "__proto__"],
  ["a seal", "AfI-YB".repeat(30)],
  ["a path", "../../etc/passwd"],
  ["markup", "<script>alert(1)</script>"],
  ["letters of all kinds", "ü😀\u202e"],
  ["everything", "*"],
  ["two at once", "1-1,2-2"],
];

/** Places no header can name: those with other letters than it has, and what is only space. */
function fitsHeader(cursor: string): boolean {
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(cursor);
}

/** Something was published before, so that there is a history. */
async function published(stage: LiveStage): Promise<void> {
  for (let n = 0; n < 3; n++) await stage.server.publish(HALL, n);
  await stage.flush();
}

describe("a page that says it has seen everything up to a place that nobody knows", () => {
  it.each(INVENTED)(
    "over HTTP, %s: is told that it is not known, and shown how things stand",
    async (_what, cursor) => {
      const stage = liveStage();
      const { live, post, http } = await liveHttp(stage);
      await published(stage);
      const { state, component_id } = await stage.mount("board");
      const instances = [{ component: "board", state }];
      const asAddress = await live({ instances, cursor });
      const shared = await live({ shared: true });
      await expect.poll(() => shared.events.length).toBe(1);
      const change = { connection: greetingOf(shared).connection, page: "p", subscribe: instances, cursor };
      expect(await post(change)).toMatchObject({ status: 200, body: '{"refused":[]}' });
      const answers = [asAddress, shared];
      if (fitsHeader(cursor))
        answers.push(
          await live({ instances, cursor: stage.server.live.position() }, "ann", { "Last-Event-ID": cursor }),
        );
      await stage.flush();
      for (const one of answers) {
        await expect.poll(() => one.events.filter(({ event }) => event === "resync").length).toBe(1);
        await expect.poll(() => one.events.some(({ data }) => data.includes("<section"))).toBe(true);
        expect(one.events.find(({ event }) => event === "resync")?.data).toContain(component_id);
      }
      expect(stage.log.lines).toEqual([]);
      // The greeting says the place back, in JSON.
      expect(greetingOf(asAddress).cursor).toBe(cursor);
      for (const one of answers) one.leave();
      const good = await live({ instances, cursor: stage.server.live.position() });
      await stage.server.publish(HALL, "good");
      await stage.flush();
      await expect.poll(() => rootsIn(good).length).toBe(1);
      expect(good.events.some(({ event }) => event === "resync")).toBe(false);
      good.leave();
      await http.close();
    },
  );

  it.each(INVENTED)(
    "over a socket, %s: is told the same, in the address and in each message",
    async (_what, cursor) => {
      const app = await socketApp({ server: { topicAccess: () => true } });
      for (let n = 0; n < 3; n++) await app.server.publish("hall", { n });
      const counter = await app.mount("counter", "c-one");
      const inMessage = await app.open();
      await inMessage.ask(subscribeTo("counter", counter, "s1", { cursor }));
      const inAddress = await openSocket(`${app.url}?cursor=${encodeURIComponent(cursor)}`, { "x-user": "ann" });
      await inAddress.ask(subscribeTo("counter", counter, "s1"));
      for (const socket of [inMessage, inAddress]) {
        expect((await socket.message({ type: "resync" })).instances).toEqual(["c-one"]);
        expect((await socket.message({ type: "component_update" })).component_id).toBe("c-one");
      }
      const listening = await app.open();
      await listening.ask({ type: "subscribe", topic: "hall", cursor, id: "t1" });
      expect((await listening.message({ type: "resync" })).instances).toEqual([]);
      expect(listening.messages.filter(({ type }) => type === "published")).toEqual([]);
      expect([app.log.at("warn"), app.log.at("error")]).toEqual([[], []]);
      inAddress.client.terminate();
    },
  );

  it("in a place that is far too long is told the same, or that nobody can read that", async () => {
    const stage = liveStage();
    const { live, post, http } = await liveHttp(stage);
    await published(stage);
    const { state } = await stage.mount("board");
    const instances = [{ component: "board", state }];
    const long = "9".repeat(8_000);
    const page = await live({ instances, cursor: long });
    await stage.flush();
    await expect.poll(() => page.events.filter(({ event }) => event === "resync").length).toBe(1);
    expect((await live({ instances, cursor: "9".repeat(20_000) })).status).toBe(431);
    const shared = await live({ shared: true });
    await expect.poll(() => shared.events.length).toBe(1);
    const { connection } = greetingOf(shared);
    const answer = await post({ connection, page: "p", subscribe: instances, cursor: "9".repeat(500_000) });
    expect(answer.status).toBe(200);
    await expect.poll(() => shared.events.filter(({ event }) => event === "resync").length).toBe(1);
    for (const one of [page, shared]) one.leave();
    await http.close();
  });

  it("and names several is taken at the first; the header goes before the address", async () => {
    const stage = liveStage();
    const { http } = await liveHttp(stage);
    const { state } = await stage.mount("board");
    const position = stage.server.live.position();
    await published(stage);
    const path = (cursors: string) => `/components/_live?component=board&state=${state}&${cursors}`;
    const open = (cursors: string, headers = {}) =>
      openEvents(http.port, { method: "GET", path: path(cursors), headers: { "x-user": "ann", ...headers } });
    const known = await open(`cursor=${position}&cursor=invented`);
    const unknown = await open(`cursor=invented&cursor=${position}`);
    const header = await open("cursor=invented", { "Last-Event-ID": position });
    const list = await open(`cursor[]=${position}`);
    await stage.flush();
    for (const one of [known, unknown, header]) await expect.poll(() => rootsIn(one).length).toBe(1);
    const isResync = [known, unknown, header].map(({ events }) => events.some(({ event }) => event === "resync"));
    expect(isResync).toEqual([false, true, false]);
    expect([list.status, rootsIn(list)]).toEqual([200, []]);
    for (const one of [known, unknown, header, list]) one.leave();
  });
});

describe("a place in history", () => {
  it("of another server with the same key, or of this one before it was started anew, is not known", async () => {
    const [stage, other] = [liveStage(), liveStage()];
    await published(other);
    const { state } = await stage.mount("board");
    for (const cursor of [other.server.live.position(), liveStage().server.live.position()]) {
      const page = stage.open();
      const change = {
        connection: page.connection.id,
        caller: callerOf("ann"),
        subscribe: [{ component: "board", state }],
        cursor,
      };
      await stage.server.live.change(change);
      await stage.flush();
      expect([page.of("resync").length, page.shown().length]).toEqual([1, 1]);
    }
  });

  it("of somebody else is a place like every other: it opens nothing that is not one's own", async () => {
    const stage = liveStage();
    const { live } = await liveHttp(stage);
    const theirs = await stage.mount("board", "bob");
    const before = stage.server.live.position();
    await stage.server.pushUpdate(theirs.component_id, "for bob");
    const mine = await stage.mount("board", "ann");
    const page = await live({ instances: [{ component: "board", state: mine.state }], cursor: before });
    await stage.flush();
    await expect.poll(() => page.events.length).toBe(1);
    expect(page.received()).not.toContain("for bob");
    page.leave();
  });
});
