import { Readable } from "node:stream";
import { type ComponentServer, HydrantError, type Limits, PAGE_FIELD, type TakeFile } from "../../core/index.js";
import { type Body, MULTIPART, mediaType, URL_ENCODED } from "./body.js";
import { addField, type Fields, noFields, tooMany } from "./fields.js";
import { readMultipart } from "./multipart.js";

export interface Posted {
  /** The seal. */
  readonly state: string;
  /** Which page a form without JavaScript stands in. */
  readonly page: unknown;
  /** Every other field of the body and of the query string. */
  readonly payload: Readonly<Record<string, unknown>>;
}

const STATE = "state";

function refuseState(problem: string): never {
  throw new HydrantError("malformed", `The field "state" ${problem}; it must be there once, as text.`);
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
export function parseUrlEncoded(text: string, limits: Limits, fields = noFields()): Fields {
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

export function parseJson(text: string, limits: Limits): Fields {
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
  return Object.assign(noFields(), value);
}

/**
 * Refuses a body nobody here reads, before it is read.
 * @throws {HydrantError} `unsupported_media_type`.
 */
export function checkMediaType(contentType: string): void {
  const type = mediaType(contentType);
  if (type !== URL_ENCODED && type !== MULTIPART && type !== "application/json") {
    throw new HydrantError(
      "unsupported_media_type",
      "The body must be application/x-www-form-urlencoded, multipart/form-data or application/json.",
    );
  }
}

/** What the reading of a body needs to know about the server. */
type Bounds = Pick<ComponentServer, "limits" | "after">;

function parseBody(body: Body, contentType: string, server: Bounds, take: TakeFile): Fields | Promise<Fields> {
  if ("parsed" in body) return Object.assign(noFields(), body.parsed);
  if ("arriving" in body) return readMultipart(body.arriving, contentType, server, take);
  const type = mediaType(contentType);
  if (type === MULTIPART) return readMultipart(Readable.from([body.bytes]), contentType, server, take);
  const text = body.bytes.toString("utf8");
  return type === URL_ENCODED ? parseUrlEncoded(text, server.limits) : parseJson(text, server.limits);
}

/**
 * Takes the seal out of the fields and adds the query string, whose arguments a template fixed, over the body's.
 * @param take Takes the files of a multipart body as they arrive.
 * @throws {HydrantError} `malformed` for broken bodies and a seal that is missing, repeated or not text; what
 * {@link readMultipart} throws for a multipart body.
 */
export async function parsePosted(
  body: Body,
  contentType: string,
  query: string,
  server: Bounds,
  take: TakeFile,
): Promise<Posted> {
  const payload = await parseBody(body, contentType, server, take);
  const { state, [PAGE_FIELD]: page } = payload;
  delete payload[STATE];
  delete payload[PAGE_FIELD];
  if (state === undefined) refuseState("is missing");
  if (typeof state !== "string") refuseState(Array.isArray(state) ? "is there several times" : "is not text");
  if (query !== "") {
    const fixed = parseUrlEncoded(query, server.limits);
    if (STATE in fixed) refuseState("is also in the address");
    for (const name of Object.keys(fixed)) payload[name] = fixed[name];
  }
  return { state, page, payload };
}
