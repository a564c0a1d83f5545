import type {
  Caller,
  ComponentServer,
  ErrorCode,
  Failure,
  Fragment,
  MountCall,
  Outcome,
  OutcomeEffects,
  PagePartial,
} from "../../core/index.js";
import {
  type Ask,
  type ResumeOptions,
  type StreamOptions,
  type TestFrame,
  type TestFrames,
  testFrames,
} from "./stream.js";

/** What a call ends in, as the browser's side would see it. Failures are answers too; nothing is thrown. */
export interface TestAnswer extends Fragment {
  /** As in {@link Outcome}, or `failed`. */
  readonly kind: Outcome["kind"] | "failed";
  /** HTTP status the same call has on the wire. */
  readonly status: number;
  /** Why it was refused or failed; `undefined` when it went well. */
  readonly code: ErrorCode | undefined;
  /** Messages by field path, where a payload or params were refused. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly effects: OutcomeEffects;
  /** Other instances that changed too. */
  readonly partials: readonly PagePartial[];
  /** What may be said about a failure, and the id that finds its line in the log. */
  readonly failure: Failure | undefined;
}

/** An instance on an imaginary page. It takes up the HTML and the seal of every answer that brings one, as a page does. */
export interface TestInstance extends Fragment {
  readonly component: string;
  /** The latest answer; after `mount` the answer to the mount. */
  readonly answer: TestAnswer;
}

/** What an event is sent with: an instance, or an answer of another test with the component it belongs to. */
export type Target = Pick<TestInstance, "component" | "component_id" | "state">;

/** What an event may carry beside its payload. */
export interface SendOptions {
  /** One per intent, as the browser's client sends it. */
  readonly idempotencyKey?: string;
  /** Another seal than the instance's own, such as an older one. */
  readonly state?: string;
  /** Another caller than the door's. */
  readonly caller?: Caller;
  /** Aborts when the caller leaves. */
  readonly signal?: AbortSignal;
}

/** Options of {@link createTestDoor}. */
export interface TestDoorOptions {
  /** Who asks. Default: an anonymous visitor with the session `test`. */
  readonly caller?: Caller;
  /** Where the components seem to be mounted. Default `/components`. */
  readonly base?: string;
}

/** A door without a socket, for tests of an application's components. */
export interface TestDoor {
  /** Places a component as a page would, whether or not it may be mounted by address. */
  mount(component: string, params?: MountCall["params"], options?: MountOptions): Promise<TestInstance>;
  /** Mounts what a ticket of `lazy()` stands for. */
  mountTicket(component: string, ticket: string): Promise<TestInstance>;
  /** Sends an event with the instance's newest seal. */
  send(
    instance: Target,
    event: string,
    payload?: Readonly<Record<string, unknown>>,
    options?: SendOptions,
  ): Promise<TestAnswer>;
  /**
   * Sends an event and takes the answer frame by frame, each taken up by the instance. An answer that is no stream is one
   * frame, and a failure is the last one. Nothing is sent before the first frame is asked for; to return early ends the
   * handler.
   *
   * ```ts
   * for await (const { html } of door.stream(answer, "ask", { question: "Why?" })) console.log(html);
   * ```
   */
  stream(
    instance: Target,
    event: string,
    payload?: Readonly<Record<string, unknown>>,
    options?: StreamOptions,
  ): TestFrames;
  /**
   * The rest of a stream that can be resumed, as whoever lost the connection gets it.
   * @param after Number of the last frame that arrived; 0 for none.
   */
  resume(ticket: string, after: number, options?: ResumeOptions): TestFrames;
  /**
   * Ends a stream; what it has shown by then comes once more as its last frame.
   * @returns why not; `undefined` where it was told to end.
   */
  stop(ticket: string, options?: Pick<StreamOptions, "caller">): Promise<Failure | undefined>;
  /**
   * The state a new instance begins with, or the one an event leads to, without rendering.
   * @throws {HydrantError} instead of answering: there is no answer to put a failure in.
   */
  resolve(component: string, params?: MountCall["params"]): Promise<object>;
  resolve(instance: Target, event: string, payload?: Readonly<Record<string, unknown>>): Promise<object>;
}

/** What a page gives an instance beside its params. */
export type MountOptions = Pick<MountCall, "id" | "slots" | "wholePage"> & Pick<SendOptions, "caller">;

const VISITOR: Caller = { user: null, session: "test" };

function succeeded(outcome: Outcome): TestAnswer {
  const { refusal, ...wire } = outcome;
  return { ...wire, fields: { ...refusal?.errors }, failure: undefined };
}

function failed(failure: Failure): TestAnswer {
  return {
    kind: "failed",
    status: failure.status,
    code: failure.code,
    fields: { ...failure.fields },
    html: "",
    state: "",
    component_id: "",
    slots: {},
    effects: { redirect: undefined, pushUrl: undefined, replaceUrl: undefined, trigger: {} },
    partials: [],
    failure,
  };
}

type Shown = { -readonly [Key in keyof TestInstance]: TestInstance[Key] };

/** A page keeps what it shows when an answer brings nothing to show. */
function show(instance: Shown, answer: TestAnswer): void {
  instance.answer = answer;
  if (answer.state === "") return;
  instance.html = answer.html;
  instance.state = answer.state;
  instance.component_id = answer.component_id;
  instance.slots = answer.slots;
}

/**
 * Calls components without HTTP: the same pipeline, answers and failures as on every other door.
 *
 * ```ts
 * const door = createTestDoor(server);
 * const counter = await door.mount("counter", { start: 5 });
 * const answer = await door.send(counter, "increment", { by: 2 });
 * assert.equal(answer.status, 200);
 * assert.match(counter.html, /Count: <output>7/);
 * ```
 */
export function createTestDoor(server: ComponentServer, options: TestDoorOptions = {}): TestDoor {
  const { caller = VISITOR, base } = options;
  const context = { caller, ...(base === undefined ? {} : { base }) };
  const shown = new WeakSet<object>();

  async function answerTo(call: () => Promise<Outcome>, names: Readonly<Record<string, string>>): Promise<TestAnswer> {
    try {
      return succeeded(await call());
    } catch (error) {
      return failed(server.report(error, names));
    }
  }

  function instanceOf(component: string, answer: TestAnswer): TestInstance {
    const { html, state, component_id, slots } = answer;
    const instance: TestInstance = { component, html, state, component_id, slots, answer };
    shown.add(instance);
    return instance;
  }

  function eventCall(instance: Target, event: string) {
    const { component, component_id, state } = instance;
    return { ...context, component, event, state, ...(component_id === "" ? {} : { instance: component_id }) };
  }

  function frames(
    ask: Ask,
    names: Readonly<Record<string, string>>,
    instance: Target | undefined,
    left: AbortSignal | undefined,
  ): TestFrames {
    const takeUp = (frame: TestFrame): void => {
      if (instance !== undefined && shown.has(instance)) show(instance as Shown, frame);
    };
    return testFrames(ask, { succeeded, failed: (error) => failed(server.report(error, names)) }, takeUp, left);
  }

  return {
    async mount(component, params = {}, mountOptions = {}) {
      const answer = await answerTo(() => server.mount({ ...context, ...mountOptions, component, params }), {
        component,
      });
      return instanceOf(component, answer);
    },
    async mountTicket(component, ticket) {
      return instanceOf(
        component,
        await answerTo(() => server.mountTicket({ ...context, component, ticket }), { component }),
      );
    },
    async send(instance, event, payload = {}, sendOptions = {}) {
      const call = { ...eventCall(instance, event), ...sendOptions, payload };
      const answer = await answerTo(() => server.dispatch(call), { component: instance.component, event });
      if (shown.has(instance)) show(instance as Shown, answer);
      return answer;
    },
    stream(instance, event, payload = {}, { signal: left, ...streamOptions } = {}) {
      return frames(
        (signal) => server.stream({ ...eventCall(instance, event), ...streamOptions, payload, signal }),
        { component: instance.component, event },
        instance,
        left,
      );
    },
    resume(ticket, after, { instance, signal: left, ...resumeOptions } = {}) {
      const call = { ...context, ...resumeOptions, ticket, after };
      return frames((signal) => server.resumeStream({ ...call, signal }), {}, instance, left);
    },
    async stop(ticket, { caller: other = caller } = {}) {
      try {
        await server.stopStream({ caller: other, ticket });
        return undefined;
      } catch (error) {
        return server.report(error);
      }
    },
    resolve(target: unknown, second?: unknown, payload: Readonly<Record<string, unknown>> = {}) {
      if (typeof target === "string") {
        return server.resolve({ ...context, component: target, params: (second ?? {}) as Record<string, unknown> });
      }
      return server.resolve({ ...eventCall(target as TestInstance, second as string), payload });
    },
  };
}
