import type { Outcome } from "../calls.js";
import type { ErrorCode, HydrantError } from "../errors.js";

/** What goes to a page, in the words of no door. */
export type LiveMessage =
  | {
      /** An instance was rendered again. */
      readonly kind: "update";
      readonly page: string;
      readonly component: string;
      readonly outcome: Outcome;
      /** End of the seal it was made from: a page that holds another one asks for the newest. */
      readonly base: string;
      /** Where the page may go on from, once it has this. */
      readonly cursor: string | undefined;
    }
  | {
      /** A piece for the end of a place; the same object for everybody it goes to. */
      readonly kind: "append";
      readonly component_id: string;
      readonly place: string;
      readonly html: string;
      /** Where the page may go on from; `undefined` where more of the same entry follows. */
      readonly cursor: string | undefined;
    }
  /** It is not known what was missed; these instances follow as they stand now. */
  | { readonly kind: "resync"; readonly page: string; readonly instances: readonly string[] }
  /** An instance is no longer told of anything, or could not be rendered. The door notes the error in the log. */
  | { readonly kind: "refused"; readonly page: string; readonly component_id: string; readonly error: HydrantError }
  /** The caller may not listen to a topic any longer. The door notes the error in the log. */
  | { readonly kind: "muted"; readonly topic: string; readonly error: HydrantError }
  /** Somebody published under a topic that the connection listens to itself. */
  | { readonly kind: "published"; readonly topic: string; readonly change: unknown; readonly cursor: string }
  /** Whether what other nodes publish arrives. */
  | { readonly kind: "health"; readonly current: boolean };

/** Why a connection is ended from here: one of the codes, or because the node stops. */
export type LiveEnd = ErrorCode | "restart";

/** The door's end of a connection. */
export interface LiveSink {
  /**
   * @param page Of an `append`, which says nothing of pages itself.
   * @returns false when the other side takes nothing for now; the door then calls `drained()` once it does again.
   */
  send(message: LiveMessage, page: string): boolean;
  /** Ends the connection. Called once. `timeout` is a reader who takes nothing, and would take no farewell either. */
  end(why: LiveEnd): void;
}
