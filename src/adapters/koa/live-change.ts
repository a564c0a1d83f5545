import { type ConnectionChange, HydrantError, type Limits, type SubscribeRequest } from "../../core/index.js";
import type { Body } from "./body.js";
import { parseJson } from "./payload.js";

/** What a page posts about its connection. */
export type LiveChange = Omit<ConnectionChange, "caller" | "base">;

const LONGEST = 200;

function refuse(what: string): never {
  throw new HydrantError("malformed", what);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === "string" && value.length <= LONGEST) return value;
  return refuse(`"${name}" must be a text of at most ${LONGEST} characters.`);
}

/** What is longer than any cursor is none that history holds, and answered like all others of that kind. */
function cursorOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return (value?.length ?? 0) > LONGEST ? "" : value;
  return refuse('"cursor" must be a text.');
}

/** A page is named by a line of its own before what it is told. */
function lineOf(value: unknown, name: string): string {
  const text = textOf(value, name);
  return /\p{Cc}/u.test(text) ? refuse(`"${name}" must have no control characters.`) : text;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : refuse(`"${name}" must be a list.`);
}

function requestOf(value: unknown): SubscribeRequest {
  const { component, state, instance } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof state !== "string") return refuse('each of "subscribe" needs the "state" of one instance.');
  const request = { component: textOf(component, "component"), state };
  return instance === undefined ? request : { ...request, instance: textOf(instance, "instance") };
}

/** @throws {HydrantError} `malformed` for anything but the JSON object of the protocol. */
export function parseLiveChange(body: Body, limits: Limits): LiveChange {
  const value = "bytes" in body ? parseJson(body.bytes.toString("utf8"), limits) : "parsed" in body ? body.parsed : {};
  const { connection, page = "", subscribe, unsubscribe, leave, cursor } = value as Readonly<Record<string, unknown>>;
  return {
    connection: textOf(connection, "connection"),
    page: lineOf(page, "page"),
    subscribe: listOf(subscribe, "subscribe").map(requestOf),
    unsubscribe: listOf(unsubscribe, "unsubscribe").map((one) => textOf(one, "unsubscribe")),
    leave: leave === true,
    cursor: cursorOf(cursor),
  };
}
