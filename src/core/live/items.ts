import { decode, encode } from "../codec.js";
import { HydrantError } from "../errors.js";
import type { Limits } from "../options.js";
import type { Sealer } from "../seal.js";
import type { StreamSignal } from "../streams.js";

/** A subscription that was admitted on one node for a connection on another. */
export interface Admitted {
  readonly component: string;
  readonly id: string;
  readonly seal: string;
  readonly topics: readonly string[];
}

/** Changes to what a connection is told of. */
export interface ConnectionCommand {
  readonly connection: string;
  /** Whom the connection must belong to. */
  readonly subject: string;
  /** Which of the pages that share the connection. */
  readonly page: string;
  readonly subscribe: readonly Admitted[];
  /** Ids of instances. */
  readonly unsubscribe: readonly string[];
  /** The page is gone with all its instances. */
  readonly leave: boolean;
  readonly cursor: string | undefined;
}

/** What an entry of the log says. */
export type Item =
  | { readonly kind: "change"; readonly change: unknown }
  | { readonly kind: "append"; readonly place: string; readonly html: string }
  /** Something may have been lost under these topics; `undefined` for all. */
  | { readonly kind: "gap"; readonly topics: readonly string[] | undefined }
  | { readonly kind: "stream"; readonly signal: StreamSignal }
  | { readonly kind: "connection"; readonly command: ConnectionCommand }
  /** `at` is in epoch milliseconds: an entry may be read long after, and who came back meanwhile stays. */
  | { readonly kind: "signed-out"; readonly subject: string; readonly at: number };

/** Begins the names of topics that nodes talk about among themselves. */
const OWN = "_";
export const NODES = `${OWN}nodes`;

/** The topic of a single instance. */
export function instanceTopic(id: string): string {
  return `${OWN}instance:${id}`;
}

const LONGEST_TOPIC = 200;

/** Whether a component or an application may use a topic of this name. */
export function isTopic(name: unknown): name is string {
  return (
    typeof name === "string" &&
    name !== "" &&
    name.length <= LONGEST_TOPIC &&
    !name.startsWith(OWN) &&
    // Control characters have no place in a name.
    !/\p{Cc}/u.test(name)
  );
}

/**
 * What is said, as text.
 * @throws {HydrantError} `internal` for what cannot be written as text or is longer than any node would read;
 * `too_large` where it came from a page.
 */
export function writeItem(item: Item, { stateBytes, stateDepth }: Limits): string {
  const text = encode(item, stateDepth);
  const [bytes, most] = [Buffer.byteLength(text), stateBytes * 2];
  if (bytes <= most) return text;
  throw new HydrantError(
    item.kind === "connection" ? "too_large" : "internal",
    `what is published has ${bytes} bytes; at most ${most} are told. Publish less, or raise limits.stateBytes.`,
  );
}

export function readItem(text: string): Item {
  return decode(text) as Item;
}

const BOUND = "topic";

/** Nobody but a node can write into the log, and nobody else reads it. @param text Made by {@link writeItem}. */
export function sealItem(sealer: Sealer, topic: string, text: string): string {
  return sealer.seal({ purpose: "topic", component: BOUND, subject: topic }, BOUND, text);
}

/** @throws {HydrantError} `state_invalid` for what no node of ours wrote. */
export function openItem(sealer: Sealer, topic: string, data: string): Item {
  return readItem(sealer.unseal({ purpose: "topic", component: BOUND, subject: topic }, data).text);
}
