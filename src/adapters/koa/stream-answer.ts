import type { Context } from "koa";
import {
  type ComponentServer,
  type Failure,
  type Frame,
  failurePartial,
  HydrantError,
  type OutcomeStream,
  partialHtml,
  partialsHtml,
} from "../../core/index.js";
import { type Audience, effectsJson, errorJson } from "./answer.js";
import { type EventStreams, encodeEvent } from "./event-stream.js";

/** Whether the sender reads event streams. */
export function takesStream({ req }: Context): boolean {
  return (req.headers.accept ?? "").includes("text/event-stream");
}

function frameHtml({ outcome, append }: Frame): string {
  if (append !== undefined) return partialHtml(`#${append}`, "beforeend", outcome.html);
  if (outcome.kind === "removed") return partialHtml(`#${outcome.component_id}`, "delete", "");
  return outcome.html + partialsHtml(outcome.partials);
}

function frameJson({ outcome, append, done }: Frame, failure: Failure | undefined): string {
  const { html, state, component_id, slots } = outcome;
  const piece = append === undefined ? {} : { append };
  const error = failure === undefined ? {} : { error: errorJson(failure) };
  return JSON.stringify({
    html,
    state,
    component_id,
    slots,
    stream_done: done,
    effects: effectsJson(outcome),
    ...piece,
    ...error,
  });
}

/** Why the handler went no further, for whoever reads no HTML. */
function refusalIn({ outcome: { code, refusal, component_id } }: Frame, server: ComponentServer): Failure | undefined {
  if (code === undefined) return undefined;
  const fields = refusal === undefined ? {} : { fields: refusal.errors };
  return server.report(new HydrantError(code, undefined, fields), { instance: component_id });
}

/** The message of a frame; none where there is nothing to show. */
function encodeFrame(frame: Frame, isJson: boolean, server: ComponentServer): string {
  const id = String(frame.number);
  if (isJson) return encodeEvent({ id, data: frameJson(frame, refusalIn(frame, server)) });
  const html = frameHtml(frame);
  return html === "" ? "" : encodeEvent({ id, data: html });
}

/** The one named event that ends a stream. */
function encodeEnd({ number, outcome }: Frame): string {
  const { effects, kind, code } = outcome;
  const id = String(number);
  if (kind === "redirect") return encodeEvent({ event: "component:redirect", id, data: effects.redirect as string });
  const { pushUrl, replaceUrl, trigger } = effects;
  return encodeEvent({
    event: "component:done",
    id,
    data: JSON.stringify({ push_url: pushUrl, replace_url: replaceUrl, trigger, code }),
  });
}

/** Whom a stream goes to. */
export interface StreamReader {
  readonly audience: Audience;
  /** Number of the last frame that arrived; 0 for none. */
  readonly after: number;
}

/** Answers with the frames of a handler as they come, no faster than they are read. */
export async function sendStream(
  ctx: Context,
  { frames, ticket, mode, component_id, name }: OutcomeStream,
  { audience, after }: StreamReader,
  streams: EventStreams,
  server: ComponentServer,
): Promise<void> {
  const stream = streams.open(ctx, { "Hydrant-Stream": `${mode} ${ticket}` });
  const isJson = audience === "json";
  try {
    for await (const frame of frames) {
      if (stream.isClosed) return;
      // The last frame comes again where only the event behind it is missing.
      const shown = frame.number > after ? encodeFrame(frame, isJson, server) : "";
      const text = shown + (frame.done ? encodeEnd(frame) : "");
      if (!stream.write(text)) await stream.drained();
    }
  } catch (error) {
    const isLeft = error instanceof HydrantError && error.code === "cancelled";
    if (stream.isClosed && isLeft) return;
    const failure = server.report(error, { instance: component_id, stream: name });
    const shown = isJson ? "" : encodeEvent({ data: failurePartial(failure, component_id) });
    stream.write(shown + encodeEvent({ event: "component:error", data: JSON.stringify(errorJson(failure)) }));
  } finally {
    stream.end();
  }
}
