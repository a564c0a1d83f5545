/** A component, event or instance name on the wire. */
const WIRE_NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/** Lifecycle words that would read as something else when they are used as events. */
const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  "mount",
  "hydrate",
  "hydrated",
  "dehydrate",
  "dehydrated",
  "render",
  "refresh",
  "resolve",
  "dispatch",
  "constructor",
  "prototype",
]);

/** Arguments of `component()` and `lazy()` that are not params. */
export const RESERVED_PARAMS = ["key", "when", "placeholder"] as const;

/** Whether a text can be the name of a component, an event or an instance: `[a-z][a-z0-9_-]{0,63}`. */
export function isWireName(text: string): boolean {
  return WIRE_NAME.test(text);
}

export function isReservedEvent(name: string): boolean {
  return RESERVED_EVENTS.has(name);
}

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Whether a field name, or any part of a dotted or bracketed one, could reach a prototype. */
export function isForbiddenKey(key: string): boolean {
  if (FORBIDDEN_KEYS.has(key)) return true;
  return /[.[\]]/.test(key) && key.split(/[.[\]]+/).some((part) => FORBIDDEN_KEYS.has(part));
}

/** The event that shows an instance as it stands now. Every component with topics has it. */
export const REFRESH = "_refresh";

/** Name of the field in which a form without JavaScript says which page it stands in. */
export const PAGE_FIELD = "_page";
