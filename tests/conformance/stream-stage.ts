import type { EventSourceMessage } from "eventsource-parser";
import { type EventAnswer, openEvents } from "../support/event-stream.js";
import { FORM, formBody, HTMX } from "../support/http.js";
import type { Open } from "./audit.js";
import { Chapter, signupClass, type TellerOptions, tellerClass } from "./fixtures/streamed.js";
import { outputIn } from "./html.js";
import { from } from "./koa-door.js";
import type { Held, HttpStage, SendWith, Stage, StageOptions, StreamFrame } from "./stage.js";

/** Newlines of every kind, at the beginning and the end, too. */
export const NEWLINES = "\n one\ntwo\r\nthree\rfour\u2028five\u2029six\u0085\n\n  seven\r\r\n\r";

/** A stage with a component whose handlers yield. */
export function openTeller<S extends Stage>(
  open: Open<S>,
  more: TellerOptions = {},
  options: StageOptions = {},
): Promise<S> {
  const also: StageOptions["also"] = (journal) => ({
    teller: tellerClass(journal, more),
    signup: signupClass(journal, more),
    chapter: Chapter,
  });
  return open({ also, ...options });
}

type Target = Pick<Held, "component" | "component_id" | "state">;

/** Every frame of an answer, once it is complete. */
export async function allFrames(
  stage: Stage,
  to: Target,
  event: string,
  payload: Readonly<Record<string, unknown>> = {},
  options: SendWith = {},
): Promise<readonly StreamFrame[]> {
  const frames: StreamFrame[] = [];
  for await (const frame of stage.stream(to, event, payload, options)) frames.push(frame);
  return frames;
}

/** What the outputs of the frames show. */
export const steps = (frames: readonly StreamFrame[]): string[] => frames.map((frame) => outputIn(frame));

const ACCEPT = { Accept: "text/html, text/event-stream" } as const;

/** An event as htmx sends it where streams are read. */
export async function post(
  stage: HttpStage,
  event: string,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
  component = "teller",
): Promise<EventAnswer> {
  const state = fields.state ?? (await stage.mount(component)).state;
  return openEvents(stage.http.port, {
    path: `${stage.prefix}/${component}/${event}`,
    headers: { ...from("ann"), ...HTMX, ...FORM, ...ACCEPT, "HX-Target": `section#c-${component}`, ...headers },
    body: formBody({ ...fields, state }),
  });
}

/** Every message of a stream, once it has ended. */
export async function allMessages(answer: EventAnswer): Promise<readonly EventSourceMessage[]> {
  const all: EventSourceMessage[] = [];
  for await (const message of answer.messages()) all.push(message);
  return all;
}

/** What the header of a stream says. */
export function ticketOf({ headers }: EventAnswer): string {
  return String(headers["hydrant-stream"]).split(" ")[1] ?? "";
}

/** Asks for the rest of a stream as htmx does. */
export function resume(
  stage: HttpStage,
  ticket: string,
  query = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<EventAnswer> {
  return openEvents(stage.http.port, {
    method: "GET",
    path: `${stage.prefix}/_streams/${ticket}${query}`,
    headers: { ...from("ann"), ...HTMX, ...ACCEPT, ...headers },
  });
}
