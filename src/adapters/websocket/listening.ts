import {
  type Caller,
  type ComponentServer,
  ERRORS,
  HydrantError,
  type LiveConnection,
  type RefusedSubscription,
} from "../../core/index.js";
import type { Request } from "./incoming.js";
import { encode, type FailureParts } from "./messages.js";

/** What a listener needs of the socket it listens through. */
export interface ListenerParts {
  readonly server: ComponentServer;
  readonly base: string;
  /** Who asks now. @throws {HydrantError} `unauthenticated` where that is somebody else by now. */
  readonly caller: () => Promise<Caller>;
  readonly connection: () => LiveConnection;
  /** What the page has seen where a message does not say. */
  readonly cursor: string | undefined;
  readonly send: (text: string) => void;
  readonly fail: (error: unknown, parts: FailureParts) => void;
}

type Subscribe = Extract<Request, { type: "subscribe" }>;

/** What one socket is told of: instances, and topics themselves. */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #topics = new Set<string>();
  #cancel = (): void => {};
  #isClosed = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  async subscribe({ instances, isList, cursor = this.#parts.cursor, id }: Subscribe): Promise<void> {
    const { server, connection, base, send } = this.#parts;
    const caller = await this.#parts.caller();
    // Taken before: what is published while they are admitted comes again to who goes on from here.
    const position = cursor ?? server.live.position();
    const change = { connection: connection().id, caller, base, subscribe: instances, cursor };
    const refused = await server.live.change(change);
    if (isList) {
      const names = instances.filter((one) => refused.every(({ request }) => request !== one));
      send(encode({ type: "subscribed", instances: names.map(({ instance }) => instance), cursor: position, id }));
    } else if (refused.length === 0) {
      send(encode({ type: "subscribed", component_id: instances[0]?.instance, cursor: position, id }));
    }
    for (const one of refused) this.#refuse(one, id);
  }

  #refuse({ request: { instance }, error }: RefusedSubscription, id: string | undefined): void {
    this.#parts.fail(error, { id, component_id: instance });
  }

  async unsubscribe({ instances, isList, id }: Extract<Request, { type: "unsubscribe" }>): Promise<void> {
    const { server, connection, send } = this.#parts;
    const { id: name, caller } = connection();
    await server.live.change({ connection: name, caller, unsubscribe: instances });
    send(encode({ type: "unsubscribed", ...(isList ? { instances } : { component_id: instances[0] }), id }));
  }

  async listen({ topic, cursor = this.#parts.cursor, id }: Extract<Request, { type: "listen" }>): Promise<void> {
    const { server, connection, send } = this.#parts;
    const { subscriptions } = server.limits;
    if (!this.#topics.has(topic) && this.#topics.size >= subscriptions) {
      throw new HydrantError("too_large", `One socket listens to at most ${subscriptions} topics.`);
    }
    await this.#parts.caller();
    const position = cursor ?? server.live.position();
    await server.live.listen(connection(), topic, cursor);
    this.#add(topic);
    send(encode({ type: "subscribed", topic, cursor: position, id }));
  }

  unlisten({ topic, id }: Extract<Request, { type: "unlisten" }>): void {
    this.#remove(topic);
    this.#parts.send(encode({ type: "unsubscribed", topic, id }));
  }

  /** The connection is another one: it listens to what the old one did. @param cursor Where that one ended. */
  async move(cursor: string): Promise<void> {
    await this.#ask(cursor);
  }

  /** Nothing is heard any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #add(topic: string): void {
    this.#topics.add(topic);
    if (this.#topics.size === 1) this.#watch();
  }

  #remove(topic: string): void {
    this.#topics.delete(topic);
    this.#parts.server.live.unlisten(this.#parts.connection(), topic);
    if (this.#topics.size === 0) this.#cancel();
  }

  /** Whether somebody may listen can change while they do. */
  #watch(): void {
    const { after, limits } = this.#parts.server;
    this.#cancel();
    if (this.#isClosed) return;
    this.#cancel = after(limits.rightsMs, () => void this.#ask(undefined));
  }

  async #ask(cursor: string | undefined): Promise<void> {
    const { server, connection, fail } = this.#parts;
    for (const topic of [...this.#topics]) {
      try {
        await server.live.listen(connection(), topic, cursor);
      } catch (error) {
        if (error instanceof HydrantError && ERRORS[error.code].status < 500) {
          this.#remove(topic);
          fail(error, { topic });
        } else {
          server.log.error({ topic, error }, "whether somebody may still listen could not be asked");
        }
      }
      // Asking takes time, and what is gone meanwhile must not be heard of again.
      if (this.#isClosed || !this.#topics.has(topic)) server.live.unlisten(connection(), topic);
    }
    if (this.#topics.size > 0) this.#watch();
  }
}
