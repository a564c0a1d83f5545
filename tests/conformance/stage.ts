import {
  type ComponentClass,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  type Renderer,
  type User,
} from "hydrant";
import type { KoaDoorOptions } from "hydrant/koa";
import { type TestClock, testClock } from "../support/clock.js";
import type { Listening } from "../support/http.js";
import { type TestLog, testLog } from "../support/log.js";
import { currentComponents } from "./fixtures/components.js";
import { type Journal, newJournal } from "./fixtures/journal.js";

/** An instance as the browser's side knows it. */
export interface Held {
  readonly component: string;
  readonly component_id: string;
  readonly state: string;
  /** The root as it came; empty where only the seal is known. */
  readonly html: string;
}

/** What came back, in the same words from every door. */
export interface Reply extends Held {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly errorId: string | undefined;
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly slots: Readonly<Record<string, string>>;
  readonly redirect: string | undefined;
  readonly trigger: Readonly<Record<string, unknown>>;
  readonly partials: readonly { readonly target: string; readonly swap: string; readonly html: string }[];
  readonly removed: boolean;
}

/** One step of a stream. An answer that is no stream is the only step; a failure is the last one. */
export interface StreamFrame extends Reply {
  readonly stream_done: boolean;
  /** Id of the element at whose end `html` goes, where it is only a piece. */
  readonly append: string | undefined;
}

export interface SendWith {
  readonly user?: string;
  readonly idempotencyKey?: string;
}

/** Rights by name. A test may change them while it runs. */
export type People = Record<string, Omit<User, "id">>;

/** Who a name stands for; the empty one for a visitor nobody knows. */
export function personOf(people: People, name: string): User | null {
  return name === "" ? null : { id: name, ...people[name] };
}

/** Session of whoever is not signed in. */
export const VISITOR = "visitor";

export interface StageOptions extends Partial<ComponentServerOptions> {
  readonly prefix?: string;
  /** What people may do; by default they only are who they are. */
  readonly people?: People;
  /** More options of a door that has some. */
  readonly door?: KoaDoorOptions;
  /** More components, made with the journal of the stage. */
  readonly also?: (journal: Journal) => Record<string, ComponentClass>;
}

/** One component server behind one door. */
export interface Stage {
  readonly server: ComponentServer;
  readonly journal: Journal;
  readonly clock: TestClock;
  readonly log: TestLog;
  readonly people: People;
  /** Places a component in a page and returns it as the page shows it. */
  mount(component: string, params?: Readonly<Record<string, unknown>>, user?: string): Promise<Held>;
  /** Asks for a new instance by the component's address. */
  ask(component: string, params?: Readonly<Record<string, string>>, user?: string): Promise<Reply>;
  /** Asks for what a ticket stands for. */
  mountTicket(component: string, ticket: string, user?: string): Promise<Reply>;
  send(
    to: Pick<Held, "component" | "component_id" | "state">,
    event: string,
    payload?: Readonly<Record<string, unknown>>,
    options?: SendWith,
  ): Promise<Reply>;
  /** Sends an event and takes its answer frame by frame. Returning early is leaving. */
  stream(
    to: Pick<Held, "component" | "component_id" | "state">,
    event: string,
    payload?: Readonly<Record<string, unknown>>,
    options?: SendWith,
  ): AsyncGenerator<StreamFrame, void>;
  close(): Promise<void>;
}

/** A stage whose door speaks HTTP. */
export interface HttpStage extends Stage {
  readonly prefix: string;
  readonly http: Listening;
}

export interface Door<S extends Stage = Stage> {
  readonly name: string;
  open(parts: StageParts, options: StageOptions): Promise<S>;
}

export type StageParts = Pick<Stage, "server" | "journal" | "clock" | "log" | "people">;

export const KEY = "conformance-key-7pQ2vX9mN4kL8wR3tY6z";

/** A server with everything injected that a test must be able to turn. */
export function stageParts(renderer: Renderer, stageOptions: StageOptions): StageParts {
  const { prefix: _prefix, door: _door, people = {}, also, ...options } = stageOptions;
  const journal = newJournal();
  const log = testLog();
  const clock = (options.clock as TestClock | undefined) ?? testClock();
  const components = { ...currentComponents(journal), ...also?.(journal) };
  const server = createComponentServer({ components, renderer, keys: [KEY], log, ...options, clock });
  return { server, journal, clock, log, people };
}
