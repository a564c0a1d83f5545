import type { Caller } from "./caller.js";
import type { ComponentClass } from "./component.js";
import { DefinitionError } from "./errors.js";
import type { LimitRule } from "./limits.js";
import type { PermissionRule } from "./permissions.js";
import type { Clock } from "./ports/clock.js";
import type { JournalStore } from "./ports/journal-store.js";
import type { LimitStore } from "./ports/limit-store.js";
import type { Logger } from "./ports/logger.js";
import type { ReceiptStore } from "./ports/receipt-store.js";
import type { Renderer } from "./ports/renderer.js";
import type { StateStore } from "./ports/state-store.js";
import type { TopicLog } from "./ports/topic-log.js";
import type { UploadStore } from "./ports/upload-store.js";
import type { ComponentRegistry } from "./registry.js";

/** Bounds that hold on every door. */
export interface Limits {
  /** Bytes of one request body. Default 1 MiB. */
  readonly bodyBytes: number;
  /** Milliseconds a body may take to arrive. Default 10,000. */
  readonly bodyMs: number;
  /** Fields of one payload, counted through all levels. Default 2,000. */
  readonly payloadNodes: number;
  /** Levels of nesting in a payload. Default 16. */
  readonly payloadDepth: number;
  /** Bytes of one state. Default 512 KiB. */
  readonly stateBytes: number;
  /** Bytes of one state from which the log warns. Default 64 KiB. */
  readonly stateWarnBytes: number;
  /** Levels of nesting in a state. Default 32. */
  readonly stateDepth: number;
  /** Components mounted for one answer. Default 2,000. */
  readonly instances: number;
  /** Levels of components inside components. Default 16. */
  readonly nesting: number;
  /** Milliseconds a call may take. Default 30,000. */
  readonly callMs: number;
  /** Milliseconds a stream may take. Default 10 minutes. */
  readonly streamMs: number;
  /** Milliseconds from one frame of a stream to the next. Default 60,000. */
  readonly frameMs: number;
  /** Bytes of all frames of a stream that can be resumed. Default 4 MiB. */
  readonly journalBytes: number;
  /** Milliseconds a handler goes on without a reader where its stream can be resumed. Default 30,000. */
  readonly graceMs: number;
  /** Milliseconds a reader of a stream or of updates may take nothing before the connection is closed. Default 30,000. */
  readonly stallMs: number;
  /** Milliseconds in which changes are gathered before instances are rendered again. Default 25. */
  readonly pushMs: number;
  /** Instances one connection is told of. Default 500. */
  readonly subscriptions: number;
  /** Connections for updates that one person may hold open on a node. Default 50. */
  readonly connections: number;
  /** Milliseconds after which it is asked again whether somebody may still see what a lasting connection shows. Default 3,000. */
  readonly rightsMs: number;
  /** Milliseconds the limit store may take to answer. Default 1,000. */
  readonly storeMs: number;
}

/** What holds where an application sets no limit of its own. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  bodyBytes: 1_048_576,
  bodyMs: 10_000,
  payloadNodes: 2_000,
  payloadDepth: 16,
  stateBytes: 524_288,
  stateWarnBytes: 65_536,
  stateDepth: 32,
  instances: 2_000,
  nesting: 16,
  callMs: 30_000,
  streamMs: 600_000,
  frameMs: 60_000,
  journalBytes: 4_194_304,
  graceMs: 30_000,
  stallMs: 30_000,
  pushMs: 25,
  subscriptions: 500,
  connections: 50,
  rightsMs: 3_000,
  storeMs: 1_000,
});

/** Options of {@link createComponentServer}. Nothing is read from the environment. */
export interface ComponentServerOptions {
  /** Component classes by name, or a registry. */
  readonly components: ComponentRegistry | Readonly<Record<string, ComponentClass>>;
  /** Turns the components' templates into functions: `nunjucksRenderer("templates")`, or one of your own. */
  readonly renderer: Renderer;
  /** The first key seals, all open. At least 32 random bytes each. May be left empty in development only. */
  readonly keys?: readonly (string | undefined)[];
  /** Keys that no longer open anything, but whose holders are told to start anew rather than refused. */
  readonly retiredKeys?: readonly string[];
  /** `development` makes a key where none is given and says so. Default `production`. */
  readonly mode?: "development" | "production";
  /** Tells applications and environments apart that share a key. Default `hydrant`. */
  readonly app?: string;
  /** Milliseconds a seal stays valid. Default 24 hours. */
  readonly sealMs?: number;
  /** Milliseconds an intent's answer is kept for a retry. Default 10 minutes. */
  readonly receiptMs?: number;
  /** Bounds that differ from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits>;
  /** Keeps the state of components with `static storage = "store"`. Default: in this process's memory. */
  readonly stateStore?: StateStore;
  /** Remembers answered intents. Default: in this process's memory. */
  readonly receiptStore?: ReceiptStore;
  /** Who may use components that declare no permissions of their own. Default: everybody. */
  readonly permissions?: PermissionRule | readonly PermissionRule[];
  /** Counts calls: `memoryLimitStore()` or `redisLimitStore(client)`. Needed where a component declares limits. */
  readonly limitStore?: LimitStore;
  /** What to do while the limit store is down: answer 503, or let calls through. Either way the log says so. Default `refuse`. */
  readonly limitsDown?: "refuse" | "allow";
  /** How often seals of one network may fail to open, where there is a `limitStore`. Default `"60/min"`. */
  readonly sealFailures?: LimitRule;
  /** Keeps uploaded files: `diskUploadStore(folder)`. Needed where a form declares uploads. */
  readonly uploadStore?: UploadStore;
  /** What is published, in one order for all nodes, and its history. Default: in this process's memory. */
  readonly topicLog?: TopicLog;
  /** Keeps the frames of streams that can be resumed. Default: in this process's memory. */
  readonly journalStore?: JournalStore;
  /**
   * Whether a caller may listen to a topic itself, over a socket, and be sent what is published there as it is. Default:
   * nobody may; components decide what they show.
   */
  readonly topicAccess?: (topic: string, caller: Caller) => boolean | Promise<boolean>;
  /** Time. Default: the machine's. */
  readonly clock?: Clock;
  /** Random bytes. Default: the operating system's. */
  readonly random?: (size: number) => Uint8Array;
  /** Where the server writes what happened. Default: the process's standard streams. */
  readonly log?: Logger;
}

const KNOWN: Readonly<Record<keyof ComponentServerOptions, true>> = {
  components: true,
  renderer: true,
  keys: true,
  retiredKeys: true,
  mode: true,
  app: true,
  sealMs: true,
  receiptMs: true,
  limits: true,
  stateStore: true,
  receiptStore: true,
  permissions: true,
  limitStore: true,
  limitsDown: true,
  sealFailures: true,
  uploadStore: true,
  topicLog: true,
  journalStore: true,
  topicAccess: true,
  clock: true,
  random: true,
  log: true,
};

function refuseUnknown(given: object, known: object, what: string): void {
  const strangers = Object.keys(given).filter((name) => !(name in known));
  if (strangers.length > 0) {
    throw new DefinitionError(
      `${what} ${strangers.map((name) => `"${name}"`).join(", ")} do not exist. Known: ${Object.keys(known).join(", ")}.`,
    );
  }
}

/** @throws {DefinitionError} for options nobody knows and values nobody can use. */
export function checkOptions(options: ComponentServerOptions): void {
  refuseUnknown(options, KNOWN, "the options");
  refuseUnknown(options.limits ?? {}, DEFAULT_LIMITS, "the limits");
  const { app = "hydrant", sealMs = 1, receiptMs = 1, mode = "production" } = options;
  if (app === "" || app.includes("\0")) throw new DefinitionError("the option `app` must be a name.");
  if (mode !== "production" && mode !== "development") {
    throw new DefinitionError('the option `mode` must be "production" or "development".');
  }
  if (options.limitsDown !== undefined && options.limitsDown !== "refuse" && options.limitsDown !== "allow") {
    throw new DefinitionError('the option `limitsDown` must be "refuse" or "allow".');
  }
  for (const [name, value] of Object.entries({ sealMs, receiptMs, ...options.limits })) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new DefinitionError(`the option \`${name}\` is ${String(value)}; it must be a number above 0.`);
    }
  }
}
