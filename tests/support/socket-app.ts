import {
  AllowAny,
  Component,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  HasPermission,
  HydrantError,
  IsAuthenticated,
  type Outcome,
  type Payload,
  type PermissionRule,
  StreamingComponent,
  type User,
} from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { html, type TaggedTemplate, taggedRenderer } from "hydrant/tagged";
import { ComponentWebSocketManager, type KnownCaller, type WebSocketDoorOptions } from "hydrant/websocket";
import Koa from "koa";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { template } from "./live-app.js";
import { type TestLog, testLog } from "./log.js";
import { openSocket, type SocketServer, serveSockets, type TestSocket } from "./socket.js";

/** What the components of one application did, and what holds them up. */
export interface Deeds {
  readonly ran: string[];
  /** Handlers called `wait` end when this is called. */
  release: () => void;
  released: Promise<void>;
}

function newDeeds(): Deeds {
  const deeds: Deeds = { ran: [], release: () => {}, released: Promise.resolve() };
  deeds.released = new Promise((resolve) => {
    deeds.release = resolve;
  });
  return deeds;
}

const counterEvents = {
  add: z.object({ by: z.number().int().min(1).max(9).default(1) }),
  wait: null,
  quiet: null,
  fail: null,
  go: null,
  leave: null,
  grow: z.object({ size: z.number() }),
} as const;

/** Shows a number and what its room was told last. */
function counterClass(deeds: Deeds) {
  return class Counter extends Component<{ n: number; said: string }, { room: string }> {
    static override template = "counter";
    static override params = z.object({ room: z.string().default("hall") });
    static override events = counterEvents;
    static override topics = ({ params }: { params: { room: string } }) => [params.room];
    static override broadcast = z.object({ say: z.string().max(20) });
    override mount() {
      this.state = { n: 0, said: "" };
    }
    override changed(change: unknown) {
      const { say, n } = (change ?? {}) as { say?: string; n?: number };
      if (say !== undefined) this.state.said = say;
      if (n !== undefined) this.state.n = n;
    }
    on_add({ by }: Payload<typeof counterEvents, "add">) {
      deeds.ran.push(`${this.id} add ${by}`);
      this.state.n += by;
    }
    async on_wait() {
      deeds.ran.push(`${this.id} wait`);
      this.signal.addEventListener("abort", () => deeds.ran.push(`${this.id} aborted`), { once: true });
      await deeds.released;
      deeds.ran.push(`${this.id} waited`);
      this.state.n += 1;
    }
    on_quiet() {
      this.unchanged();
    }
    on_fail() {
      throw new Error("the secret is swordfish");
    }
    on_go() {
      this.redirect("/next");
    }
    on_leave() {
      this.remove();
    }
    on_grow({ size }: Payload<typeof counterEvents, "grow">) {
      this.state.said = "x".repeat(size);
    }
  };
}

/** Only for who is signed in; `people` says whether that is so. */
class Diary extends Component<{ line: string }> {
  static override template = "diary";
  static override permissions: PermissionRule = IsAuthenticated;
  static override topics = () => ["diary"];
  override mount() {
    this.state = { line: "dear" };
  }
}

/** Only for whom `people` gives the right to see it. */
class Vault extends Diary {
  static override permissions = new HasPermission("vault.see");
}

const teller = { tell: z.object({ lines: z.number().int().max(50) }), break: null, hang: null } as const;

/** Tells lines, one frame for each. */
function tellerClass(deeds: Deeds) {
  return class Teller extends Component<{ lines: number }> {
    static override template = "teller";
    static override permissions = AllowAny;
    static override events = teller;
    override mount() {
      this.state = { lines: 0 };
    }
    async *on_tell({ lines }: Payload<typeof teller, "tell">) {
      for (let line = 1; line <= lines; line++) {
        this.state.lines = line;
        yield;
      }
    }
    async *on_break() {
      this.state.lines = 1;
      yield;
      throw new HydrantError("forbidden");
    }
    async *on_hang() {
      const { signal } = this;
      signal.addEventListener("abort", () => deeds.ran.push("aborted"), { once: true });
      try {
        yield;
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        });
      } finally {
        deeds.ran.push("closed");
      }
    }
  };
}

/** Goes on when its reader is lost. */
function storyClass(deeds: Deeds) {
  return class Story extends StreamingComponent<{ text: string }> {
    static override stream = "resume" as const;
    static override template = "story";
    static override events = { tell: null };
    override mount() {
      this.state = { text: "" };
    }
    async *on_tell() {
      deeds.ran.push("story");
      for (const word of ["once", "upon"]) {
        this.state.text += word;
        yield this.append("text", word);
      }
      await deeds.released;
      this.state.text += "time";
      yield this.append("text", "time");
    }
  };
}

const TEMPLATES: Record<string, TaggedTemplate> = {
  counter: template<{ n: number; said: string }>(
    ({ root, state }) => html`<p ${root()}><output>${state.n}</output><i>${state.said}</i></p>`,
  ),
  diary: template<{ line: string }>(({ root, state }) => html`<p ${root()}>${state.line}</p>`),
  teller: template<{ lines: number }>(({ root, state }) => html`<p ${root()}><output>${state.lines}</output></p>`),
  story: template<{ text: string }>(
    ({ root, state, appends }) => html`<section ${root()}><b ${appends("text")}>${state.text}</b></section>`,
  ),
};

export interface SocketAppOptions {
  readonly server?: Partial<ComponentServerOptions>;
  readonly door?: WebSocketDoorOptions;
}

/** An application with sockets, and whoever a test lets in. */
export interface SocketApp extends SocketServer {
  readonly server: ComponentServer;
  readonly sockets: ComponentWebSocketManager;
  readonly log: TestLog;
  readonly deeds: Deeds;
  /** What the application knows of people by name; who stands here as `null` has signed out. */
  readonly people: Record<string, User | null>;
  /** A new instance of somebody's. */
  mount(component: string, id: string, user?: string, params?: Readonly<Record<string, unknown>>): Promise<Outcome>;
  /** Opens a socket of somebody's. */
  open(user?: string, query?: string, options?: { readonly autoPong?: boolean }): Promise<TestSocket>;
}

/** Somebody the application knows by the header `x-user`, and a visitor where there is none. */
export function knownBy(people: Readonly<Record<string, User | null>>, name: string): KnownCaller {
  if (name === "") return {};
  const known = people[name];
  return known === null ? { session: `was ${name}` } : { user: { id: name, ...known } };
}

/** Opened for one test and closed after it. */
export async function socketApp({ server: serverOptions, door }: SocketAppOptions = {}): Promise<SocketApp> {
  const deeds = newDeeds();
  const log = testLog();
  const people: Record<string, User | null> = {};
  const server = createComponentServer({
    components: {
      counter: counterClass(deeds),
      diary: Diary,
      vault: Vault,
      teller: tellerClass(deeds),
      story: storyClass(deeds),
    },
    renderer: taggedRenderer({ templates: TEMPLATES }),
    keys: ["socket-key-7Zt4Wq9Lm2Xc6Vb1Np8Rs3Kd"],
    log,
    ...serverOptions,
  });
  const app = new Koa();
  app.use(hydrantKoa(server));
  const caller = (ctx: Koa.Context): KnownCaller => knownBy(people, ctx.get("x-user"));
  const sockets = new ComponentWebSocketManager(server, { caller, ...door });
  const served = await serveSockets(app, sockets);
  const clients: TestSocket[] = [];
  onTestFinished(async () => {
    deeds.release();
    for (const { client } of clients) client.terminate();
    await served.close();
    await server.close();
  });
  return {
    ...served,
    server,
    sockets,
    log,
    deeds,
    people,
    mount: (component, id, user = "ann", params = {}) =>
      server.mount({ component, id, params, caller: { user: { id: user }, session: null } }),
    async open(user = "ann", query = "", options = {}) {
      const socket = await openSocket(`${served.url}${query}`, user === "" ? {} : { "x-user": user }, options);
      clients.push(socket);
      await socket.message({ type: "connected" });
      return socket;
    },
  };
}

/** An event of an instance as a page sends it. */
export function eventOf(
  component: string,
  { component_id, state }: Pick<Outcome, "component_id" | "state">,
  event: string,
  id: string,
  payload: object = {},
): { readonly id: string } & Readonly<Record<string, unknown>> {
  return { type: "component_event", component, component_id, state, event, id, payload };
}

/** Asks to be told of an instance. */
export function subscribeTo(
  component: string,
  { component_id, state }: Pick<Outcome, "component_id" | "state">,
  id: string,
  more: object = {},
): { readonly id: string } & Readonly<Record<string, unknown>> {
  return { type: "subscribe", component, component_id, state, id, ...more };
}
