import type {
  EventCall,
  FileCall,
  MountCall,
  Outcome,
  OutcomeStream,
  OutgoingFile,
  ResumeCall,
  TicketCall,
  UnreadEventCall,
} from "./calls.js";
import { type Definition, define } from "./definition.js";
import { DefinitionError, describeFailure, type Failure, HydrantError } from "./errors.js";
import * as lifecycle from "./lifecycle.js";
import { type LimitRule, readLimits } from "./limits.js";
import { NODES } from "./live/items.js";
import { createLiveServer, type LiveDoor, type LiveServer, type Publishing } from "./live/server.js";
import { memoryJournalStore } from "./memory/journal-store.js";
import { memoryReceiptStore } from "./memory/receipt-store.js";
import { memoryStateStore } from "./memory/state-store.js";
import { memoryTopicLog } from "./memory/topic-log.js";
import { mountMemory } from "./mount-cache.js";
import { type ComponentServerOptions, checkOptions, DEFAULT_LIMITS, type Limits } from "./options.js";
import { PageScope, type PageScopeOptions } from "./page.js";
import { readPermissions } from "./permissions.js";
import { systemClock } from "./ports/clock.js";
import { consoleLogger, type Logger } from "./ports/logger.js";
import type { PageTemplate } from "./ports/renderer.js";
import { toRegistry } from "./registry.js";
import type { Admission, Runtime } from "./runtime.js";
import { checkKey, createSealer, developmentKey, systemRandom } from "./seal.js";
import { createStateKeeper } from "./state.js";
import { resumeStream, stopStream } from "./stream-calls.js";
import { createStreams, type StreamSignal } from "./streams.js";
import { checkComponents } from "./template-checks.js";

/** What any component of a server has. */
export interface Features {
  readonly forms: boolean;
  /** Forms that take files. */
  readonly uploads: boolean;
  /** Handlers that yield. */
  readonly streams: boolean;
  /** Topics. */
  readonly live: boolean;
}

/** What doors and applications call. Every method runs the one pipeline of `lifecycle.ts`. */
export interface ComponentServer extends Publishing {
  /** The bounds that hold here, with defaults filled in. */
  readonly limits: Limits;
  /** What its components have, so that pages load the scripts for it. */
  readonly features: Features;
  /** Live updates, for doors. */
  readonly live: LiveDoor;
  /** The logger it was given. */
  readonly log: Logger;
  /** Milliseconds since the epoch, as this server sees time. */
  readonly now: () => number;
  /** Runs a task later, as this server sees time. @returns a function that cancels it. */
  readonly after: (ms: number, task: () => void) => () => void;
  /** Whether there is a component of this name, whether it may be mounted by address, and its events. */
  describe(component: string): { readonly mountable: boolean; readonly events: ReadonlySet<string> } | undefined;
  /**
   * Makes a new instance.
   * @throws {HydrantError} `not_found`, `invalid` for params the schema refuses, `internal`, `timeout`.
   */
  mount(call: MountCall): Promise<Outcome>;
  /**
   * Makes a new instance for the holder of a ticket written by `lazy()`.
   * @throws {HydrantError} as `mount`, and `state_invalid` or `state_expired`.
   */
  mountTicket(call: TicketCall): Promise<Outcome>;
  /**
   * Answers one event: `{ html, state, component_id, slots }` and what else the page must do.
   * @throws {HydrantError} `not_found`, `unauthenticated`, `forbidden`, `rate_limited`, `state_invalid`, `malformed`, `key_reused`, `internal`, `timeout`, `unavailable`.
   */
  dispatch(call: EventCall | UnreadEventCall): Promise<Outcome>;
  /**
   * The same, where a handler that yields is answered frame by frame.
   * @throws {HydrantError} as `dispatch`, before the first frame; later the frames end with what the handler failed with.
   */
  stream(call: EventCall | UnreadEventCall): Promise<Outcome | OutcomeStream>;
  /**
   * The rest of a stream whose connection was lost, for the person it was for.
   * @throws {HydrantError} `state_invalid`, `state_expired`, `not_found` where it cannot be resumed, `forbidden`.
   */
  resumeStream(call: ResumeCall): Promise<OutcomeStream>;
  /** Ends a stream for the person it was for; what it has shown by then stays. @throws {HydrantError} `state_invalid`. */
  stopStream(call: Pick<ResumeCall, "caller" | "ticket">): Promise<void>;
  /** Whether this node takes new work; false once it is drained. */
  isReady(): boolean;
  /**
   * Gets ready to stop: live connections are told to connect again elsewhere, and streams may end, for at most this long.
   * Default 20,000 ms.
   */
  drain(ms?: number): Promise<void>;
  /** Ends what is live at once and stops reading the topic log. */
  close(): Promise<void>;
  /**
   * A file that a form took, for the holder of the address that `file_url()` wrote.
   * @throws {HydrantError} `state_invalid`, `state_expired`, `unauthenticated`, `forbidden`, `not_found`.
   */
  fetchFile(call: FileCall): Promise<OutgoingFile>;
  /**
   * The state a mount or an event leads to, without rendering: for tests of a component's logic.
   * @throws {HydrantError} as `mount` and `dispatch`; a refused payload is thrown as `invalid`.
   */
  resolve(call: MountCall | EventCall): Promise<object>;
  /** Collects the components of one page of the application and puts them in. */
  page(options: PageScopeOptions): PageScope;
  /** Compiles a page template with the server's renderer; once for each name. */
  pageTemplate(name: string): PageTemplate;
  /** Signs an anonymous session's name for a cookie, and reads it back. */
  readonly sessions: { create(): string; sign(name: string): string; verify(signed: string): string | undefined };
  /** Notes a failure in the log under a new id and says what may leave the server. */
  report(error: unknown, fields?: Readonly<Record<string, unknown>>): Failure;
}

function keysOf({ keys = [], mode = "production" }: ComponentServerOptions, log: Logger): readonly string[] {
  const given = mode === "development" ? keys.filter((key) => key !== undefined && key !== "") : keys;
  given.forEach(checkKey);
  if (given.length > 0) return given as readonly string[];
  if (mode === "production") {
    throw new DefinitionError(
      "`keys` is empty: without a key nothing can be sealed. Set one, for instance `keys: [process.env.HYDRANT_KEY]`, " +
        "made with: node -p \"require('node:crypto').randomBytes(32).toString('base64url')\". " +
        'On your own machine `mode: "development"` makes one.',
    );
  }
  log.warn({}, "no key was given, so a random one was made: open pages have to be reloaded when this process restarts");
  return [developmentKey()];
}

function longestToken({ stateBytes }: Limits): number {
  // Params, children and slots travel beside the state; base64url makes three bytes four characters.
  return Math.ceil((stateBytes * 2 + 4096) * (4 / 3));
}

/** No component can have this name. */
const SEALS = "_seals";

function admissionOf({
  limitStore: store,
  limitsDown: whenDown = "refuse",
  sealFailures,
}: ComponentServerOptions): Admission {
  const [failures] = readLimits(SEALS, withNetworkKey(sealFailures ?? "60/min"));
  return { store, whenDown, sealFailures: store === undefined ? undefined : failures };
}

/** Who guesses at seals has none of his own, so networks are counted. */
function withNetworkKey(rule: LimitRule): LimitRule {
  const [limit] = readLimits(SEALS, rule);
  return typeof rule === "string" && limit !== undefined ? { ...limit.window, key: "ip" } : rule;
}

function createRuntime(options: ComponentServerOptions, tell: (signal: StreamSignal) => Promise<void>): Runtime {
  const { clock = systemClock, log = consoleLogger, sealMs = 86_400_000, receiptMs = 600_000 } = options;
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const sealer = createSealer({
    app: options.app ?? "hydrant",
    keys: keysOf(options, log),
    retiredKeys: options.retiredKeys ?? [],
    tokenLength: longestToken(limits),
    now: clock.now,
    random: options.random ?? systemRandom,
  });
  const stateStore = options.stateStore ?? memoryStateStore({ now: clock.now });
  const definitions = new Map<string, Definition>();
  const settings = {
    permissions: readPermissions("the option `permissions`", options.permissions ?? []),
    hasLimitStore: options.limitStore !== undefined,
    hasUploadStore: options.uploadStore !== undefined,
  };
  for (const [name, componentClass] of toRegistry(options.components).entries()) {
    definitions.set(name, define(name, componentClass, options.renderer, settings));
  }
  for (const { name, template, templateName } of definitions.values()) {
    checkComponents(`${name}: ${templateName}`, template, definitions);
  }
  return {
    definitions,
    sealer,
    states: createStateKeeper(stateStore, limits, log, () => sealer.randomName(26)),
    receipts: options.receiptStore ?? memoryReceiptStore({ now: clock.now }),
    admission: admissionOf(options),
    uploads: options.uploadStore,
    mounts: mountMemory(clock.now),
    streams: createStreams({
      journal: options.journalStore ?? memoryJournalStore({ now: clock.now }),
      clock,
      limits,
      log,
      tell,
      sealer,
    }),
    topicAccess: options.topicAccess ?? (() => false),
    limits,
    clock,
    log,
    sealSeconds: Math.ceil(sealMs / 1000),
    receiptMs,
    mark: `<!--h:${sealer.randomName(16)}:`,
  };
}

function featuresOf(definitions: readonly Definition[]): Features {
  return {
    forms: definitions.some(({ form }) => form !== undefined),
    uploads: definitions.some(({ form }) => (form?.uploads.size ?? 0) > 0),
    streams: definitions.some(({ streams }) => streams),
    live: definitions.some(({ topics }) => topics !== undefined),
  };
}

/**
 * Checks everything that can be checked before the first request, and wires the parts together.
 *
 * @throws {DefinitionError} for a missing, short or well-known key, an unknown option, a component whose events and
 * handlers do not match, a template that does not exist; the message says how to mend it.
 */
export function createComponentServer(options: ComponentServerOptions): ComponentServer {
  checkOptions(options);
  // Streams tell other nodes through the log, and what comes through the log reaches the streams.
  let liveServer: LiveServer | undefined;
  const runtime = createRuntime(options, async (signal) => {
    await liveServer?.hub.publish(NODES, { kind: "stream", signal });
  });
  const { clock, definitions, limits, log, sealer } = runtime;
  const pages = new Map<string, PageTemplate>();
  const described = new Map(
    [...definitions].map(([name, { mountable, events }]) => [name, { mountable, events: new Set(events.keys()) }]),
  );
  function report(error: unknown, fields: Readonly<Record<string, unknown>> = {}): Failure {
    // Every unknown name gets the same bytes, so that nothing can be told about what exists.
    const unknown = error instanceof HydrantError && error.code === "not_found";
    const failure = describeFailure(error, unknown ? "not-found" : sealer.randomName(10));
    const known = error instanceof HydrantError;
    const line = { ...fields, code: failure.code, id: failure.id };
    if (failure.status >= 500) log.error({ ...line, error }, known ? error.message : "an unexpected error");
    else log.info(known && error.cause !== undefined ? { ...line, error: error.cause } : line, failure.message);
    return failure;
  }

  const { hub, live, ...publishing } = createLiveServer(runtime, options.topicLog ?? memoryTopicLog(), report);
  liveServer = { hub, live, ...publishing };
  let isReady = true;
  return {
    ...publishing,
    limits,
    features: featuresOf([...definitions.values()]),
    live,
    isReady: () => isReady,
    async drain(ms = 20_000) {
      isReady = false;
      hub.end("restart");
      const until = clock.now() + ms;
      while (runtime.streams.running() > 0 && clock.now() < until) {
        await new Promise<void>((resolve) => clock.after(50, resolve));
      }
      runtime.streams.end(new HydrantError("unavailable", "the node is about to stop", { retryAfter: 1 }));
    },
    close: () => hub.close(),
    log,
    now: clock.now,
    after: clock.after,
    describe: (component) => described.get(component),
    mount: (call) => lifecycle.mount(runtime, call),
    mountTicket: (call) => lifecycle.mountTicket(runtime, call),
    dispatch: (call) => lifecycle.dispatch(runtime, call),
    stream: (call) => lifecycle.stream(runtime, call),
    resumeStream: (call) => resumeStream(runtime, call),
    stopStream: (call) => stopStream(runtime, call),
    fetchFile: (call) => lifecycle.fetchFile(runtime, call),
    resolve: (call) => lifecycle.resolve(runtime, call),
    page: (pageOptions) => new PageScope(runtime, pageOptions),
    pageTemplate(name) {
      if (options.renderer.compilePage === undefined) {
        throw new DefinitionError(
          "this renderer has no pages; put components in with `ctx.components.fill()` instead.",
        );
      }
      const known = pages.get(name);
      if (known !== undefined) return known;
      const template = options.renderer.compilePage(name);
      checkComponents(name, template, definitions);
      pages.set(name, template);
      return template;
    },
    sessions: { create: () => sealer.randomName(26), sign: sealer.sign, verify: sealer.verify },
    report,
  };
}
