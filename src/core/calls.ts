import type { Caller } from "./caller.js";
import type { Composition } from "./composition.js";
import type { Effects } from "./effects.js";
import type { ErrorCode } from "./errors.js";
import type { StreamMode } from "./streaming.js";
import type { TakeFile } from "./uploads.js";
import type { Refusal } from "./view.js";

/** What every call carries. */
export interface CallContext {
  /** Who asks. Seals are bound to the user, or to the session where there is none. */
  readonly caller: Caller;
  /** Where the server is mounted on the door, without a slash at the end. Default `/components`. */
  readonly base?: string;
  /** Aborts when the caller leaves. A function is called only when somebody asks for the signal. */
  readonly signal?: AbortSignal | (() => AbortSignal);
}

/** What a call that lasts carries beside. */
export interface LastingCall extends CallContext {
  /** Who asks by now: asked every few seconds. Where it is somebody else, what lasts is ended. */
  readonly callerNow?: () => Caller | Promise<Caller>;
}

/** Asks for the rest of a stream whose connection was lost. */
export interface ResumeCall extends LastingCall {
  /** The sealed name that came with the stream. */
  readonly ticket: string;
  /** Number of the last frame that arrived; 0 for none. */
  readonly after: number;
}

/** Asks for a new instance. */
export interface MountCall extends CallContext {
  /** Name it is registered under. */
  readonly component: string;
  /** Checked by the component's `static params`. Default none. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** What fills its slots, by slot name. */
  readonly slots?: Composition["slots"];
  /** Id of the instance; by default a random one. */
  readonly id?: string;
  /** The answer becomes part of a whole page, so it also works without JavaScript. Default false. */
  readonly wholePage?: boolean;
  /** Instances that were already answered and take their place in this page, for answers without JavaScript. */
  readonly held?: readonly HeldInstance[];
}

/** What an event was sent with. */
export interface PostedEvent {
  /** The seal that came with the instance. */
  readonly state: string;
  /** Fields as they came, before the event's schema. Default none. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** An event whose body is read once the caller is admitted; files in it are taken as they arrive. */
export interface UnreadEventCall extends Omit<EventCall, "state" | "payload"> {
  readonly read: (take: TakeFile) => Promise<PostedEvent>;
}

/** Asks for a file that somebody uploaded. */
export interface FileCall extends CallContext {
  /** The sealed text that `file_url()` wrote. */
  readonly ticket: string;
}

/** A file to be handed out, as an attachment and as nothing else. */
export interface OutgoingFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Asks for an event. */
export interface EventCall extends LastingCall, PostedEvent {
  /** Name it is registered under. */
  readonly component: string;
  /** One of its `static events`. */
  readonly event: string;
  /** The instance the door was told about, where it was; a seal of another one is refused. */
  readonly instance?: string | undefined;
  /** One per intent; the same key is never carried out twice. At most 200 characters. */
  readonly idempotencyKey?: string | undefined;
  /** The sender knows no keys, so the seal and the payload are the intent: the same again gets the same answer. */
  readonly onceBySeal?: boolean;
}

/** Asks for a new instance somebody was given a ticket for. */
export interface TicketCall extends CallContext {
  /** Name it is registered under. */
  readonly component: string;
  /** The sealed text that `lazy()` wrote. */
  readonly ticket: string;
}

/** The HTML of one instance and what goes with it. The names are those of the wire. */
export interface Fragment {
  /** The full root, the seal in it. */
  readonly html: string;
  /** The seal. */
  readonly state: string;
  /** Id of the root element. */
  readonly component_id: string;
  /** What was put into its slots in this call, by slot name. */
  readonly slots: Readonly<Record<string, string>>;
}

/** A piece of another instance that changed too. */
export interface PagePartial {
  /** Id of the element it goes to. */
  readonly target: string;
  /** Whether the HTML takes the element's place or fills it. */
  readonly swap: "outerMorph" | "innerMorph";
  readonly html: string;
  /** Where the piece is a whole instance: what it takes to render it again. */
  readonly instance?: { readonly component: string; readonly state: string };
}

/** An instance that was answered and now stands in a whole page. */
export interface HeldInstance {
  readonly id: string;
  readonly component: string;
  readonly state: string;
  readonly refusal?: Refusal | undefined;
  /** Why it was started anew, for its error place. */
  readonly notice?: ErrorCode | undefined;
  /** It took itself off the page, so its place stays empty. */
  readonly removed?: boolean;
}

/** What the page must do beside showing the HTML. */
export type OutcomeEffects = Pick<Effects, "redirect" | "pushUrl" | "replaceUrl" | "trigger">;

/** What a call ends in, when it does not fail. */
export interface Outcome extends Fragment {
  /**
   * - `done`: the root as it stands now
   * - `invalid`: the payload was refused; the root shows why
   * - `stale`: the state could not be used; the root was started anew, or shows how things stand now
   * - `nothing`: nothing to show; `html` is empty and the seal on the page stays valid
   * - `removed`: the instance leaves the page; `html` and `state` are empty
   * - `redirect`: the browser goes elsewhere; `html` is empty
   */
  readonly kind: "done" | "invalid" | "stale" | "nothing" | "removed" | "redirect";
  /** HTTP status of the outcome: 200, 204, 409 or 422. */
  readonly status: number;
  readonly effects: OutcomeEffects;
  readonly partials: readonly PagePartial[];
  /** Why the payload or the state was refused. */
  readonly code: ErrorCode | undefined;
  /** What was sent and refused, with the messages. */
  readonly refusal: Refusal | undefined;
}

/** One step of a stream. */
export interface Frame {
  /** 1 for the first of the stream; only a stream that can be resumed counts beyond one connection. */
  readonly number: number;
  /** The last one. */
  readonly done: boolean;
  /** What the component showed at this step. Where `append` is set, `html` is only the piece and there is no seal. */
  readonly outcome: Outcome;
  /** Id of the element at whose end the piece goes. */
  readonly append: string | undefined;
}

/** A handler that shows its work as it happens. */
export interface OutcomeStream {
  readonly kind: "stream";
  /** Id of the instance. */
  readonly component_id: string;
  /** What nodes call it. */
  readonly name: string;
  /** Sealed name under which the same person can stop it, and resume it where its mode is `resume`. */
  readonly ticket: string;
  readonly mode: StreamMode;
  /**
   * Taken one by one: the handler goes on when the next is asked for. Ending the iteration ends the handler.
   * @throws {HydrantError} what the handler failed with; frames before it stand.
   */
  readonly frames: AsyncGenerator<Frame, void>;
}
