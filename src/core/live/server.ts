import { type Caller, subjectOf } from "../caller.js";
import type { LastingCall } from "../calls.js";
import { DefinitionError, HydrantError } from "../errors.js";
import { escapeHtml, SafeHtml } from "../html.js";
import * as calls from "../live-calls.js";
import { isWireName } from "../names.js";
import type { TopicLog } from "../ports/topic-log.js";
import type { Runtime } from "../runtime.js";
import type { LiveConnection, LiveSink, SubscribeRequest } from "./connection.js";
import { Hub } from "./hub.js";
import { type Admitted, instanceTopic, isTopic, NODES } from "./items.js";
import type { Published } from "./publisher.js";

/** What changes in what a connection is told of. */
export interface ConnectionChange extends LastingCall {
  /** Id of the connection, which may be held by another node. */
  readonly connection: string;
  /** Which of the pages that share it; any short text. */
  readonly page?: string;
  readonly subscribe?: readonly SubscribeRequest[];
  /** Ids of instances. */
  readonly unsubscribe?: readonly string[];
  /** The page is gone with all its instances. */
  readonly leave?: boolean;
  /** What the page has seen; what came after it is told. Without it only what comes from now on. */
  readonly cursor?: string | undefined;
}

/** A subscription that was not made. */
export interface RefusedSubscription {
  readonly request: SubscribeRequest;
  readonly error: unknown;
}

/** Live updates, for doors. */
export interface LiveDoor {
  /** Cursor of a page that is about to be rendered. */
  position(): string;
  /**
   * Opens a connection.
   * @param isStranger Nobody knows the caller, and each request is somebody else's: they are counted by their address.
   * @throws {HydrantError} `rate_limited`, `unavailable`.
   */
  connect(call: LastingCall, sink: LiveSink, isStranger?: boolean): LiveConnection;
  /**
   * Admits subscriptions and hands them to the connection.
   * @returns those that were refused, and why.
   * @throws {HydrantError} `too_large` for more than `limits.subscriptions` at once, `unavailable` where the node that
   * holds the connection cannot be told.
   */
  change(change: ConnectionChange): Promise<readonly RefusedSubscription[]>;
  /**
   * Sends the connection what is published under a topic, as long as `topicAccess` lets its caller.
   * @throws {HydrantError} `forbidden`, `unauthenticated`; `too_large` for more than `limits.subscriptions` topics.
   */
  listen(connection: LiveConnection, topic: unknown, cursor?: string): Promise<void>;
  unlisten(connection: LiveConnection, topic: string): void;
  /** Publishes for a page, where the component lets it. @throws {HydrantError} `forbidden`, `invalid` and as `dispatch`. */
  broadcast(call: calls.BroadcastCall): Promise<Published>;
}

/** What applications publish with. */
export interface Publishing {
  /**
   * Renders every instance that has this topic again, each for its own caller, and sends it to its page.
   * @param change Handed to `changed()`. Plain values, lists, Date, Map, Set, BigInt, URL.
   */
  publish(topic: string, change?: unknown): Promise<Published>;
  /** The same for the instance with this id, on every page that shows one. */
  pushUpdate(componentId: string, change?: unknown): Promise<Published>;
  /**
   * Puts a piece at the end of a place, in every instance that has this topic: the same bytes for all, and nothing is
   * rendered where a page has all that came before. Give its root element an id, and no page shows it twice.
   */
  append(topic: string, place: string, content: string | SafeHtml): Promise<Published>;
  /** Ends what is live for somebody who signed out, on all nodes; on those that cannot be reached, once they can. */
  signedOut(caller: Pick<Caller, "user" | "session" | "epoch">): Promise<Published>;
}

export interface LiveServer extends Publishing {
  readonly live: LiveDoor;
  readonly hub: Hub;
}

function checkTopic(name: string): void {
  if (isTopic(name)) return;
  throw new DefinitionError(
    `${JSON.stringify(name)} is no topic: a text of 1 to 200 characters that does not begin with "_".`,
  );
}

function checkPlace(name: string): void {
  if (isWireName(name)) return;
  throw new DefinitionError(
    `${JSON.stringify(name)} is no place: templates name places with appends(), by lower-case letters, digits, _ and -.`,
  );
}

/** @param report Notes a failure in the log. */
export function createLiveServer(
  runtime: Runtime,
  log: TopicLog,
  report: (error: unknown, fields: Readonly<Record<string, unknown>>) => void,
): LiveServer {
  const { sealer, clock, limits, log: logger, streams } = runtime;
  const hub = new Hub({
    log,
    sealer,
    clock,
    limits,
    logger,
    pipeline: {
      render: (subscription, changes) => calls.renderPush(runtime, subscription, changes),
      mayAppend: (subscription) => calls.mayAppend(runtime, subscription),
      hasRights: (subscription) => calls.hasRights(runtime, subscription),
      stillAllowed: (connection) => calls.stillAllowed(runtime, connection),
      hearStream: (signal) => streams.hear(signal),
      report: (error) => report(error, { door: "could not write what a live page is told" }),
    },
  });

  async function admitAll(change: ConnectionChange): Promise<{
    fresh: Admitted[];
    stale: Admitted[];
    refused: RefusedSubscription[];
  }> {
    const answer = { fresh: [] as Admitted[], stale: [] as Admitted[], refused: [] as RefusedSubscription[] };
    const { subscribe = [], unsubscribe = [] } = change;
    if (Math.max(subscribe.length, unsubscribe.length) > limits.subscriptions) {
      throw new HydrantError("too_large", `One connection is told of at most ${limits.subscriptions} instances.`);
    }
    const begun = clock.now();
    for (const request of subscribe) {
      try {
        // All of them have the time of one call.
        if (clock.now() - begun > limits.callMs) throw new HydrantError("timeout", "the subscriptions took too long");
        const { stale, ...admitted } = await calls.admitSubscription(runtime, { ...change, ...request });
        (stale ? answer.stale : answer.fresh).push(admitted);
      } catch (error) {
        answer.refused.push({ request, error });
      }
    }
    return answer;
  }

  function change(asked: ConnectionChange): Promise<readonly RefusedSubscription[]> {
    const { cursor, subscribe = [] } = asked;
    // Only from now on, or nothing more: nothing is owed meanwhile.
    if (cursor === undefined || subscribe.length === 0) return admitted(asked);
    return hub.whileAdmitted(asked.connection, subjectOf(asked.caller), () => admitted(asked));
  }

  async function admitted(asked: ConnectionChange): Promise<readonly RefusedSubscription[]> {
    const { connection, page = "", unsubscribe = [], leave = false, cursor } = asked;
    const { fresh, stale, refused } = await admitAll(asked);
    const command = { connection, subject: subjectOf(asked.caller), page };
    if (leave || unsubscribe.length + fresh.length > 0) {
      await hub.command({ ...command, leave, unsubscribe, subscribe: fresh, cursor });
    }
    // No cursor is this one, so they are rendered at once.
    if (stale.length > 0)
      await hub.command({ ...command, leave: false, unsubscribe: [], subscribe: stale, cursor: "" });
    return refused;
  }

  return {
    hub,
    live: {
      position: () => hub.position(),
      connect: (call, sink, isStranger) => hub.connect(call, sink, isStranger),
      change,
      async listen(connection, topic, cursor) {
        const { id, subject, caller } = connection;
        await hub.whileAdmitted(id, subject, async () => {
          hub.listen(connection, await calls.admitListening(runtime, caller, topic), cursor);
        });
      },
      unlisten: (connection, topic) => hub.unlisten(connection, topic),
      async broadcast(call) {
        const { topics, change: allowed } = await calls.admitBroadcast(runtime, call);
        const published = await Promise.all(
          topics.map((topic) => hub.publish(topic, { kind: "change", change: allowed })),
        );
        return published.find(({ reached }) => reached === "here") ?? { reached: "everywhere" };
      },
    },
    async publish(topic, changed) {
      checkTopic(topic);
      return hub.publish(topic, { kind: "change", change: changed });
    },
    pushUpdate: (id, changed) => hub.publish(instanceTopic(id), { kind: "change", change: changed }),
    async append(topic, place, content) {
      checkTopic(topic);
      checkPlace(place);
      const html = content instanceof SafeHtml ? content.value : escapeHtml(content);
      return hub.publish(topic, { kind: "append", place, html });
    },
    async signedOut(caller) {
      return hub.publish(NODES, { kind: "signed-out", subject: subjectOf({ ...caller }), at: clock.now() });
    },
  };
}
