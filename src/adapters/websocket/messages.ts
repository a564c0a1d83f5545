import {
  type Failure,
  failurePartial,
  type LiveMessage,
  type Outcome,
  outcomePartials,
  partialHtml,
} from "../../core/index.js";

/** What an update says beside the outcome. */
export interface UpdateParts {
  readonly component: string | undefined;
  /** Of the message it answers. */
  readonly id?: string | undefined;
  /** For what was pushed: the end of the seal it was made from, and where the page may go on from. */
  readonly base?: string | undefined;
  readonly cursor?: string | undefined;
  /** For a frame of a stream: which it is, whether it is the last, and where a piece goes. */
  readonly number?: number | undefined;
  readonly stream_done?: boolean | undefined;
  readonly append?: string | undefined;
  /** Why the payload or the state was refused. */
  readonly failure?: Failure | undefined;
}

/** What JSON does not know of what may be published: big numbers as text, maps and sets as lists. */
function plain(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Map || value instanceof Set ? [...value] : value;
}

/** One message; fields without a value are left out. */
export function encode(message: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(message, plain);
}

const REVISION = / data-component="[^"]*" data-rev="(\d+)"/;

function revOf(html: string): number | undefined {
  const [, rev] = REVISION.exec(html) ?? [];
  return rev === undefined ? undefined : Number(rev);
}

function effectsOf({ effects, kind }: Outcome): object | undefined {
  const { redirect, pushUrl: push_url, replaceUrl: replace_url, trigger } = effects;
  const triggers = Object.keys(trigger).length > 0 ? trigger : undefined;
  const removed = kind === "removed" ? true : undefined;
  const all = { redirect, push_url, replace_url, trigger: triggers, removed };
  return Object.values(all).some((one) => one !== undefined) ? all : undefined;
}

function partialsOf({ partials }: Outcome): object | undefined {
  return partials.length === 0 ? undefined : partials.map(({ target, swap, html }) => ({ target, swap, html }));
}

/** Whether there is anything for the page in it. */
export function isShown(outcome: Outcome): boolean {
  return outcome.kind !== "nothing" || effectsOf(outcome) !== undefined || outcome.partials.length > 0;
}

export function updateJson(outcome: Outcome, { failure, ...parts }: UpdateParts): string {
  const { component_id, html, state, slots, status } = outcome;
  const effects = effectsOf(outcome);
  const rev = parts.append === undefined ? revOf(html) : undefined;
  const error = failure && failureFields(failure);
  const shown = { component_id, component: parts.component, html, state, slots, rev, status };
  return encode({ type: "component_update", ...shown, ...parts, effects, partials: partialsOf(outcome), error });
}

/**
 * The same for htmx's own extension, which reads HTML made of partials. It swaps nothing for JSON, but hands it to
 * scripts: what is no HTML goes that way.
 */
export function updateTexts(outcome: Outcome, parts: UpdateParts): readonly string[] {
  const { append, base } = parts;
  const html = append === undefined ? outcomePartials(outcome) : partialHtml(`#${append}`, "beforeend", outcome.html);
  const texts = html === "" ? [] : [base === undefined ? html : withBase(html, base)];
  if (effectsOf(outcome) === undefined || outcome.kind === "removed") return texts;
  const effects = { ...outcome, html: "", state: "", slots: {}, partials: [] };
  return [...texts, updateJson(effects, parts)];
}

/** The seal an update was made from, for a client that holds another one by now. */
function withBase(html: string, base: string): string {
  return html.replace("<hx-partial ", `<hx-partial data-base="${base}" `);
}

function failureFields({ code, message, id, fields, retryAfter }: Failure): object {
  return { code, message, error_id: id, fields, retry_after: retryAfter };
}

/** What a failure is about, in the words of the message that failed. */
export interface FailureParts {
  readonly id?: string | undefined;
  readonly component_id?: string | undefined;
  readonly topic?: string | undefined;
}

export function errorJson(failure: Failure, parts: FailureParts): string {
  return encode({ type: "error", ...failureFields(failure), ...parts });
}

/** What a connection is told, for a page that speaks JSON or for one that only reads HTML. */
export function liveTexts(
  message: LiveMessage,
  isHtml: boolean,
  report: (error: unknown) => Failure,
): readonly string[] {
  switch (message.kind) {
    case "update": {
      const { outcome, component, base, cursor } = message;
      return isHtml ? updateTexts(outcome, { component, base }) : [updateJson(outcome, { component, base, cursor })];
    }
    case "append": {
      const { component_id, html, cursor } = message;
      const append = `${component_id}--${message.place}`;
      if (isHtml) return [partialHtml(`#${append}`, "beforeend", html)];
      return [encode({ type: "component_update", component_id, html, state: "", append, cursor })];
    }
    case "refused": {
      const { component_id, error } = message;
      const failure = report(error);
      return [isHtml ? failurePartial(failure, component_id) : errorJson(failure, { component_id })];
    }
    case "muted":
      return [errorJson(report(message.error), { topic: message.topic })];
    case "resync":
      return [encode({ type: "resync", instances: message.instances })];
    case "published": {
      const { topic, change, cursor } = message;
      return [encode({ type: "published", topic, change, cursor })];
    }
    case "health":
      return [encode({ type: message.current ? "current" : "stale" })];
  }
}
