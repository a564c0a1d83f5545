import { HydrantError, type Limits, PAGE_FIELD } from "../../core/index.js";
import type { Body } from "./body.js";

export interface Posted {
  /** The seal. */
  readonly state: string;
  /** Which page a form without JavaScript stands in. */
  readonly page: unknown;
  /** Every other field of the body and of the query string. */
  readonly payload: Readonly<Record<string, unknown>>;
}

type Fields = Record<string, unknown>;

const STATE = "state";

function refuseState(problem: string): never {
  throw new HydrantError("malformed", `The field "state" ${problem}; it must be there once, as text.`);
}

function tooMany(limits: Limits): never {
  throw new HydrantError("malformed", `The request has more than ${limits.payloadNodes} fields.`);
}

/** A field that comes several times becomes a list, in the order it came. */
function addField(fields: Fields, name: string, value: unknown): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else fields[name] = [before, value];
}

function decodeText(text: string): string {
  if (!/[%+]/.test(text)) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Broken escapes are read the way browsers read them, with replacement characters.
    return new URLSearchParams(`v=${text}`).get("v") ?? "";
  }
}

/** `a=1&b=2`. By hand, because most of it is a long seal without a single escape, which needs no decoding. */
export function parseUrlEncoded(text: string, limits: Limits, fields: Fields = Object.create(null)): Fields {
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const next = text.indexOf("&", start);
    const end = next === -1 ? text.length : next;
    if (end > start) {
      if (++count > limits.payloadNodes) tooMany(limits);
      const equals = text.indexOf("=", start);
      const cut = equals === -1 || equals > end ? end : equals;
      addField(fields, decodeText(text.slice(start, cut)), decodeText(text.slice(Math.min(cut + 1, end), end)));
    }
    start = end + 1;
  }
  return fields;
}

/**
 * Depth and size of JSON text, and how often its outermost object names `state`, before anything is built from it.
 * `JSON.parse` would keep the last of two equal keys without a word.
 */
function scanJson(text: string, limits: Limits): void {
  let depth = 0;
  let commas = 0;
  let states = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      const end = endOfString(text, at);
      if (depth === 1 && /^\s*:/.test(text.slice(end + 1, end + 64)) && isState(text.slice(at, end + 1))) states++;
      at = end;
    } else if (code === 123 || code === 91) {
      if (++depth > limits.payloadDepth + 1) {
        throw new HydrantError("malformed", `The JSON is nested more than ${limits.payloadDepth} levels deep.`);
      }
    } else if (code === 125 || code === 93) {
      depth--;
    } else if (code === 44 && ++commas > limits.payloadNodes) {
      tooMany(limits);
    }
  }
  if (states > 1) refuseState("is there twice");
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at;
  }
  return text.length;
}

function isState(quoted: string): boolean {
  if (quoted === '"state"') return true;
  return quoted.includes("\\") && quoted.length < 64 && JSON.parse(quoted) === STATE;
}

function parseJson(text: string, limits: Limits): Fields {
  scanJson(text, limits);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HydrantError("malformed", "The body is not valid JSON.", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new HydrantError("malformed", "The body must be a JSON object.");
  }
  return Object.assign(Object.create(null), value);
}

/** Fields of a multipart body that was read within its cap. Files are not taken. */
async function parseMultipart(bytes: Buffer, contentType: string, limits: Limits): Promise<Fields> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw new HydrantError("malformed", "The multipart body could not be read.", { cause });
  }
  const fields: Fields = Object.create(null);
  let count = 0;
  for (const [name, value] of form) {
    if (++count > limits.payloadNodes) tooMany(limits);
    if (typeof value !== "string") {
      if (value.size === 0 && value.name === "") continue; // a file input that was left empty
      throw new HydrantError("unsupported_media_type", `The field "${name}" is a file; files are not taken here.`);
    }
    addField(fields, name, value);
  }
  return fields;
}

function mediaType(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

const FORM = "application/x-www-form-urlencoded";

/**
 * Refuses a body nobody here reads, before it is read.
 * @throws {HydrantError} `unsupported_media_type`.
 */
export function checkMediaType(contentType: string): void {
  const type = mediaType(contentType);
  if (type !== FORM && type !== "multipart/form-data" && type !== "application/json") {
    throw new HydrantError(
      "unsupported_media_type",
      "The body must be application/x-www-form-urlencoded, multipart/form-data or application/json.",
    );
  }
}

/** @returns fields without a prototype, so that whatever they are called they are only fields. */
function parseBody(body: Body, contentType: string, limits: Limits): Fields | Promise<Fields> {
  if ("parsed" in body) return Object.assign(Object.create(null), body.parsed);
  const type = mediaType(contentType);
  if (type === FORM) return parseUrlEncoded(body.bytes.toString("utf8"), limits);
  if (type === "application/json") return parseJson(body.bytes.toString("utf8"), limits);
  return parseMultipart(body.bytes, contentType, limits);
}

/**
 * Takes the seal out of the fields and adds the query string, whose arguments a template fixed, over the body's.
 * @throws {HydrantError} `malformed` for broken bodies and a seal that is missing, repeated or not text.
 */
export async function parsePosted(body: Body, contentType: string, query: string, limits: Limits): Promise<Posted> {
  const payload = await parseBody(body, contentType, limits);
  const { state, [PAGE_FIELD]: page } = payload;
  delete payload[STATE];
  delete payload[PAGE_FIELD];
  if (state === undefined) refuseState("is missing");
  if (typeof state !== "string") refuseState(Array.isArray(state) ? "is there several times" : "is not text");
  if (query !== "") {
    const fixed = parseUrlEncoded(query, limits);
    if (STATE in fixed) refuseState("is also in the address");
    for (const name of Object.keys(fixed)) payload[name] = fixed[name];
  }
  return { state, page, payload };
}
