import type { Readable } from "node:stream";
import { type ComponentServer, HydrantError, type Limits, type TakeFile } from "../../core/index.js";
import { Arriving } from "./arriving.js";
import { addField, type Fields, noFields } from "./fields.js";
import { type FileHead, readHead } from "./part-head.js";
import { type Part, Parts } from "./parts.js";

/**
 * Reads `multipart/form-data` as it arrives: no file is held in memory, and parts are taken in the order they come, each
 * to its end before the next. When it throws, the request is read no further.
 *
 * @param req The request; or a stream of its bytes, where somebody read them before.
 * @param take Gets bytes that throw when the request breaks off or stalls. What it leaves of them is passed over.
 * @throws {HydrantError} `malformed`; `too_large` when names and texts together have more than `bodyBytes` bytes;
 * `request_timeout` when no byte comes for `bodyMs`.
 * @throws what `take` throws.
 */
export async function readMultipart(
  req: Readable,
  contentType: string,
  server: Pick<ComponentServer, "limits" | "after">,
  take: TakeFile,
): Promise<Fields> {
  const arriving = new Arriving(req, server);
  try {
    return await readParts(new Parts(arriving, contentType, server.limits), server.limits, take);
  } catch (error) {
    arriving.stop(error);
    throw error;
  }
}

async function readParts(parts: Parts, { bodyBytes }: Limits, take: TakeFile): Promise<Fields> {
  const fields = noFields();
  let left = bodyBytes;
  const spend = (bytes: number): void => {
    left -= bytes;
    if (left < 0) throw new HydrantError("too_large", `The fields of the request are larger than ${bodyBytes} bytes.`);
  };
  for await (const part of parts) {
    const { field, file } = readHead(part.headers);
    spend(Buffer.byteLength(field));
    if (file === undefined) addField(fields, field, await readText(part, spend));
    else await takeFile(fields, field, file, part, take);
  }
  return fields;
}

/** Bytes that are no UTF-8 are read with replacement characters, as in every other kind of body. */
async function readText(part: Part, spend: (bytes: number) => void): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const bytes of part.bytes()) {
    spend(bytes.length);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function takeFile(fields: Fields, field: string, file: FileHead, part: Part, take: TakeFile): Promise<void> {
  const bytes = part.bytes();
  const first = await bytes.next();
  // A file input that was left empty.
  if (first.done === true && file.name === "") return;
  addField(fields, field, await take(field, file, first.done === true ? bytes : startingWith(first.value, bytes)));
  for await (const rest of part.bytes()) void rest;
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield first;
  yield* rest;
}
