import type { RefusedSubscription } from "../../core/index.js";
import type { Answering } from "./carrying-out.js";
import type { Request } from "./incoming.js";
import { encode } from "./messages.js";

/** Tells the page of instances from now on. */
export async function subscribe(
  { instances, isList, cursor: given, id }: Extract<Request, { type: "subscribe" }>,
  answering: Answering,
): Promise<void> {
  const { server, base, send } = answering;
  const cursor = given ?? answering.cursor;
  const caller = await answering.caller();
  // Taken before: what is published while they are admitted comes again to who goes on from here.
  const position = cursor ?? server.live.position();
  const { id: connection } = answering.connection();
  const refused = await server.live.change({ connection, caller, base, subscribe: instances, cursor });
  if (isList) {
    const names = instances.filter((one) => refused.every(({ request }) => request !== one));
    send(encode({ type: "subscribed", instances: names.map(({ instance }) => instance), cursor: position, id }));
  } else if (refused.length === 0) {
    send(encode({ type: "subscribed", component_id: instances[0]?.instance, cursor: position, id }));
  }
  for (const one of refused) refuse(one, id, answering);
}

function refuse({ request, error }: RefusedSubscription, id: string | undefined, { fail }: Answering): void {
  fail(error, { id, component_id: request.instance, keepOpen: true });
}

export async function unsubscribe(
  { instances, isList, id }: Extract<Request, { type: "unsubscribe" }>,
  { server, connection, send }: Answering,
): Promise<void> {
  const { id: name, caller } = connection();
  await server.live.change({ connection: name, caller, unsubscribe: instances });
  send(encode({ type: "unsubscribed", ...(isList ? { instances } : { component_id: instances[0] }), id }));
}

/** Sends the page what is published under a topic from now on. */
export async function listen(
  { topic, cursor: given, id }: Extract<Request, { type: "listen" }>,
  answering: Answering,
): Promise<void> {
  const { server } = answering;
  const cursor = given ?? answering.cursor;
  await answering.caller();
  const position = cursor ?? server.live.position();
  await server.live.listen(answering.connection(), topic, cursor);
  answering.send(encode({ type: "subscribed", topic, cursor: position, id }));
}

export async function unlisten(
  { topic, id }: Extract<Request, { type: "unlisten" }>,
  { server, connection, send }: Answering,
): Promise<void> {
  server.live.unlisten(connection(), topic);
  send(encode({ type: "unsubscribed", topic, id }));
}
