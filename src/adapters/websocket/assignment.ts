import { type Answering, broadcast, carryOutEvent, type Refusing, resume, stop } from "./carrying-out.js";
import type { Request } from "./incoming.js";
import { listen, subscribe, unlisten, unsubscribe } from "./listening.js";

/** What is to be done for a message. */
export interface Assignment {
  /** What is in the same lane is done in the order it came. */
  readonly lane: string;
  readonly about: Refusing;
  readonly task: (answering: Answering) => Promise<void>;
}

/** Subscriptions keep their order among each other. No instance has this name. */
const SUBSCRIPTIONS = " subscriptions";

function subscriptions(about: Refusing, task: Assignment["task"]): Assignment {
  return { lane: SUBSCRIPTIONS, about: { ...about, keepOpen: true }, task };
}

/** Events of one instance come one after the other; everything that waits for them has lanes of its own. */
export function assignmentOf(message: Request): Assignment {
  const { id } = message;
  switch (message.type) {
    case "component_event": {
      const { component, component_id, isHtmx } = message;
      const about = { id, component_id, isHtmx, component };
      return { lane: `${component_id}`, about, task: (answering) => carryOutEvent(message, answering) };
    }
    case "component_resume":
      return { lane: ` resume ${message.ticket}`, about: { id }, task: (answering) => resume(message, answering) };
    case "component_stop":
      return { lane: ` stop ${message.ticket}`, about: { id }, task: (answering) => stop(message, answering) };
    case "broadcast": {
      const { component, component_id } = message;
      const about = { id, component_id, component };
      return { lane: ` broadcast ${component_id}`, about, task: (answering) => broadcast(message, answering) };
    }
    case "subscribe": {
      const component_id = message.isList ? undefined : message.instances[0]?.instance;
      return subscriptions({ id, component_id }, (answering) => subscribe(message, answering));
    }
    case "unsubscribe":
      return subscriptions({ id }, (answering) => unsubscribe(message, answering));
    case "listen":
      return subscriptions({ id, topic: message.topic }, (answering) => listen(message, answering));
    case "unlisten":
      return subscriptions({ id }, (answering) => unlisten(message, answering));
  }
}
