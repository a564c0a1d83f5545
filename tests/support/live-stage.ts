import { load } from "cheerio";
import {
  type Caller,
  Component,
  type ComponentClass,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  type Fragment,
  type LiveConnection,
  type LiveEnd,
  type LiveMessage,
} from "hydrant";
import { html, taggedRenderer } from "hydrant/tagged";
import { z } from "zod";
import { type TestClock, testClock } from "./clock.js";
import { type TestLog, testLog } from "./log.js";

/** Milliseconds in which changes are gathered, as it is by default. */
export const PUSH_MS = 25;
const KEY = "live-stage-key-4rT8yU2iO6pA9sD3fG7hJ";

interface BoardState {
  count: number;
  told: unknown[];
}

/** Shows who sees it, what it counted and what it was told. */
export class Board extends Component<BoardState, { room: string }> {
  static override readonly template: string = "board";
  static override readonly params = z.object({ room: z.string().default("hall") });
  static override readonly events = { add: null };
  static override readonly topics = ({ params }: { readonly params: { readonly room: string } }): readonly string[] => [
    `room:${params.room}`,
  ];
  override mount(): void {
    this.state = { count: 0, told: [] };
  }
  on_add(): void {
    this.state.count++;
  }
  override changed(change: unknown, topic: string): void | Promise<void> {
    this.state.told.push([topic, change]);
  }
}

export const boardTemplate = taggedRenderer({
  templates: {
    board({ root, state, appends, component, ...view }) {
      const { count, told } = state as BoardState;
      return html`<section ${root()}><output>${count}</output><pre>${JSON.stringify(told)}</pre><i>${view.extra}</i><ul ${appends("log")}></ul></section>`;
    },
  },
});

/** What a board shows. */
export interface Shown {
  readonly id: string;
  readonly rev: number;
  readonly count: number;
  readonly told: readonly unknown[];
  readonly extra: string;
}

export function shownIn(text: string): Shown {
  const page = load(text);
  const section = page("section");
  return {
    id: section.attr("id") ?? "",
    rev: Number(section.attr("data-rev")),
    count: Number(page("output").text()),
    told: JSON.parse(page("pre").text() || "[]") as unknown[],
    extra: page("i").text(),
  };
}

export type Of<Kind extends LiveMessage["kind"]> = LiveMessage & { readonly kind: Kind };

/** A page that is told of changes, as a door would write it down. */
export interface Watcher {
  readonly connection: LiveConnection;
  /** Everything it was sent. */
  readonly messages: readonly (LiveMessage & { readonly to: string })[];
  of<Kind extends LiveMessage["kind"]>(kind: Kind): readonly Of<Kind>[];
  /** What it was shown, in order. */
  shown(): readonly Shown[];
  ended(): readonly LiveEnd[];
  /** It takes nothing until `drain`. */
  stall(): void;
  drain(): void;
}

export interface WatchOptions {
  readonly page?: string;
  readonly cursor?: string;
  readonly callerNow?: () => Caller | Promise<Caller>;
}

export interface LiveStage {
  readonly server: ComponentServer;
  readonly clock: TestClock;
  readonly log: TestLog;
  mount(component: string, user?: string, params?: Readonly<Record<string, unknown>>): Promise<Fragment>;
  open(user?: string, options?: Pick<WatchOptions, "callerNow">): Watcher;
  /** Opens a connection that is told of these instances. */
  watch(instances: Readonly<Record<string, Fragment>>, user?: string, options?: WatchOptions): Promise<Watcher>;
  /** Lets the time pass in which changes are gathered, and what then happens at once. */
  flush(): Promise<void>;
}

export function callerOf(user: string): Caller {
  return { user: { id: user }, session: null };
}

/** Holds back whatever waits for it until a test opens it. */
export interface Barrier {
  readonly opened: Promise<void>;
  open(): void;
}

export function barrier(): Barrier {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Lets everything run that only waits for its turn. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function watcherOf(
  connect: (sink: { send(message: LiveMessage, to: string): boolean; end(why: LiveEnd): void }) => LiveConnection,
): Watcher {
  const messages: (LiveMessage & { readonly to: string })[] = [];
  const ends: LiveEnd[] = [];
  let takes = true;
  const connection = connect({
    send(message, to) {
      messages.push({ ...message, to });
      return takes;
    },
    end: (why) => void ends.push(why),
  });
  const of = <Kind extends LiveMessage["kind"]>(kind: Kind): readonly Of<Kind>[] =>
    messages.filter((one): one is Of<Kind> & { readonly to: string } => one.kind === kind);
  return {
    connection,
    messages,
    of,
    shown: () => of("update").map(({ outcome }) => shownIn(outcome.html)),
    ended: () => ends,
    stall: () => {
      takes = false;
    },
    drain: () => {
      takes = true;
      connection.drained();
    },
  };
}

/** A server with live components and everything injected that a test must be able to turn; no door. */
export function liveStage(
  components: Readonly<Record<string, ComponentClass>> = { board: Board },
  options: Partial<ComponentServerOptions> = {},
): LiveStage {
  const log = testLog();
  const clock = (options.clock as TestClock | undefined) ?? testClock();
  const server = createComponentServer({ components, renderer: boardTemplate, keys: [KEY], log, ...options, clock });
  const open: LiveStage["open"] = (user = "ann", call = {}) =>
    watcherOf((sink) => server.live.connect({ caller: callerOf(user), ...call }, sink));
  return {
    server,
    clock,
    log,
    open,
    mount: (component, user = "ann", params = {}) => server.mount({ component, caller: callerOf(user), params }),
    async watch(instances, user = "ann", { page = "", cursor, callerNow } = {}) {
      const watcher = open(user, callerNow === undefined ? {} : { callerNow });
      const subscribe = Object.entries(instances).map(([component, { state }]) => ({ component, state }));
      const call = { connection: watcher.connection.id, page, caller: callerOf(user), subscribe, cursor };
      const refused = await server.live.change(call);
      if (refused[0] !== undefined) throw refused[0].error;
      return watcher;
    },
    async flush() {
      await turns();
      clock.advance(PUSH_MS);
      await turns();
    },
  };
}
