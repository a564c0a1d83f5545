import type { LastingCall } from "../calls.js";
import type { Limits } from "../options.js";
import type { Clock } from "../ports/clock.js";
import type { LiveConnection } from "./connection.js";
import type { LiveSink } from "./messages.js";
import type { PushesParts } from "./pushes.js";
import type { Subscription } from "./subscription.js";

/** What a connection tells and asks the hub. */
export interface ConnectionHub {
  position(): string;
  /** Asks for a turn in which {@link LiveConnection.flush} is called. */
  wantsFlush(connection: LiveConnection): void;
  added(subscription: Subscription): void;
  removed(subscription: Subscription): void;
  unlisten(connection: LiveConnection, topic: string): void;
  ended(connection: LiveConnection): void;
}

/** What all connections of a hub share. */
export interface ConnectionParts {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly hub: ConnectionHub;
  /** Renders an instance with what changed. */
  readonly render: PushesParts["render"];
  /** A door could not write a message. */
  readonly onBroken: (error: unknown) => void;
}

/** Whose connection it is, and where it ends. */
export interface ConnectionEnds {
  readonly id: string;
  readonly subject: string;
  /** Whose connections it is counted among. */
  readonly countedAs: string;
  readonly call: LastingCall;
  readonly sink: LiveSink;
}
