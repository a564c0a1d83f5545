import { endOfTag } from "./html.js";

/*
 * An offer is `event?arguments` with a sign before it. `=`: a button, a link or the like, which sends nothing but its
 * arguments, so nothing but these may come. `~`: what sends fields beside them.
 */
const EXACT = "=";
const WITH_FIELDS = "~";

const TAGS = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)/g;
const CONTROLS: ReadonlySet<string> = new Set(["form", "input", "select", "textarea"]);
/** Attributes that add fields to what an element sends: its own value, those of a form, and what htmx is told to add. */
const ADDS_FIELDS = /\s(?:name|form|hx-include|hx-vals)(?![\w-])/;
const OFFER = /\shx-post="([^"]*)"/;

/** Elements of somebody's own may be controls as well; their names have a hyphen. */
function sendsFields(tag: string, name: string): boolean {
  return CONTROLS.has(name) || name.includes("-") || ADDS_FIELDS.test(tag.replace(/"[^"]*"|'[^']*'/g, '""'));
}

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
    const whole = html.slice(found.index, end);
    const offer = offerOf(whole, address);
    TAGS.lastIndex = end;
    if (offer === undefined || !written.has(offer)) continue;
    offers.push((inForm || sendsFields(whole, tag) ? WITH_FIELDS : EXACT) + offer);
  }
  return offers;
}

function offerOf(tag: string, address: string): string | undefined {
  const url = OFFER.exec(tag)?.[1];
  return url?.startsWith(address) ? plain(url.slice(address.length)) : undefined;
}

/** A value as an argument is written in an address; `undefined` for what cannot stand in one. */
function textOf(value: unknown): string | undefined {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}

/** Whether a field has the values of the address, no more and in no other shape. */
function isFixed(fixed: readonly string[], value: unknown): boolean {
  if (fixed.length === 1) return textOf(value) === fixed[0];
  return Array.isArray(value) && value.length === fixed.length && fixed.every((text, at) => textOf(value[at]) === text);
}

function fits(offer: string, event: string, payload: Readonly<Record<string, unknown>>): boolean {
  const [name = "", query = ""] = offer.slice(1).split("?", 2);
  if (name !== event) return false;
  const fixed = new URLSearchParams(query);
  const names = new Set(fixed.keys());
  if (offer.startsWith(EXACT) && Object.keys(payload).some((field) => !names.has(field))) return false;
  return [...names].every((field) => Object.hasOwn(payload, field) && isFixed(fixed.getAll(field), payload[field]));
}

/** Whether the render a seal belongs to offered this event with these arguments. */
export function isOffered(
  offers: readonly string[],
  event: string,
  payload: Readonly<Record<string, unknown>>,
): boolean {
  return offers.some((offer) => fits(offer, event, payload));
}
