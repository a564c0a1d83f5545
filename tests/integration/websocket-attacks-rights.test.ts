import {
  BasePermission,
  type Caller,
  Component,
  type ComponentServer,
  createComponentServer,
  type Fragment,
  HydrantError,
  type PermissionRequest,
  type PermissionRule,
} from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { html, taggedRenderer } from "hydrant/tagged";
import { ComponentWebSocketManager, type KnownCaller } from "hydrant/websocket";
import Koa, { type Context } from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type EventAnswer, openEvents } from "../support/event-stream.js";
import { type TestLog, testLog } from "../support/log.js";
import { openSocket, type SocketServer, serveSockets, type TestSocket } from "../support/socket.js";
import { eventOf, subscribeTo } from "../support/socket-app.js";

/** Who is refused now. */
interface Gate {
  refuses: (caller: Caller) => boolean;
}

type Rule = (gate: Gate) => PermissionRule;

/** Rules of every kind, each closed for whom the gate refuses. */
const RULES: Readonly<Record<string, Rule>> = {
  "a right of the person": (gate) =>
    class extends BasePermission {
      override hasPermission({ caller }: PermissionRequest) {
        return !gate.refuses(caller);
      }
    },
  "a right that is looked up": (gate) =>
    class extends BasePermission {
      override async hasPermission({ caller }: PermissionRequest) {
        await new Promise((resolve) => setImmediate(resolve));
        return !gate.refuses(caller);
      }
    },
  "a right to the instance": (gate) =>
    class extends BasePermission {
      override hasObjectPermission({ caller }: PermissionRequest) {
        return !gate.refuses(caller);
      }
    },
  "a right to the instance that is looked up": (gate) =>
    class extends BasePermission {
      override async hasObjectPermission({ caller }: PermissionRequest) {
        await new Promise((resolve) => setImmediate(resolve));
        return !gate.refuses(caller);
      }
    },
  "a rule that breaks": (gate) =>
    class extends BasePermission {
      override hasPermission({ caller }: PermissionRequest): boolean {
        if (gate.refuses(caller)) throw new Error("the secret is swordfish");
        return true;
      }
    },
  "a rule that breaks later, about the instance": (gate) =>
    class extends BasePermission {
      override async hasObjectPermission({ caller }: PermissionRequest): Promise<boolean> {
        await new Promise((resolve) => setImmediate(resolve));
        if (gate.refuses(caller)) throw new Error("the secret is swordfish");
        return true;
      }
    },
  "a rule that answers what is no yes": (gate) =>
    class extends BasePermission {
      override hasPermission({ caller }: PermissionRequest): boolean {
        return (gate.refuses(caller) ? "yes" : true) as boolean;
      }
    },
  "a rule that says no with a code of its own": (gate) =>
    class extends BasePermission {
      override hasPermission({ caller }: PermissionRequest): boolean {
        if (gate.refuses(caller)) throw new HydrantError("rate_limited", "Not so fast.", { retryAfter: 3 });
        return true;
      }
    },
};

function guardedClass(rule: PermissionRule, ran: string[]) {
  return class Guarded extends Component<{ n: number }> {
    static override template = "guarded";
    static override permissions = rule;
    static override events = { add: null, tell: null };
    static override stream = "resume" as const;
    static override topics = () => ["hall"];
    static override broadcast = z.object({ say: z.string() });
    override mount() {
      this.state = { n: 0 };
    }
    on_add() {
      ran.push("add");
      this.state.n++;
    }
    async *on_tell() {
      ran.push("tell");
      this.state.n = 1;
      yield;
      await new Promise((resolve) => this.signal.addEventListener("abort", resolve, { once: true }));
    }
    override changed() {
      ran.push("changed");
    }
  };
}

interface GuardedApp extends SocketServer {
  readonly server: ComponentServer;
  readonly log: TestLog;
  readonly gate: Gate;
  /** What ran in the component. */
  readonly ran: string[];
}

/** Somebody by the header `x-user`, otherwise a visitor. */
function known(ctx: Context): KnownCaller {
  const user = ctx.get("x-user");
  return user === "" ? { session: "visitor" } : { user: { id: user } };
}

function callerOf(user: string): Caller {
  return user === "" ? { user: null, session: "visitor" } : { user: { id: user }, session: null };
}

/** Both doors on one port, before one component with this rule. */
async function guardedApp(
  rule: Rule,
  topicAccess?: (topic: string, caller: Caller) => boolean | Promise<boolean>,
): Promise<GuardedApp> {
  const gate: Gate = { refuses: () => false };
  const ran: string[] = [];
  const log = testLog();
  const server = createComponentServer({
    components: { guarded: guardedClass(rule(gate), ran) },
    renderer: taggedRenderer({
      templates: { guarded: ({ root, state }) => html`<p ${root()}>${(state as { n: number }).n}</p>` },
    }),
    keys: ["rights-key-8Jd3Lq5Zv7Mx1Tn9Wc4Rb"],
    log,
    ...(topicAccess && { topicAccess }),
  });
  const app = new Koa();
  app.use(hydrantKoa(server, { caller: known }));
  const served = await serveSockets(app, new ComponentWebSocketManager(server, { caller: known }));
  onTestFinished(async () => {
    await served.close();
    await server.close();
  });
  return { ...served, server, log, gate, ran };
}

/** What somebody holds who was let in before. */
interface Holding {
  readonly app: GuardedApp;
  readonly user: string;
  readonly held: Fragment;
  readonly socket: TestSocket;
  /** Of a stream that runs. */
  readonly ticket: string;
  /** The connection of a page that shows nothing. */
  readonly connection: string;
}

const JSON_TYPE = "application/json";

function from(user: string): Readonly<Record<string, string>> {
  return user === "" ? {} : { "x-user": user };
}

async function readJson({ status, body }: EventAnswer): Promise<string> {
  const text = await body;
  if (status === 204) return "204";
  const { error, refused } = JSON.parse(text) as { error?: { code: string }; refused?: { code: string }[] };
  return error?.code ?? refused?.[0]?.code ?? String(status);
}

function post({ app, user }: Holding, path: string, body: object, accept = JSON_TYPE): Promise<EventAnswer> {
  const headers = { ...from(user), "Content-Type": JSON_TYPE, Accept: accept };
  return openEvents(app.port, { path: `/components${path}`, headers, body: JSON.stringify(body) });
}

function get({ app, user }: Holding, path: string): Promise<EventAnswer> {
  const headers = { ...from(user), Accept: `${JSON_TYPE}, text/event-stream` };
  return openEvents(app.port, { method: "GET", path: `/components${path}`, headers });
}

async function asked(
  { socket }: Holding,
  message: { readonly id: string } & Readonly<Record<string, unknown>>,
): Promise<string> {
  const last = (await socket.ask(message)).at(-1);
  return last?.code ?? last?.type ?? "";
}

/** Every way to the component over HTTP and over the socket, and the code that each is answered with. */
const WAYS: Readonly<Record<string, (holding: Holding) => Promise<string>>> = {
  "an event by POST": async (all) => readJson(await post(all, "/guarded/add", { state: all.held.state })),
  "a stream by POST": async (all) =>
    readJson(await post(all, "/guarded/tell", { state: all.held.state }, `${JSON_TYPE}, text/event-stream`)),
  "the rest of a stream": async (all) => readJson(await get(all, `/_streams/${all.ticket}?after=1`)),
  "a look at how it stands now": async (all) =>
    readJson(await post(all, "/guarded/_refresh", { state: all.held.state })),
  "updates in the address": async (all) => readJson(await get(all, `/_live?component=guarded&state=${all.held.state}`)),
  "updates by POST": async (all) => {
    const { connection, held } = all;
    return readJson(
      await post(all, "/_live", { connection, subscribe: [{ component: "guarded", state: held.state }] }),
    );
  },
  "an event over the socket": (all) => asked(all, eventOf("guarded", all.held, "add", "w1")),
  "a stream over the socket": (all) => asked(all, eventOf("guarded", all.held, "tell", "w2")),
  "the rest of a stream over the socket": (all) =>
    asked(all, { type: "component_resume", ticket: all.ticket, after: 1, id: "w3" }),
  "a subscription over the socket": (all) => asked(all, subscribeTo("guarded", all.held, "w4")),
  "a broadcast over the socket": (all) =>
    asked(all, { ...subscribeTo("guarded", all.held, "w5"), type: "broadcast", change: { say: "hi" } }),
  "a look over the socket": (all) => asked(all, eventOf("guarded", all.held, "_refresh", "w6")),
};

/** Lets somebody in, and gives them all there is to have. */
async function letIn(app: GuardedApp, user: string): Promise<Holding> {
  const held = await app.server.mount({ component: "guarded", id: `c-${user || "visitor"}`, caller: callerOf(user) });
  const socket = await openSocket(app.url, from(user));
  onTestFinished(() => void socket.client.terminate());
  await socket.message({ type: "connected" });
  const early = { app, user, held, socket, ticket: "", connection: "" };
  const stream = await post(early, "/guarded/tell", { state: held.state }, `${JSON_TYPE}, text/event-stream`);
  const ticket = String(stream.headers["hydrant-stream"]).split(" ")[1] as string;
  await expect.poll(() => stream.events.length).toBe(1);
  const page = await get(early, "/_live?shared");
  await expect.poll(() => page.events.length).toBe(1);
  onTestFinished(() => {
    stream.leave();
    page.leave();
  });
  const { connection } = JSON.parse(page.events[0]?.data ?? "{}") as { connection: string };
  return { ...early, ticket, connection };
}

/** What each kind of rule is answered with, for a visitor and for somebody signed in. */
const CODES: Readonly<Record<string, readonly [visitor: string, signedIn: string]>> = {
  "a right of the person": ["unauthenticated", "forbidden"],
  "a right that is looked up": ["unauthenticated", "forbidden"],
  "a right to the instance": ["unauthenticated", "forbidden"],
  "a right to the instance that is looked up": ["unauthenticated", "forbidden"],
  "a rule that breaks": ["internal", "internal"],
  "a rule that breaks later, about the instance": ["internal", "internal"],
  "a rule that answers what is no yes": ["unauthenticated", "forbidden"],
  "a rule that says no with a code of its own": ["rate_limited", "rate_limited"],
};

describe.each(Object.keys(RULES))("%s", (kind) => {
  it.each([0, 1] as const)("refuses every way alike, and nothing runs (%i)", async (at) => {
    const app = await guardedApp(RULES[kind] as Rule);
    const [user, code] = [["", "ann"][at] as string, CODES[kind]?.[at] as string];
    const holding = await letIn(app, user);
    app.gate.refuses = ({ user: asks }) => (asks?.id ?? "") === user;
    app.ran.length = 0;
    const answers: Record<string, string> = {};
    for (const [way, go] of Object.entries(WAYS)) answers[way] = await go(holding);
    expect(answers).toEqual(Object.fromEntries(Object.keys(WAYS).map((way) => [way, code])));
    expect(app.ran).toEqual([]);
    const said = JSON.stringify([holding.socket.messages, answers]);
    expect(said).not.toContain("swordfish");
    // What one could do, one may still end, and the socket is still there for everything else.
    const headers = from(user);
    const path = `/components/_streams/${holding.ticket}`;
    expect((await openEvents(app.port, { method: "DELETE", path, headers })).status).toBe(204);
    app.gate.refuses = () => false;
    expect(await asked(holding, eventOf("guarded", holding.held, "add", "last"))).toBe("ack");
  });

  it("that is lost is noticed when something is pushed, and others are told of it all the same", async () => {
    const app = await guardedApp(RULES[kind] as Rule);
    const [ann, bob] = [await letIn(app, "ann"), await letIn(app, "bob")];
    for (const one of [ann, bob]) await one.socket.ask(subscribeTo("guarded", one.held, "s"));
    app.gate.refuses = ({ user }) => user?.id === "ann";
    await app.server.publish("hall", { say: "secret" });
    await app.server.append("hall", "log", "secret");
    await bob.socket.message({ type: "component_update" });
    const refusal = await ann.socket.message({ type: "error" });
    expect(refusal).toMatchObject({ code: CODES[kind]?.[1], component_id: "c-ann" });
    expect(ann.socket.messages.filter(({ type }) => type === "component_update")).toEqual([]);
  });
});

describe("a right that is lost while a stream, updates and a socket are open", () => {
  it("ends them all within five seconds, and nobody else's", { timeout: 20_000 }, async () => {
    const app = await guardedApp(RULES["a right that is looked up"] as Rule);
    const open = async (user: string) => {
      const holding = await letIn(app, user);
      const stream = await get(holding, `/_streams/${holding.ticket}?after=0`);
      const live = await get(holding, `/_live?component=guarded&state=${holding.held.state}`);
      await holding.socket.ask(subscribeTo("guarded", holding.held, "s"));
      await expect.poll(() => [stream.events.length, live.events.length]).toEqual([1, 1]);
      onTestFinished(() => {
        stream.leave();
        live.leave();
      });
      return { ...holding, stream, live };
    };
    const [ann, bob] = [await open("ann"), await open("bob")];
    const lostAt = performance.now();
    app.gate.refuses = ({ user }) => user?.id === "ann";
    const isOver = () => [
      ann.stream.events.at(-1)?.event,
      ann.live.events.at(-1)?.event,
      ann.live.isClosed,
      ann.socket.messages.at(-1)?.code,
    ];
    await expect.poll(isOver, { timeout: 6_000 }).toEqual(["component:error", "component:closed", true, "forbidden"]);
    expect(performance.now() - lostAt).toBeLessThan(5_000);
    await app.server.publish("hall");
    await bob.socket.message({ type: "component_update" });
    await expect.poll(() => bob.live.events.some(({ data }) => data.includes("hx-partial"))).toBe(true);
    expect([bob.stream.isClosed, bob.live.isClosed, bob.stream.events.length]).toEqual([false, false, 1]);
    expect([ann.socket.messages.filter(({ type }) => type === "component_update"), app.log.at("error")]).toEqual([
      [],
      [],
    ]);
  });
});

type TopicAccess = NonNullable<Parameters<typeof guardedApp>[1]>;

/** What an application may say to somebody who wants to listen. */
const SAYS: readonly (readonly [string, TopicAccess, string])[] = [
  ["no", () => false, "forbidden"],
  ["later no", async () => false, "forbidden"],
  ["what is no yes", () => "yes" as unknown as boolean, "forbidden"],
  ["no, with a code of its own", () => Promise.reject(new HydrantError("not_found")), "not_found"],
  ["nothing, because it breaks", () => Promise.reject(new Error("the secret is swordfish")), "internal"],
];

describe("to listen to a topic itself", () => {
  it.each(SAYS)("is refused where the application says %s", async (_what, says, code) => {
    const app = await guardedApp(RULES["a right of the person"] as Rule, says);
    const { socket } = await letIn(app, "ann");
    expect((await socket.ask({ type: "subscribe", topic: "hall", id: "t" })).at(-1)).toMatchObject({
      type: "error",
      code,
    });
    await app.server.publish("hall", { say: "swordfish" });
    await socket.ask({ type: "ping", id: "p" });
    expect(JSON.stringify(socket.messages)).not.toContain("swordfish");
  });

  it.each(["_nodes", "_instance:c-bob", "", "*", "ha*", "hall\n", "hall\0"])(
    "%j is another's, or none, whomever the application lets listen to what",
    async (topic) => {
      const asks: string[] = [];
      const app = await guardedApp(RULES["a right of the person"] as Rule, (name) => {
        asks.push(name);
        return true;
      });
      const [{ socket }, bob] = [await letIn(app, "ann"), await letIn(app, "bob")];
      await socket.ask({ type: "subscribe", topic, id: "t" });
      await bob.socket.ask(subscribeTo("guarded", bob.held, "s"));
      await app.server.publish("hall", { say: "secret" });
      await app.server.pushUpdate("c-bob", { say: "secret" });
      await app.server.signedOut(callerOf("nobody"));
      await bob.socket.message({ type: "component_update" });
      await socket.ask({ type: "ping", id: "p" });
      expect(socket.messages.filter(({ type }) => type === "published")).toEqual([]);
      expect(asks.filter((name) => name.startsWith("_") || /\p{Cc}/u.test(name) || name === "")).toEqual([]);
    },
  );
});
