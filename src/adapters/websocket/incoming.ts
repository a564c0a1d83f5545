import { HydrantError, type Limits, type SubscribeRequest } from "../../core/index.js";

/** An event as a page sent it. Its state and payload are looked at once the caller is admitted. */
export interface EventMessage {
  readonly type: "component_event";
  readonly component: string;
  readonly component_id: string | undefined;
  readonly event: string;
  readonly state: unknown;
  readonly payload: unknown;
  readonly id: string | undefined;
  /** Sent by htmx's own extension, which is answered in HTML. */
  readonly isHtmx: boolean;
}

interface Ping {
  readonly type: "ping";
  readonly id: string | undefined;
}

/** One of the messages of the protocol, its fields of the right types. */
export type Incoming = Request | Ping;

/** One that there is something to do for. */
export type Request =
  | EventMessage
  | {
      readonly type: "subscribe";
      readonly instances: readonly SubscribeRequest[];
      readonly isList: boolean;
      readonly cursor: string | undefined;
      readonly id: string | undefined;
    }
  | {
      readonly type: "listen";
      readonly topic: string;
      readonly cursor: string | undefined;
      readonly id: string | undefined;
    }
  | {
      readonly type: "unsubscribe";
      readonly instances: readonly string[];
      readonly isList: boolean;
      readonly id: string | undefined;
    }
  | { readonly type: "unlisten"; readonly topic: string; readonly id: string | undefined }
  | {
      readonly type: "broadcast";
      readonly component: string;
      readonly component_id: string | undefined;
      readonly state: string;
      readonly change: unknown;
      readonly id: string | undefined;
    }
  | { readonly type: "component_stop"; readonly ticket: string; readonly id: string | undefined }
  | {
      readonly type: "component_resume";
      readonly ticket: string;
      readonly after: number;
      readonly component: string | undefined;
      readonly id: string | undefined;
    };

type Fields = Readonly<Record<string, unknown>>;

/** Characters of ids, names, cursors and topics. */
const LONGEST = 200;
/** Levels a message adds around a payload or a subscription. */
const AROUND = 3;

function refuse(what: string): never {
  throw new HydrantError("malformed", what);
}

/** Depth and size of a JSON text, before anything is built from it. */
function checkShape(text: string, { payloadDepth, payloadNodes, subscriptions }: Limits): void {
  // Room for twice as long a list of subscriptions as is taken: what is refused for that is answered under its id.
  const most = Math.max(payloadNodes, subscriptions * 8) + LONGEST;
  let depth = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) at = endOfString(text, at);
    else if (code === 123 || code === 91) depth++;
    else if (code === 125 || code === 93) depth--;
    else if (code === 44) commas++;
    if (depth > payloadDepth + AROUND) refuse(`The message is nested more than ${payloadDepth} levels deep.`);
    if (commas > most) refuse("The message has too many fields.");
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at;
  }
  return text.length;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {HydrantError} `malformed` for anything but a JSON object. */
export function parseObject(text: string, limits: Limits): Fields {
  checkShape(text, limits);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HydrantError("malformed", "The message is not valid JSON.", { cause });
  }
  return isObject(value) ? value : refuse("The message must be a JSON object.");
}

function isHtmx({ headers }: Fields): boolean {
  return isObject(headers) && headers["HX-Request"] !== undefined;
}

/** What the sender calls a message; `undefined` where that is nothing that could be said back. */
export function idOf(fields: Fields): string | undefined {
  const { headers, id } = fields;
  const given = isHtmx(fields) ? (headers as Fields)["Idempotency-Key"] : id;
  return typeof given === "string" && given !== "" && given.length <= LONGEST ? given : undefined;
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value.length <= LONGEST) return value;
  return refuse(`"${name}" must be a text of at most ${LONGEST} characters.`);
}

function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : textOf(fields, name);
}

/** Seals and tickets are long; the cap on messages bounds them. */
function sealOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : refuse(`"${name}" must be a text.`);
}

function requestOf(fields: unknown): SubscribeRequest {
  if (!isObject(fields)) return refuse('each of "instances" must be an object.');
  const instance = optionalText(fields, "component_id");
  return {
    component: textOf(fields, "component"),
    state: sealOf(fields, "state"),
    ...(instance === undefined ? {} : { instance }),
  };
}

function listOf(fields: Fields, most: number): readonly unknown[] {
  const { instances } = fields;
  if (!Array.isArray(instances)) return refuse('"instances" must be a list.');
  if (instances.length > most) refuse(`"instances" has more than ${most} entries.`);
  return instances;
}

function subscribeOf(fields: Fields, { subscriptions }: Limits, id: string | undefined): Incoming {
  const cursor = optionalText(fields, "cursor");
  if (fields.topic !== undefined) return { type: "listen", topic: textOf(fields, "topic"), cursor, id };
  const isList = fields.instances !== undefined;
  const instances = isList ? listOf(fields, subscriptions).map(requestOf) : [requestOf(fields)];
  return { type: "subscribe", instances, isList, cursor, id };
}

function unsubscribeOf(fields: Fields, { subscriptions }: Limits, id: string | undefined): Incoming {
  if (fields.topic !== undefined) return { type: "unlisten", topic: textOf(fields, "topic"), id };
  if (fields.instances === undefined) {
    return { type: "unsubscribe", instances: [textOf(fields, "component_id")], isList: false, id };
  }
  const instances = listOf(fields, subscriptions).map((one) => textOf({ instances: one }, "instances"));
  return { type: "unsubscribe", instances, isList: true, id };
}

/** A message of htmx's extension: the values of a form with `hx-vals`, and `headers`. The markup adds the two names. */
function htmxEvent({ headers, state, ...fields }: Fields, id: string | undefined): EventMessage {
  const { _component: component, _event: event, ...payload } = fields;
  const target = (headers as Fields)["HX-Target"];
  const instance = typeof target === "string" ? /#(c-[a-z0-9_-]{1,62})$/.exec(target)?.[1] : undefined;
  const names = { component: textOf({ component }, "component"), event: textOf({ event }, "event") };
  return { type: "component_event", ...names, component_id: instance, state, payload, id, isHtmx: true };
}

function afterOf({ after = 0 }: Fields): number {
  if (Number.isSafeInteger(after) && (after as number) >= 0) return after as number;
  return refuse('"after" must be the number of a frame.');
}

/** @throws {HydrantError} `malformed` for what is no message of the protocol. */
export function readMessage(fields: Fields, limits: Limits): Incoming {
  const id = idOf(fields);
  if (isHtmx(fields)) return htmxEvent(fields, id);
  if (fields.id !== undefined && id === undefined) refuse(`"id" must be a text of 1 to ${LONGEST} characters.`);
  const names = (): { component: string; component_id: string | undefined } => ({
    component: textOf(fields, "component"),
    component_id: optionalText(fields, "component_id"),
  });
  switch (fields.type) {
    case "component_event": {
      const { state, payload } = fields;
      return { type: "component_event", ...names(), event: textOf(fields, "event"), state, payload, id, isHtmx: false };
    }
    case "subscribe":
      return subscribeOf(fields, limits, id);
    case "unsubscribe":
      return unsubscribeOf(fields, limits, id);
    case "broadcast":
      return { type: "broadcast", ...names(), state: sealOf(fields, "state"), change: fields.change, id };
    case "component_stop":
      return { type: "component_stop", ticket: sealOf(fields, "ticket"), id };
    case "component_resume": {
      const component = optionalText(fields, "component");
      return { type: "component_resume", ticket: sealOf(fields, "ticket"), after: afterOf(fields), component, id };
    }
    case "ping":
      return { type: "ping", id };
    default:
      return refuse(
        'The "type" of the message is unknown. There are component_event, component_stop, component_resume, ' +
          "subscribe, unsubscribe, broadcast and ping.",
      );
  }
}
