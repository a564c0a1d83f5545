import type { LimitReached } from "./limits.js";

/** What one kind of failure means on every door. */
export interface ErrorRow {
  /** HTTP status. */
  readonly status: number;
  /** WebSocket close code, where the failure closes the socket; `null` answers with a message and stays open. */
  readonly close: number | null;
  /** What the client does: show the message, replace the component, or try again later. */
  readonly client: "show" | "remount" | "retry";
  /** Whether the error's own message may leave the server; otherwise `text` does. */
  readonly expose: boolean;
  /** The sentence a person sees when the message stays on the server. */
  readonly text: string;
}

const show = { close: null, client: "show" } as const;
const remount = { close: null, client: "remount" } as const;
const retry = { close: null, client: "retry" } as const;

/** The one place where a code meets a transport. Codes are never used again with another meaning. */
export const ERRORS = {
  malformed: { ...show, status: 400, expose: true, text: "The request could not be read." },
  state_invalid: {
    ...show,
    status: 400,
    expose: false,
    text: "This part of the page is no longer valid. Reload the page and try again.",
  },
  unauthenticated: { ...show, status: 401, expose: false, text: "Please sign in first." },
  forbidden: { ...show, status: 403, expose: false, text: "You are not allowed to do this." },
  cross_site: { close: 1008, client: "show", status: 403, expose: false, text: "This request came from another site." },
  not_found: { ...show, status: 404, expose: false, text: "There is nothing here." },
  method_not_allowed: { ...show, status: 405, expose: false, text: "This address does not answer that method." },
  request_timeout: { ...retry, status: 408, expose: false, text: "The request took too long to arrive." },
  state_expired: {
    ...remount,
    status: 409,
    expose: false,
    text: "This was open for too long and has been started anew.",
  },
  state_outdated: {
    ...remount,
    status: 409,
    expose: false,
    text: "The application was updated; this has been started anew.",
  },
  state_conflict: {
    ...remount,
    status: 409,
    expose: false,
    text: "This was changed elsewhere. Here is how it stands now.",
  },
  key_reused: {
    ...show,
    status: 409,
    expose: false,
    text: "This request was sent before with other values. Nothing was done.",
  },
  // Nobody is there to get it; it only tells the log that nothing went wrong.
  cancelled: { ...retry, status: 499, expose: false, text: "The request was cancelled." },
  too_large: { close: 1009, client: "show", status: 413, expose: true, text: "The request is too large." },
  unsupported_media_type: { ...show, status: 415, expose: true, text: "The body has a type that is not read here." },
  invalid: { ...show, status: 422, expose: true, text: "Please check what you entered." },
  rate_limited: { ...retry, status: 429, expose: true, text: "Too many requests. Please wait a moment." },
  internal: {
    ...show,
    status: 500,
    expose: false,
    text: "Something went wrong on our side. Nothing you typed is lost.",
  },
  unavailable: {
    ...retry,
    status: 503,
    expose: false,
    text: "This is not available right now. Please try again shortly.",
  },
  timeout: { ...retry, status: 503, expose: false, text: "This took too long and was stopped. Please try again." },
} as const satisfies Record<string, ErrorRow>;

/** One of the stable codes in {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** What a {@link HydrantError} may carry beside its code and message. */
export interface HydrantErrorOptions {
  /** What happened underneath; goes to the log only. */
  readonly cause?: unknown;
  /** Messages by field path, for `invalid`. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Seconds until another try makes sense, for `rate_limited` and `unavailable`. */
  readonly retryAfter?: number;
  /** The limit that was reached, for `rate_limited`. */
  readonly limit?: LimitReached;
}

/**
 * A failure with a stable code. Handlers may throw one themselves, for instance
 * `throw new HydrantError("forbidden", "only the owner may rename a list")`.
 */
export class HydrantError extends Error {
  override readonly name = "HydrantError";
  readonly code: ErrorCode;
  /** Messages by field path, for `invalid`. */
  readonly fields: Readonly<Record<string, readonly string[]>> | undefined;
  /** Seconds until another try makes sense. */
  readonly retryAfter: number | undefined;
  /** The limit that was reached, for `rate_limited`. */
  readonly limit: LimitReached | undefined;

  /** The instance it happened in, once its seal was opened. */
  instance: string | undefined;

  /**
   * @param message Leaves the server only with codes whose row says `expose`; it always goes to the log.
   */
  constructor(code: ErrorCode, message: string = ERRORS[code].text, options: HydrantErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields;
    this.retryAfter = options.retryAfter;
    this.limit = options.limit;
  }
}

/** A mistake in options, a component or a template, found when the server starts or a template runs. Says how to mend it. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
}

/** What may leave the server about a failure. */
export interface Failure {
  readonly code: ErrorCode;
  /** HTTP status. */
  readonly status: number;
  /** WebSocket close code; `null` keeps the socket open. */
  readonly close: number | null;
  /** A sentence for a person. */
  readonly message: string;
  /** Finds the line in the server's log. */
  readonly id: string;
  /** Messages by field path, for `invalid`. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Seconds until another try makes sense. */
  readonly retryAfter?: number;
  /** The limit that was reached. */
  readonly limit?: LimitReached;
  /** Whose error place shows it, where that is known for sure. */
  readonly instance?: string;
}

/** The same failure, with the instance in whose error place it belongs. What has no code of its own is `internal`. */
export function inInstance(error: unknown, instance: string): HydrantError {
  const failure =
    error instanceof HydrantError
      ? error
      : new HydrantError("internal", error instanceof Error ? error.message : String(error), { cause: error });
  failure.instance = instance;
  return failure;
}

/** Maps anything thrown to what may be said about it. What is not a {@link HydrantError} is `internal`. */
export function describeFailure(error: unknown, id: string): Failure {
  const known = error instanceof HydrantError ? error : undefined;
  const code: ErrorCode = known?.code ?? "internal";
  const { status, close, expose, text }: ErrorRow = ERRORS[code];
  return {
    code,
    status,
    close,
    message: expose && known !== undefined ? known.message : text,
    id,
    ...(known?.fields === undefined ? {} : { fields: known.fields }),
    ...(known?.retryAfter === undefined ? {} : { retryAfter: known.retryAfter }),
    ...(known?.limit === undefined ? {} : { limit: known.limit }),
    ...(known?.instance === undefined ? {} : { instance: known.instance }),
  };
}
