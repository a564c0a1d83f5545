import { isWireName } from "./names.js";
import type { Sealer } from "./seal.js";

/*
 * Ids follow from the place in the page, so that an instance keeps its id when the page is rendered again:
 * `c-todo` for the component placed under the key "todo", `c-todo__row-5` for its child with the key "row-5".
 */
const PLAIN_KEY = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
const CHILD = "__";

function named(prefix: string, key: string, sealer: Sealer): string {
  const plain = `${prefix}${key}`;
  if (PLAIN_KEY.test(key) && isWireName(plain)) return plain;
  const hashed = `${prefix}${shorten(key, sealer)}`;
  return isWireName(hashed) ? hashed : `c-${shorten(`${prefix}${key}`, sealer)}`;
}

function shorten(text: string, sealer: Sealer): string {
  return `k${sealer.digest(text).slice(0, 24)}`;
}

/** Id of an instance that stands directly in a page. */
export function pageInstanceId(key: string, sealer: Sealer): string {
  return named("c-", key, sealer);
}

/** Id of a child. */
export function childId(parent: string, key: string, sealer: Sealer): string {
  return named(`${parent}${CHILD}`, key, sealer);
}

/** Id of the element that text is appended to. Slots have ids of this form too. */
export function placeId(instance: string, place: string): string {
  return `${instance}--${place}`;
}

/** Id of the instance with this key beside the given one: in the same parent, or in the same page. */
export function siblingId(id: string, key: string, sealer: Sealer): string {
  const at = id.lastIndexOf(CHILD);
  return at === -1 ? pageInstanceId(key, sealer) : childId(id.slice(0, at), key, sealer);
}

/** Id of an instance nobody placed and whose mount is kept: the same for the same content. */
export function keptInstanceId(component: string, content: string, sealer: Sealer): string {
  return named("c-", `${component.slice(0, 40)}-${sealer.digest(content).slice(0, 12)}`, sealer);
}

/** Id of an instance nobody placed: fetched on its own, or in a page fragment that must not repeat an id. */
export function freshInstanceId(component: string, sealer: Sealer): string {
  return named("c-", `${component.slice(0, 40)}-${sealer.randomName(8)}`, sealer);
}
