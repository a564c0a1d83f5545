import { DefinitionError } from "../../core/index.js";

/** What is said with a command, beside its words. */
export interface RedisCommandOptions {
  /** Takes the command back as long as it was not sent. */
  readonly abortSignal?: AbortSignal;
  /** What replies of a kind are read as. 36 is the number of the text of any length, in both protocols. */
  readonly typeMapping?: { readonly 36?: typeof Buffer };
}

/**
 * What is used of a client that `createClient` of the package `redis` made, version 5 or 6. It speaks to one server;
 * clients of a cluster or of Sentinel have other functions.
 *
 * The application makes it, connects it and closes it:
 *
 * ```ts
 * const client = createClient({
 *   url: "redis://127.0.0.1:6379",
 *   disableOfflineQueue: true, // a command sent while there is no connection fails, and does not wait for the next
 *   commandsQueueMaxLength: 10_000, // what may wait for a Redis that has stopped answering
 * });
 * client.on("error", (error) => log.error({ error }, "Redis is gone")); // without a listener the process ends
 * await client.connect();
 * ```
 */
export interface RedisClient {
  /** Whether it is connected now. */
  readonly isReady: boolean;
  sendCommand(args: readonly string[], options?: RedisCommandOptions): Promise<unknown>;
  /** What it was made with. */
  readonly options?: { readonly socket?: object | undefined } | undefined;
  /** Makes another client with the same options, not yet connected. */
  duplicate(overrides?: {
    readonly disableOfflineQueue?: boolean;
    readonly socket?: { readonly reconnectStrategy?: false };
  }): RedisConnection;
}

/** A client of our own making, for commands that wait. */
export interface RedisConnection extends RedisClient {
  /** Whether it is connected or trying to be. */
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error", listener: (error: unknown) => void): unknown;
  /** `connect`: the socket is open; nothing was said through it yet. */
  on(event: "connect", listener: () => void): unknown;
}

/** Options that everything on Redis has. */
export interface RedisOptions {
  /** Begins the name of every key in Redis; tells applications apart that share a database. Default `hydrant`. */
  readonly prefix?: string;
  /** Milliseconds an answer may take; after them the call rejects. Default 1,500. */
  readonly timeoutMs?: number;
}

/** What every store sends its commands with. */
export interface Redis {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly timeoutMs: number;
}

/** A timer of Node holds no more. */
export const LONGEST_MS = 2_147_483_647;

/** @throws {DefinitionError} for a value that is no whole number from `least` to `most`. */
export function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new DefinitionError(`\`${name}\` is ${String(value)}; it must be a whole number from ${least} to ${most}.`);
}

/** @throws {DefinitionError} for a client of another kind and options nobody can use. */
export function redisOf(client: RedisClient, { prefix = "hydrant", timeoutMs = 1_500 }: RedisOptions): Redis {
  // ioredis has functions of the same names that do other things.
  if (typeof client.isReady !== "boolean" || typeof client.sendCommand !== "function") {
    throw new DefinitionError("the client is none that `createClient` of the package `redis` makes; give it one.");
  }
  checkWhole("timeoutMs", timeoutMs, 1, LONGEST_MS);
  return { client, prefix, timeoutMs };
}
