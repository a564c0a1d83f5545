import { HydrantError } from "../../core/index.js";

/** Header lines of one part by lower-case name, every byte a character. */
export type PartHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** What a part says about itself. */
export interface PartHead {
  readonly field: string;
  /** Set for files. */
  readonly file: FileHead | undefined;
}

/** A file as its sender describes it. Nothing of this is to be trusted. */
export interface FileHead {
  /** To be shown, never to be used as a path. Empty where a file input was left empty. */
  readonly name: string;
  /** A media type in lower case, without parameters. */
  readonly type: string;
}

/** Characters of all header lines of one part. */
export const HEAD_LENGTH = 8192;
const FIELD_LENGTH = 1024;
const FILE_NAME_LENGTH = 255;

const FORM_DATA = /^[ \t]*form-data[ \t]*(?=;|$)/i;
const PARAMETER = /;[ \t]*([\w!#$&+.^`|~-]+\*?)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s";]*))[ \t]*/gy;
const EXTENDED = /^utf-8'[^']*'((?:[\w!#$&+.^`|~-]|%[\da-f]{2})*)$/i;
const MEDIA_TYPE = /^[\da-z][\da-z!#$&^_.+-]{0,126}\/[\da-z][\da-z!#$&^_.+-]{0,126}$/;
/** Control characters, line ends, and the marks that make a text read in another order than it is written in. */
const UNSHOWN = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

function refuse(problem: string): never {
  throw new HydrantError("malformed", `A part of the multipart body ${problem}.`);
}

/** `form-data; name="a"; filename="b"`. Only `\"` and `\\` are escapes: some senders put whole Windows paths here. */
function parametersOf(disposition: string): ReadonlyMap<string, string> {
  const kind = FORM_DATA.exec(disposition)?.[0];
  if (kind === undefined) refuse("is not form-data");
  const parameters = new Map<string, string>();
  const rest = disposition.slice(kind.length).replace(/;?[ \t]*$/, "");
  let length = 0;
  for (const [all, name = "", quoted, token = ""] of rest.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (parameters.has(key)) refuse(`says "${key}" twice`);
    parameters.set(key, quoted === undefined ? token : quoted.replace(/\\(["\\])/g, "$1"));
    length += all.length;
  }
  if (length !== rest.length) refuse("has a Content-Disposition that cannot be read");
  return parameters;
}

/** The three escapes with which browsers write names: https://html.spec.whatwg.org/#multipart-form-data */
function nameOf(bytes: string): string {
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return text.replace(/%0d/gi, "\r").replace(/%0a/gi, "\n").replaceAll("%22", '"');
}

/** `UTF-8''na%C3%AFve.txt` of RFC 5987, which forms should not send and some senders do. */
function extendedName(value: string): string | undefined {
  const encoded = EXTENDED.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Escapes that are no UTF-8: the plain name beside this one is what is left.
    return undefined;
  }
}

/** The last segment of what a sender calls a file, in characters that show what they are. */
function lastSegment(sent: string): string {
  const segment = sent.slice(Math.max(sent.lastIndexOf("/"), sent.lastIndexOf("\\")) + 1).replace(UNSHOWN, "");
  // A pair of surrogates is not cut apart.
  const short = segment.slice(0, FILE_NAME_LENGTH).replace(/[\ud800-\udbff]$/, "");
  return short === "." || short === ".." ? "" : short;
}

function only(headers: PartHeaders, name: string): string | undefined {
  const values = headers[name] ?? [];
  if (values.length > 1) refuse(`has the header ${name} twice`);
  return values[0];
}

/**
 * @throws {HydrantError} `malformed` for a part that is not a field of a form, is encoded, or holds parts itself.
 */
export function readHead(headers: PartHeaders): PartHead {
  const length = Object.entries(headers).reduce(
    (sum, [name, values = []]) => sum + name.length + values.join().length,
    0,
  );
  if (length > HEAD_LENGTH) refuse("has a header that is too long");
  const encoding = only(headers, "content-transfer-encoding")?.trim().toLowerCase() ?? "binary";
  if (!/^(?:7bit|8bit|binary)$/.test(encoding)) refuse("is encoded in a way that is not read here");
  const type = (only(headers, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type.startsWith("multipart/")) refuse("holds parts itself");
  const parameters = parametersOf(only(headers, "content-disposition") ?? refuse("has no Content-Disposition"));
  const field = nameOf(parameters.get("name") ?? refuse("has no name"));
  if (field.length > FIELD_LENGTH) refuse(`has a name of more than ${FIELD_LENGTH} characters`);
  const plain = parameters.get("filename");
  const extended = parameters.get("filename*");
  if (plain === undefined && extended === undefined) return { field, file: undefined };
  const sent =
    (extended === undefined ? undefined : extendedName(extended)) ?? (plain === undefined ? "" : nameOf(plain));
  return {
    field,
    file: { name: lastSegment(sent), type: MEDIA_TYPE.test(type) ? type : "application/octet-stream" },
  };
}
