import { ERRORS, type ErrorCode } from "hydrant";
import { type ComponentsContext, hydrantKoa } from "hydrant/koa";
import { ComponentWebSocketManager } from "hydrant/websocket";
import Koa, { type Context, type DefaultState } from "koa";
import type { TestClock } from "../support/clock.js";
import { openSocket, type SocketMessage, type SocketServer, serveSockets, type TestSocket } from "../support/socket.js";
import { from, heldIn, pagePath } from "./koa-door.js";
import {
  type Door,
  type Held,
  personOf,
  type Reply,
  type Stage,
  type StageOptions,
  type StageParts,
  type StreamFrame,
} from "./stage.js";

/** A stage whose door is a socket beside the Koa door, which places the components in pages. */
export interface SocketStage extends Stage {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  /** Opens a socket of somebody's; the stage closes it. @param query What stands in its address. */
  socket(user?: string, query?: string): Promise<TestSocket>;
}

/** What HTTP answers where a socket sends no update. */
const NOTHING = 204;
/** As many as a suite sends while its clock stands still. */
const MESSAGES = 100_000;

function statusOf(code: string | undefined): number {
  return code === undefined ? NOTHING : ERRORS[code as ErrorCode].status;
}

function replyOf(component: string, answers: readonly SocketMessage[]): Reply {
  // A socket is always answered with a stream where the handler yields; what it ends with is the answer.
  const update = answers.findLast(({ type }) => type === "component_update");
  const error = answers.find(({ type }) => type === "error") ?? update?.error;
  const { effects = {}, html = "", state = "", component_id = "", slots = {}, partials = [] } = update ?? {};
  return {
    component,
    component_id,
    status: update?.status ?? statusOf(error?.code),
    html,
    state,
    slots,
    code: error?.code,
    message: error?.message,
    errorId: error?.error_id,
    fields: error?.fields ?? {},
    redirect: effects.redirect,
    trigger: effects.trigger ?? {},
    partials,
    removed: effects.removed ?? false,
  };
}

/** The answers of a socket to one event as the steps of its stream. */
async function* framesOf(component: string, answers: AsyncIterable<SocketMessage>): AsyncGenerator<StreamFrame, void> {
  let isDone = false;
  for await (const message of answers) {
    const isEnd = message.type === "error" || message.type === "ack";
    if (isDone || (!isEnd && message.type !== "component_update")) continue;
    isDone = message.stream_done ?? true;
    yield { ...replyOf(component, [message]), stream_done: isDone, append: message.append };
  }
  if (!isDone) throw new Error("the socket was lost before the stream had ended");
}

function jsonReply(component: string, status: number, body: string): Reply {
  const { effects, error, ...shown } = (body === "" ? {} : JSON.parse(body)) as SocketMessage & {
    error?: { id: string };
  };
  const update = { ...shown, ...(effects === undefined ? {} : { effects }), type: "component_update", status };
  return replyOf(component, [error === undefined ? update : { ...update, error: { ...error, error_id: error.id } }]);
}

function fixtureApp(
  { server, people }: StageParts,
  { prefix = "/components", door }: StageOptions,
): { readonly app: Koa<DefaultState, ComponentsContext>; readonly sockets: ComponentWebSocketManager } {
  const app = new Koa<DefaultState, ComponentsContext>();
  const caller = (ctx: Context) => ({
    user: personOf(people, ctx.get("x-user")),
    session: ctx.get("x-session") === "" ? null : ctx.get("x-session"),
  });
  app.use(hydrantKoa(server, { prefix, caller, ...door }));
  app.use((ctx) => ctx.components.render("page.njk", { placed: JSON.parse(String(ctx.query.placed)) as unknown }));
  return { app, sockets: new ComponentWebSocketManager(server, { prefix, caller, messagesPerSecond: MESSAGES }) };
}

/** One socket for each person, opened again when it is lost, as a page does. */
class Sockets {
  readonly #opened = new Map<string, Promise<TestSocket>>();
  readonly #server: SocketServer;
  readonly #all: TestSocket[] = [];
  readonly #clock: TestClock;
  #asked = 0;
  #quiet = 0;

  constructor(server: SocketServer, clock: TestClock) {
    this.#server = server;
    this.#clock = clock;
  }

  /** The clock without what open sockets wait for while nothing is asked: the heartbeat, and the next look at rights. */
  get clock(): TestClock {
    return { ...this.#clock, pending: () => this.#clock.pending() - this.#quiet };
  }

  async open(user: string, query = ""): Promise<TestSocket> {
    const socket = await openSocket(`${this.#server.url}${query}`, from(user));
    this.#all.push(socket);
    await socket.message({ type: "connected" });
    if (this.#asked === 0) this.#quiet = this.#clock.pending();
    return socket;
  }

  #of(user: string): Promise<TestSocket> {
    const known = this.#opened.get(user);
    if (known !== undefined) return known;
    const opening = this.open(user);
    this.#opened.set(user, opening);
    const forget = (): void => void this.#opened.delete(user);
    void opening.then(({ closed }) => closed.then(forget), forget);
    return opening;
  }

  /** What is not answered when the socket is lost is sent again, under the same id. */
  async ask(user: string, message: { readonly id: string }): Promise<readonly SocketMessage[]> {
    for (;;) {
      const socket = await this.#of(user);
      const lost = socket.closed.then(() => undefined);
      this.#asked++;
      const answers = await Promise.race([socket.ask({ ...message }), lost]);
      this.#asked--;
      if (answers !== undefined) return answers;
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#all) socket.close();
    await Promise.all(this.#all.map(({ closed }) => closed));
  }
}

/** Components in pages of Koa; their events go over sockets. */
export const websocketDoor: Door<SocketStage> = {
  name: "websocket",
  async open(parts, options): Promise<SocketStage> {
    const { prefix = "/components" } = options;
    const { app, sockets } = fixtureApp(parts, options);
    const served = await serveSockets(app, sockets, prefix);
    const clients = new Sockets(served, parts.clock);
    let sent = 0;

    function eventOf(
      { component, component_id, state }: Pick<Held, "component" | "component_id" | "state">,
      event: string,
      payload: object,
      id = `message-${++sent}`,
    ) {
      const named = component_id === "" ? {} : { component_id };
      return { type: "component_event", component, ...named, event, payload, state, id };
    }

    async function get(path: string, user: string): Promise<{ readonly status: number; readonly body: string }> {
      const headers = path.startsWith("/page") ? from(user) : { ...from(user), accept: "application/json" };
      const answer = await fetch(served.origin + path, { headers });
      return { status: answer.status, body: await answer.text() };
    }

    return {
      ...parts,
      clock: clients.clock,
      origin: served.origin,
      socket: (user = "ann", query = "") => clients.open(user, query),
      async mount(component, params = {}, user = "ann") {
        return heldIn((await get(pagePath([{ name: component, args: params }]), user)).body, component);
      },
      async ask(component, params = {}, user = "ann") {
        const { status, body } = await get(`${prefix}/${component}?${new URLSearchParams(params)}`, user);
        return jsonReply(component, status, body);
      },
      async mountTicket(component, ticket, user = "ann") {
        const { status, body } = await get(`${prefix}/${component}?ticket=${ticket}`, user);
        return jsonReply(component, status, body);
      },
      async send(to, event, payload = {}, { user = "ann", idempotencyKey } = {}) {
        return replyOf(to.component, await clients.ask(user, eventOf(to, event, payload, idempotencyKey)));
      },
      async *stream(to, event, payload = {}, { user = "ann", idempotencyKey } = {}) {
        const socket = await clients.open(user);
        try {
          yield* framesOf(to.component, socket.answers(eventOf(to, event, payload, idempotencyKey)));
        } finally {
          socket.client.terminate();
        }
      },
      async close() {
        await clients.close();
        await served.close();
      },
    };
  },
};
