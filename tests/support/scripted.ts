import {
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  type OutcomeEffects,
  type PermissionRule,
  StreamingComponent,
  type StreamMode,
  type View,
} from "hydrant";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor, type TestDoor } from "hydrant/testing";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { newJournal } from "../conformance/fixtures/journal.js";
import { TAGGED } from "../conformance/fixtures/tagged-templates.js";
import { from, koaDoor } from "../conformance/koa-door.js";
import { type HttpStage, KEY, type People, type StageOptions } from "../conformance/stage.js";
import { type TestClock, testClock } from "./clock.js";
import { type EventAnswer, openEvents } from "./event-stream.js";
import { FORM, formBody, HTMX } from "./http.js";
import { type TestLog, testLog } from "./log.js";

interface ScriptedState {
  n: number;
  text: string;
}

/** What a script runs on. */
export interface Scripted {
  readonly state: ScriptedState;
  readonly signal: AbortSignal;
  readonly caller: { readonly user: unknown };
  piece(text: string): unknown;
  dispatches(name: string): void;
  goes(path: OutcomeEffects["redirect"] & string): void;
  places(key: string): void;
  leaves(): void;
  isQuiet(): void;
}

/** What a test puts in the place of the author's code; it may change it on the way. */
export interface Script {
  handler: (self: Scripted) => AsyncIterable<unknown>;
  beforeRender?: (self: Scripted) => unknown;
}

export interface ScriptedOptions extends Partial<ComponentServerOptions> {
  readonly stream?: StreamMode;
  readonly storage?: "store";
  readonly permissions?: PermissionRule;
}

/** One node: a server whose only component does what a script says. */
export interface Node {
  readonly server: ComponentServer;
  readonly door: TestDoor;
  readonly script: Script;
  readonly log: TestLog;
  readonly clock: TestClock;
}

function scriptedClass(script: Script, { stream, storage, permissions }: ScriptedOptions) {
  class Tale extends StreamingComponent<ScriptedState> implements Scripted {
    static override template = "tale";
    static override state = z.object({ n: z.number(), text: z.string() });
    static override events = { tell: null, calm: null };
    override mount() {
      this.state = { n: 0, text: "" };
    }
    override beforeRender() {
      return script.beforeRender?.(this) as undefined;
    }
    on_tell() {
      return script.handler(this);
    }
    on_calm() {}
    piece(text: string) {
      return this.append("text", text);
    }
    dispatches(name: string) {
      this.trigger(name);
    }
    goes(path: string) {
      this.redirect(path);
    }
    places(key: string) {
      this.refresh({ key, component: "bystander", params: {} });
    }
    leaves() {
      this.remove();
    }
    isQuiet() {
      this.unchanged();
    }
  }
  const statics = { ...(stream && { stream }), ...(storage && { storage }), ...(permissions && { permissions }) };
  return Object.assign(Tale, statics);
}

class Bystander extends StreamingComponent {
  static override template = "bystander";
  override mount() {
    this.state = {};
  }
}

const templates = {
  ...TAGGED.templates,
  tale: ({ root, appends, state }: View) => {
    const { n, text } = state as ScriptedState;
    return html`<section ${root()}><output>${n}</output><p ${appends("text")}>${text}</p></section>`;
  },
  bystander: ({ root }: View) => html`<i ${root()}></i>`,
};

export function node(options: ScriptedOptions = {}): Node {
  const { stream: _stream, storage: _storage, permissions: _permissions, ...rest } = options;
  const script: Script = {
    async *handler() {
      yield;
    },
  };
  const log = testLog();
  const clock = (options.clock as TestClock | undefined) ?? testClock();
  const server = createComponentServer({
    components: { tale: scriptedClass(script, options), bystander: Bystander },
    renderer: taggedRenderer({ ...TAGGED, templates }),
    keys: [KEY],
    log,
    ...rest,
    clock,
  });
  const door = createTestDoor(server, { caller: { user: { id: "ann" }, session: null } });
  return { server, door, script, log, clock };
}

/** The same behind Koa on a port, until the test ends. */
export interface ServedNode extends Node {
  readonly stage: HttpStage;
  /** Sends `tell` as htmx does, from a new instance. */
  tell(headers?: Readonly<Record<string, string>>, options?: { readonly paused?: boolean }): Promise<EventAnswer>;
  /** Asks for the rest of a stream. */
  rest(ticket: string, after: number | string, headers?: Readonly<Record<string, string>>): Promise<EventAnswer>;
}

export async function servedNode(
  options: ScriptedOptions = {},
  { people = {}, ...more }: StageOptions & { readonly people?: People } = {},
): Promise<ServedNode> {
  const own = node(options);
  const stage = await koaDoor.open({ ...own, journal: newJournal(), people }, more);
  onTestFinished(() => stage.close());
  const accept = { ...from("ann"), ...HTMX, Accept: "text/html, text/event-stream" };
  return {
    ...own,
    stage,
    async tell(headers = {}, reading = {}) {
      const { state } = await stage.mount("tale");
      return openEvents(
        stage.http.port,
        {
          path: `${stage.prefix}/tale/tell`,
          headers: { ...accept, ...FORM, ...headers },
          body: formBody({ state }),
        },
        reading,
      );
    },
    rest: (ticket, after, headers = {}) =>
      openEvents(stage.http.port, {
        method: "GET",
        path: `${stage.prefix}/_streams/${ticket}?after=${after}`,
        headers: { ...accept, ...headers },
      }),
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Drains a node at once: what has not ended is ended. */
export async function drainNow({ server, clock }: Pick<Node, "server" | "clock">): Promise<void> {
  const drained = server.drain(1);
  clock.advance(50);
  await drained;
}
