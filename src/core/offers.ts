import { endOfTag } from "./html.js";

/*
 * An offer is `event?arguments` with a sign before it. `=`: a button or a link that sends nothing but its arguments, so
 * nothing but these may come. `~`: a form or a control, which sends what a person enters beside them.
 */
const EXACT = "=";
const WITH_FIELDS = "~";

const TAGS = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)/g;
const SENDS_NOTHING_ELSE: ReadonlySet<string> = new Set(["button", "a"]);

function plain(attribute: string): string {
  return attribute.replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

/**
 * What a piece of a template's HTML offers.
 * @param address Begins the address of every event of the component.
 * @param written What `on()` wrote while the template ran; nothing else counts.
 */
export function offersIn(html: string, address: string, written: ReadonlySet<string>): string[] {
  const offers: string[] = [];
  let inForm = false;
  TAGS.lastIndex = 0;
  for (let found = TAGS.exec(html); found !== null; found = TAGS.exec(html)) {
    const [, slash, name = ""] = found;
    const tag = name.toLowerCase();
    if (tag === "form") inForm = slash === "";
    if (slash !== "") continue;
    const end = endOfTag(html, found.index);
    if (end === -1) break;
    const offer = offerOf(html.slice(found.index, end), address);
    TAGS.lastIndex = end;
    if (offer === undefined || !written.has(offer)) continue;
    offers.push((SENDS_NOTHING_ELSE.has(tag) && !inForm ? EXACT : WITH_FIELDS) + offer);
  }
  return offers;
}

function offerOf(tag: string, address: string): string | undefined {
  const attribute = ` hx-post="${address}`;
  const at = tag.indexOf(attribute);
  if (at === -1) return undefined;
  const start = at + attribute.length;
  return plain(tag.slice(start, tag.indexOf('"', start)));
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}

function fits(offer: string, event: string, payload: Readonly<Record<string, unknown>>): boolean {
  const [name = "", query = ""] = offer.slice(1).split("?", 2);
  if (name !== event) return false;
  const fixed = new URLSearchParams(query);
  const names = new Set(fixed.keys());
  if (offer.startsWith(EXACT) && Object.keys(payload).some((field) => !names.has(field))) return false;
  return [...names].every((field) => Object.hasOwn(payload, field) && same(fixed.getAll(field), texts(payload[field])));
}

/** Whether the render a seal belongs to offered this event with these arguments. */
export function isOffered(
  offers: readonly string[],
  event: string,
  payload: Readonly<Record<string, unknown>>,
): boolean {
  return offers.some((offer) => fits(offer, event, payload));
}
