import type { LiveConnection } from "./connection.js";
import { Groups } from "./groups.js";
import type { Item } from "./items.js";
import type { LiveMessage } from "./messages.js";
import type { Subscription } from "./subscription.js";

type Piece = Item & { readonly kind: "append" };

/** The same message for everybody who shows the same instance, so that a door makes its bytes once. */
function messagesOf({ place, html }: Piece): (id: string, cursor: string | undefined) => LiveMessage {
  const withCursor = new Map<string, LiveMessage>();
  const without = new Map<string, LiveMessage>();
  return (component_id, cursor) => {
    const known = cursor === undefined ? without : withCursor;
    let message = known.get(component_id);
    if (message === undefined) {
      message = { kind: "append", component_id, place, html, cursor };
      known.set(component_id, message);
    }
    return message;
  };
}

/**
 * Who has all that came before gets the piece alone; who has not is rendered again.
 * @param subscriptions All that have the topic.
 * @param mayAppend Whether a piece may be sent to it without rendering.
 */
export function deliverPiece(
  topic: string,
  piece: Piece,
  subscriptions: Iterable<Subscription>,
  mayAppend: (subscription: Subscription) => boolean,
): void {
  const messageFor = messagesOf(piece);
  const several = new Groups<Subscription, LiveConnection>();
  for (const one of subscriptions) {
    const { connection } = one;
    // A connection is told of one instance only, most often, and nothing has to be gathered for it.
    if (connection.size > 1) several.join(connection, one);
    else if (connection.isCurrent && mayAppend(one)) {
      connection.send(messageFor(one.id, connection.position), one.page);
    } else connection.touch(one, topic);
  }
  for (const [connection, all] of several) {
    const alone = connection.isCurrent ? [...all].filter(mayAppend) : [];
    const last = alone.length === all.size ? alone.at(-1) : undefined;
    const rest = new Set(all);
    for (const one of alone) {
      if (!connection.isCurrent) break;
      rest.delete(one);
      // Only who has it in every instance may go on from here.
      connection.send(messageFor(one.id, one === last ? connection.position : undefined), one.page);
    }
    for (const one of rest) connection.touch(one, topic);
  }
}
